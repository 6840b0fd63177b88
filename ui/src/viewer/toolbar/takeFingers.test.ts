import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeFingers } from './takeFingers';

let screen: HTMLElement;
let seen: string[];
let taken: number;
let end: () => void;

beforeEach(() => {
  screen = document.createElement('div');
  document.body.append(screen);
  seen = [];
  taken = 0;
  for (const type of ['touchstart', 'touchmove', 'touchend']) screen.addEventListener(type, () => seen.push(type));
  end = takeFingers(
    ({ clientX }) => clientX < 10,
    () => (taken += 1),
  );
});
afterEach(() => {
  end();
  screen.remove();
});

/** A finger does something at this place; so many are down then. */
function touch(type: string, clientX: number, down: number): boolean {
  const fingers = { touches: Array.from({ length: down }), changedTouches: [{ clientX }] };
  return screen.dispatchEvent(Object.assign(new Event(type, { bubbles: true, cancelable: true }), fingers));
}

test('the screen below learns of no finger until all are up again', () => {
  expect([touch('touchstart', 5, 1), touch('touchmove', 50, 1), touch('touchstart', 90, 2)]).toEqual([
    false,
    false,
    false,
  ]);
  expect([touch('touchend', 90, 1), touch('touchend', 50, 0)]).toEqual([false, false]);
  expect([seen, taken]).toEqual([[], 1]);
  expect(touch('touchstart', 50, 1)).toBe(true);
  touch('touchstart', 5, 2);
  expect([seen, taken]).toEqual([['touchstart', 'touchstart'], 1]);
});
