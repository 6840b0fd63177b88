import { expect, test } from 'vitest';
import { actualScale, followed, layOut } from './scaling';

const screen = { width: 1000, height: 500 };
const room = { width: 500, height: 500 };

test('a pixel of the remote screen is whole pixels of the display', () => {
  expect([1, 1.25, 1.5, 2, 2.5, 3].map((ratio) => actualScale(ratio) * ratio)).toEqual([1, 1, 2, 2, 3, 3]);
});

test('the screen is scaled to fit, or seen in part', () => {
  expect(layOut('fit', room, screen, 1, false)).toEqual({ scale: 0.5, part: screen });
  expect(layOut('actual', room, screen, 1, false)).toEqual({ scale: 1, part: { width: 500, height: 500 } });
  expect(layOut('actual', room, screen, 2, false)).toEqual({ scale: 1, part: { width: 500, height: 500 } });
  expect(layOut({ percent: 200 }, room, screen, 1, false)).toEqual({ scale: 2, part: { width: 250, height: 250 } });
  expect(layOut({ percent: 50 }, room, screen, 1, false)).toEqual({ scale: 0.5, part: screen });
});

test('a screen that follows is scaled down only, one that cannot is scaled to fit', () => {
  const small = { width: 100, height: 50 };
  expect(layOut('follow', room, small, 1, true)).toEqual({ scale: 1, part: small });
  expect(layOut('follow', room, screen, 1, true)).toEqual({ scale: 0.5, part: screen });
  expect(layOut('follow', room, small, 1, false)).toEqual({ scale: 5, part: small });
});

test('it is asked for the pixels that fill the window', () => {
  expect(followed({ width: 801, height: 600 }, 1)).toEqual({ width: 801, height: 600 });
  expect(followed({ width: 800, height: 600 }, 1.25)).toEqual({ width: 1000, height: 750 });
  expect(followed({ width: 800, height: 600 }, 2)).toEqual({ width: 800, height: 600 });
});

test('no room and no screen are no division by nothing', () => {
  const nothing = { width: 0, height: 0 };
  expect(layOut('fit', nothing, screen, 1, false).scale).toBe(1);
  expect(layOut('actual', nothing, screen, 1, false).part).toEqual({ width: 1, height: 1 });
});
