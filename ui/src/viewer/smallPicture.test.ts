import { expect, test } from 'vitest';
import { sizeWithin } from './smallPicture';

test('a small picture has the shape of the screen, and is never larger than it', () => {
  const most = { width: 320, height: 240 };
  expect(sizeWithin({ width: 1920, height: 1080 }, most)).toEqual({ width: 320, height: 180 });
  expect(sizeWithin({ width: 1080, height: 1920 }, most)).toEqual({ width: 135, height: 240 });
  expect(sizeWithin({ width: 64, height: 48 }, most)).toEqual({ width: 64, height: 48 });
  expect(sizeWithin({ width: 65535, height: 1 }, most)).toEqual({ width: 320, height: 1 });
  expect(sizeWithin({ width: 0, height: 0 }, most)).toEqual({ width: 0, height: 0 });
});
