// The real noVNC: an update that is long on its way.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connect, word, type Connected } from './real';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A raw rectangle of one pixel at this column. */
const pixel = (x: number) => [...word(x), ...word(0), ...word(1), ...word(1), 0, 0, 0, 0, 1, 2, 3, 4];
/** FramebufferUpdate of so many rectangles. */
const update = (rectangles: number) => [0, 0, ...word(rectangles)];

/** The columns that were made visible each time. */
function shownBy({ rfb }: Connected): [x: number, width: number][] {
  const shown: [number, number][] = [];
  const drawImage = (_: unknown, x: number, __: number, width: number) => shown.push([x, width]);
  rfb._display._targetCtx = { drawImage } as unknown as CanvasRenderingContext2D;
  return shown;
}

test('what has come of an update is shown after a while, and each time something has come since', async () => {
  const session = await connect();
  const shown = shownBy(session);
  vi.advanceTimersByTime(1_000);
  session.say([...update(4), ...pixel(0)]);
  vi.advanceTimersByTime(299);
  session.say(pixel(1));
  expect(shown).toEqual([]);
  vi.advanceTimersByTime(1);
  session.say(pixel(2).slice(0, 13));
  expect(shown).toEqual([[0, 2]]);
  vi.advanceTimersByTime(300);
  session.say(pixel(2).slice(13));
  expect(shown).toEqual([
    [0, 2],
    [2, 1],
  ]);
  vi.advanceTimersByTime(20);
  session.say(pixel(3));
  expect(shown).toEqual([
    [0, 2],
    [2, 1],
    [3, 1],
  ]);
});

test('an update that comes quickly is shown whole, however long ago the last one was', async () => {
  const session = await connect();
  const shown = shownBy(session);
  for (let times = 1; times <= 2; times++) {
    vi.advanceTimersByTime(5_000);
    session.say([...update(2), ...pixel(0)]);
    vi.advanceTimersByTime(200);
    session.say(pixel(1));
    expect(shown).toEqual(Array.from({ length: times }, () => [0, 2]));
  }
});

test('noVNC by itself shows it at its end only', async () => {
  const session = await connect([64, 48], () => true, true);
  const shown = shownBy(session);
  session.say([...update(2), ...pixel(0)]);
  vi.advanceTimersByTime(10_000);
  session.say(pixel(1).slice(0, 13));
  expect(shown).toEqual([]);
});
