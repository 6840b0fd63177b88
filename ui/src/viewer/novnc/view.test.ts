// What is seen of the remote screen, in the real noVNC.

import { beforeEach, expect, test, vi } from 'vitest';
import { cursorScale } from './cursor';
import { connect } from './real';

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(
    () => ({ left: 0, top: 0, width: 100, height: 60 }) as DOMRect,
  );
});

test('a part is as large as the window, and stays within the screen', async () => {
  const { rfb } = await connect([400, 300]);
  expect([rfb.showsPart, rfb._canvas.style.width]).toEqual([false, '80px']);
  rfb.scaling = { percent: 200 };
  const part = rfb._display._viewportLoc;
  expect([rfb.showsPart, part.w, part.h, rfb._canvas.style.width]).toEqual([true, 50, 30, '100px']);
  expect(rfb.pan(20, 10)).toBe(true);
  expect([part.x, part.y]).toEqual([10, 5]);
  // Less than a pixel of the screen's, again and again.
  for (let step = 0; step < 4; step++) rfb.pan(0.5, 0);
  expect(part.x).toBe(11);
  rfb.pan(10_000, 10_000);
  expect([part.x, part.y]).toEqual([350, 270]);
  expect(rfb.pan(10, 10)).toBe(false);
  rfb.scaling = 'fit';
  expect([rfb.showsPart, part.x, part.w, part.h]).toEqual([false, 0, 400, 300]);
});

test('the pointer is where it is seen', async () => {
  const { rfb, sent } = await connect([400, 300]);
  rfb.scaling = { percent: 200 };
  rfb.pan(40, 20);
  sent().length = 0;
  rfb.click(10, 20, 2);
  expect(sent()).toEqual([5, 2, 0, 25, 0, 20, 5, 0, 0, 25, 0, 20]);
});

test('a larger screen than the web view can show is one whatever is seen of it', async () => {
  const { rfb } = await connect([400, 300], (width, height) => width <= 400 && height <= 300);
  rfb.scaling = 'actual';
  expect(() => rfb._resize(401, 300)).toThrow('larger');
});

test('a cursor has the scale of the picture, but is always found', () => {
  expect(cursorScale(0.75, 32, 32)).toBe(0.75);
  expect(cursorScale(2, 32, 32)).toBe(2);
  expect(cursorScale(0.1, 32, 32)).toBe(0.5);
  expect(cursorScale(0.1, 10, 8), 'a small one keeps its size').toBe(1);
  expect(cursorScale(3, 64, 64), 'web views show no larger one').toBe(2);
});
