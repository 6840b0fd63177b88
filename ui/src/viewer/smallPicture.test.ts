import { expect, test } from 'vitest';
import { smallSize } from './smallPicture';

test('a small picture has the shape of the screen, and is never larger than it', () => {
  expect(smallSize(1920, 1080)).toEqual({ width: 320, height: 180 });
  expect(smallSize(1080, 1920)).toEqual({ width: 135, height: 240 });
  expect(smallSize(64, 48)).toEqual({ width: 64, height: 48 });
  expect(smallSize(65535, 1)).toEqual({ width: 320, height: 1 });
  expect(smallSize(0, 0)).toEqual({ width: 0, height: 0 });
});
