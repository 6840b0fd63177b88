// What is shown of what has changed.

import { afterEach, expect, test, vi } from 'vitest';
import { Parts } from './damage';
import type { Canvases } from './internals';
import { connect, long, word, type Connected } from './real';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

type Bounds = Canvases['_damageBounds'];
const bounds = (left: number, top: number, right: number, bottom: number): Bounds => ({ left, top, right, bottom });
const of = (...changed: Bounds[]): Bounds[] => {
  const parts = new Parts();
  for (const { left, top, right, bottom } of changed) parts.add(left, top, right, bottom);
  return parts.take();
};

test('far parts stay apart, and near ones become one', () => {
  const [clock, caret] = [bounds(1800, 0, 1900, 20), bounds(40, 900, 48, 916)];
  expect(of(clock, caret)).toEqual([clock, caret]);
  expect(of(clock, bounds(1790, 30, 1900, 60))).toEqual([bounds(1790, 0, 1900, 60)]);
  expect(of(clock, bounds(1850, 5, 1860, 10))).toEqual([clock]);
});

test('strips that follow each other are one part, in one column or two', () => {
  const strips = (...columns: number[]) =>
    Array.from({ length: 30 }, (_, at) => columns.map((x) => bounds(x, at * 36, x + 1920, at * 36 + 36))).flat();
  expect(of(...strips(0))).toEqual([bounds(0, 0, 1920, 1080)]);
  expect(of(...strips(0, 1920))).toEqual([bounds(0, 0, 3840, 1080)]);
});

test('a part that grows takes up what it reaches', () => {
  const [left, right] = [bounds(0, 0, 300, 300), bounds(600, 0, 900, 300)];
  expect(of(left, right, bounds(300, 0, 600, 300))).toEqual([bounds(0, 0, 900, 300)]);
});

test('whatever changes, at most eight parts have all of it', () => {
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 200; round++) {
    const changed = Array.from({ length: 1 + random(60) }, () => {
      const [left, top] = [random(1900), random(1060)];
      return bounds(left, top, left + 1 + random(1920 - left), top + 1 + random(1080 - top));
    });
    const parts = of(...changed);
    expect(parts.length).toBeLessThanOrEqual(8);
    for (const { left, top, right, bottom } of changed) {
      const holds = (part: Bounds) =>
        part.left <= left && part.top <= top && part.right >= right && part.bottom >= bottom;
      expect(parts.some(holds)).toBe(true);
    }
  }
});

/** A session on a large screen that tells what it shows: x, y, width, height. */
async function session(unmodified = false): Promise<Connected & { shown: number[][] }> {
  vi.useFakeTimers();
  const connected = await connect([1920, 1080], () => true, unmodified);
  const shown: number[][] = [];
  const context = { drawImage: (_: unknown, ...place: number[]) => shown.push(place.slice(0, 4)) };
  connected.rfb._display._targetCtx = context as unknown as CanvasRenderingContext2D;
  vi.advanceTimersByTime(FRAME);
  return Object.assign(connected, { shown });
}

const FRAME = 16;
const pixels = (...places: [number, number][]) => [
  ...[0, 0, ...word(places.length)],
  ...places.flatMap(([x, y]) => [...[x, y, 1, 1].flatMap(word), ...long(0), 1, 2, 3, 4]),
];

test('what is far apart is shown apart, at once, and once', async () => {
  const { say, shown } = await session();
  say(pixels([3, 4], [1900, 1070]));
  expect(shown.splice(0)).toEqual([
    [3, 4, 1, 1],
    [1900, 1070, 1, 1],
  ]);
  vi.advanceTimersByTime(FRAME);
  expect(shown).toEqual([]);
  say(pixels([5, 6]));
  expect(shown).toEqual([[5, 6, 1, 1]]);
});

test('many updates are shown as often as a display shows something', async () => {
  const { say, shown } = await session();
  for (let ms = 0; ms < 160; ms++) {
    say(pixels([3, 4]));
    say(pixels([3, 4]));
    vi.advanceTimersByTime(1);
  }
  // At once, and ten times after that.
  expect(shown).toHaveLength(11);
  say(pixels([700, 4]));
  vi.advanceTimersByTime(FRAME);
  expect(shown.at(-1)).toEqual([700, 4, 1, 1]);
});

test('what waited is not shown in the middle of the next update, unless the rest is long in coming', async () => {
  const { say, shown } = await session();
  say(pixels([3, 4]));
  say(pixels([5, 6]));
  const next = pixels([700, 300], [1700, 600]);
  say(next.slice(0, 30));
  vi.advanceTimersByTime(FRAME + 50);
  expect(shown.splice(0)).toEqual([[3, 4, 1, 1]]);
  say(next.slice(30));
  expect(shown.splice(0)).toEqual([
    [5, 6, 1, 1],
    [700, 300, 1, 1],
    [1700, 600, 1, 1],
  ]);
  say(pixels([5, 6]));
  say(next.slice(0, 30));
  vi.advanceTimersByTime(FRAME + 100);
  expect(shown.splice(0)).toEqual([
    [5, 6, 1, 1],
    [700, 300, 1, 1],
  ]);
});

test('in a hidden window nothing waits for a timer, which would take a second', async () => {
  const { say, shown } = await session();
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  for (let times = 0; times < 5; times++) say(pixels([3, 4]));
  expect(shown).toHaveLength(5);
});

test('a canvas of a new size, which is empty, is filled at once', async () => {
  const { rfb, say, shown } = await session();
  say(pixels([3, 4]));
  rfb._display.clipViewport = true;
  rfb._display.viewportChangeSize(600, 400);
  expect(shown.at(-1)).toEqual([0, 0, 600, 400]);
});

test('it is said once when the first picture is there, and not of an empty screen', async () => {
  const session = await connect([64, 48]);
  const told = vi.fn();
  session.rfb.addEventListener('picture', told);
  const both = pixels([3, 4], [5, 6]);
  session.say(both.slice(0, 30));
  expect(told).not.toHaveBeenCalled();
  session.say(both.slice(30));
  session.say(pixels([3, 4]));
  expect(told).toHaveBeenCalledOnce();
});

test('noVNC by itself shows the box around all, after each update', async () => {
  const { say, shown } = await session(true);
  say(pixels([3, 4], [1900, 1070]));
  say(pixels([3, 4]));
  expect(shown).toEqual([
    [3, 4, 1898, 1067],
    [3, 4, 1, 1],
  ]);
});
