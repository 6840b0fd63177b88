// What is measured of a session: said to the real noVNC.

import { afterEach, expect, test, vi } from 'vitest';
import { connect, long, text, word, type Connected } from './real';
import type { Transfer } from './transfers';

afterEach(() => {
  vi.useRealTimers();
});

const header = (x: number, y: number, width: number, height: number, encoding: number) => [
  ...word(x),
  ...word(y),
  ...word(width),
  ...word(height),
  ...long(encoding),
];
const raw = (x: number, y: number, width: number, height: number) => [
  ...header(x, y, width, height, 0),
  ...Array.from({ length: width * height * 4 }, () => 7),
];
const update = (...rectangles: number[][]) => [0, 0, ...word(rectangles.length), ...rectangles.flat()];
const FENCE = [248, 0, 0, 0, ...long(0x8000_0001), 0];

/** Which handlers noVNC has now. */
const hooks = ({ rfb }: Connected) => [rfb._handleRect, rfb._display.flip, rfb._handleServerFenceMsg];

test('bytes and rectangles are counted by encoding, however they are cut', async () => {
  const mine = await connect();
  const watch = mine.rfb.watch();
  const copy = [...header(0, 0, 4, 4, 1), ...word(8), ...word(8)];
  const said = update(raw(2, 2, 8, 8), copy, raw(0, 8, 3, 3));
  for (const byte of said) mine.say([byte]);
  mine.say(update(raw(2, 2, 1, 1)));
  const { received, updates, encodings } = watch.look();
  expect([...encodings]).toEqual([
    ['Raw', { rectangles: 3, bytes: 3 * 12 + (64 + 9 + 1) * 4 }],
    ['CopyRect', { rectangles: 1, bytes: 16 }],
  ]);
  expect(updates).toBe(2);
  expect(received).toBeGreaterThanOrEqual(said.length + 20);
  expect(mine.errors).toEqual([]);
});

test('what is no picture is no picture', async () => {
  const mine = await connect();
  const watch = mine.rfb.watch();
  mine.say(update([...header(0, 0, 0, 0, -307), ...long(4), ...text('Name')]));
  const { updates, encodings } = watch.look();
  expect(updates).toBe(0);
  expect([...encodings]).toEqual([['', { rectangles: 1, bytes: 20 }]]);
});

test('the time to an answer is that of a fence, and not of another one', async () => {
  vi.useFakeTimers();
  const mine = await connect();
  mine.say(FENCE);
  const watch = mine.rfb.watch();
  const before = mine.sent().length;
  expect(watch.look().answer).toBeNull();
  expect(mine.sent().slice(before)).toEqual([248, 0, 0, 0, ...long(0x8000_0001), 4, ...text('pace')]);
  vi.advanceTimersByTime(40);
  mine.say([248, 0, 0, 0, ...long(1), 0]);
  expect(watch.look().answer).toBeNull();
  vi.advanceTimersByTime(35);
  mine.say([248, 0, 0, 0, ...long(1), 4, ...text('pace')]);
  expect(watch.look().answer).toBe(75);
  expect(mine.errors).toEqual([]);
});

test('where there are no fences it is that of one pixel, which is no picture', async () => {
  vi.useFakeTimers();
  const mine = await connect();
  const watch = mine.rfb.watch();
  const before = mine.sent().length;
  watch.look();
  expect(mine.sent().slice(before)).toEqual([3, 0, ...word(0), ...word(0), ...word(1), ...word(1)]);
  vi.advanceTimersByTime(20);
  mine.say(update(raw(5, 5, 2, 2)));
  vi.advanceTimersByTime(10);
  mine.say(update(raw(0, 0, 1, 1)));
  const { answer, updates } = watch.look();
  expect([answer, updates]).toEqual([30, 1]);
});

test('nothing is hooked before somebody watches, nor after', async () => {
  const mine = await connect();
  const before = hooks(mine);
  const watch = mine.rfb.watch();
  expect(hooks(mine).map((hook, at) => hook === before[at])).toEqual([false, false, false]);
  watch.end();
  expect(hooks(mine)).toEqual(before);
});

test('an update that comes slowly is a transfer, as fast as its link', async () => {
  vi.useFakeTimers();
  const mine = await connect([256, 256]);
  const told: Transfer[] = [];
  mine.rfb.measure((transfer) => told.push(transfer));
  const said = update(raw(0, 0, 128, 128));
  vi.advanceTimersByTime(10_000);
  for (let at = 0; at < said.length; at += 1024) {
    mine.say(said.slice(at, at + 1024));
    vi.advanceTimersByTime(8);
  }
  expect(told).toEqual([{ bytes: said.length - 1024, ms: 64 * 8, atLeast: false }]);
});

test('a quality that is changed is asked for at once', async () => {
  const mine = await connect();
  mine.rfb.qualityLevel = 2;
  mine.rfb.compressionLevel = 6;
  const asked = String(mine.sent());
  // SetEncodings has -32 + quality and -256 + compression among its encodings (rfbproto 7.7.1).
  expect(asked).toContain(String(long(-32 + 2 + 2 ** 32)));
  expect(asked).toContain(String(long(-256 + 6 + 2 ** 32)));
});
