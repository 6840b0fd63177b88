// What is seen of the remote screen, in the real noVNC.

import { beforeEach, expect, test, vi } from 'vitest';
import { cursorScale } from './cursor';
import { connect, long, word } from './real';

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

/** ExtendedDesktopSize with two screens side by side. */
const twoScreens = [
  ...[0, 0, 0, 1, ...word(0), ...word(0), ...word(400), ...word(300), ...long(0xfffffecc)],
  ...[2, 0, 0, 0],
  ...[...long(1), ...word(0), ...word(0), ...word(240), ...word(300), ...long(0)],
  ...[...long(2), ...word(240), ...word(60), ...word(160), ...word(200), ...long(0)],
];

test('one of several screens is seen alone, and the pointer stays in it', async () => {
  const { rfb, say, sent } = await connect([400, 300]);
  const told = vi.fn();
  rfb.addEventListener('screens', told);
  rfb.shownScreen = 2;
  say(twoScreens);
  expect(told.mock.calls[0]?.[0]).toMatchObject({ detail: [{ x: 0 }, { x: 240, y: 60, width: 160, height: 200 }] });
  const part = rfb._display._viewportLoc;
  expect([part.x, part.y, part.w, part.h, rfb.showsPart]).toEqual([240, 60, 160, 200, false]);
  sent().length = 0;
  rfb.click(0, 0, 1);
  expect(sent().slice(0, 6)).toEqual([5, 1, 0, 240, 0, 60]);
  rfb.scaling = 'actual';
  rfb.pan(-10_000, 10_000);
  expect([part.x, part.y, part.w, part.h]).toEqual([240, 200, 100, 60]);
  rfb.scaling = 'fit';
  rfb.shownScreen = 3;
  expect([part.x, part.y, part.w, part.h], 'there is no third one').toEqual([0, 0, 400, 300]);
  rfb.shownScreen = null;
  expect([part.x, part.w]).toEqual([0, 400]);
});

test('one of several screens is drawn into another canvas, and acted on from there', async () => {
  const { rfb, say, sent } = await connect([400, 300]);
  say(twoScreens);
  const canvas = document.createElement('canvas');
  const mirror = rfb.mirror(2, canvas);
  expect([canvas.width, canvas.height]).toEqual([160, 200]);
  const drawn = vi.fn();
  vi.spyOn(canvas, 'getContext').mockReturnValue({ drawImage: drawn } as unknown as RenderingContext & null);
  rfb._display.fillRect(230, 50, 20, 20, [1, 2, 3]);
  rfb._display.flip();
  rfb._display.fillRect(0, 0, 20, 20, [1, 2, 3]);
  rfb._display.flip();
  await vi.waitFor(() => expect(drawn).toHaveBeenCalled());
  expect(drawn.mock.calls.map((call: unknown[]) => call.slice(1))).toEqual([[240, 60, 10, 10, 0, 0, 10, 10]]);
  sent().length = 0;
  // The canvas is 100 by 60 pixels of its page's.
  mirror.take(new MouseEvent('mousedown', { clientX: 50, clientY: 30, buttons: 1 }));
  mirror.end();
  expect(sent()).toEqual([5, 1, ...word(320), ...word(160), 5, 0, ...word(320), ...word(160)]);
  rfb._display.fillRect(240, 60, 20, 20, [1, 2, 3]);
  rfb._display.flip();
  expect(drawn).toHaveBeenCalledTimes(1);
  rfb.viewOnly = true;
  rfb.mirror(2, canvas).take(new MouseEvent('mousemove', { clientX: 1, clientY: 1, buttons: 1 }));
  expect(sent()).toHaveLength(12);
});

test('the pointer is the server’s, a dot or nothing', async () => {
  const { rfb } = await connect();
  const change = vi.spyOn(rfb._cursor, 'change');
  rfb.cursor = 'always_dot';
  expect(change.mock.lastCall?.slice(3)).toEqual([3, 3]);
  rfb.cursor = 'nothing';
  expect(change.mock.lastCall?.slice(3)).toEqual([0, 0]);
  expect(rfb._canvas.style.cursor).toBe('none');
});

test('side buttons go to servers that know them', async () => {
  const { rfb, say, sent } = await connect();
  document.elementFromPoint = () => rfb._canvas;
  // ExtendedMouseButtons, -316.
  say([0, 0, 0, 1, ...word(0), ...word(0), ...word(0), ...word(0), ...long(0xfffffec4)]);
  sent().length = 0;
  rfb.sideButton(0, 0, false, true);
  rfb.sideButton(0, 0, false, false);
  rfb.sideButton(0, 0, true, true);
  expect(sent()).toEqual([5, 128, 0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 5, 128, 0, 0, 0, 0, 2]);
});
