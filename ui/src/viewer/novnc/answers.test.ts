// Servers that answer to input, and servers that do not: said to the real noVNC.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Answers, LOOK_MS } from './answers';
import { connect, long, word, type Connected } from './real';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const KEY = 0x61;
const FENCE = [248, 0, 0, 0, ...long(0x8000_0001), 0];
const BELL = [2];
const ONE_PIXEL = [3, 0, ...word(0), ...word(0), ...word(1), ...word(1)];

/** A session, and the seconds of silence that it told. */
async function session(): Promise<Connected & { told: number[] }> {
  const connected = await connect();
  const told: number[] = [];
  connected.rfb.addEventListener('silence', ({ detail }) => told.push(detail.seconds));
  return Object.assign(connected, { told });
}

const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);
const press = ({ rfb }: Connected) => rfb.sendKey(KEY, 'KeyA', true);

test('a server that stands still is told of after three seconds, and no more when anything comes', async () => {
  const mine = await session();
  press(mine);
  pass(2.5);
  expect(mine.told).toEqual([]);
  pass(0.5);
  expect(mine.told).toEqual([3]);
  // More input does not begin anew.
  press(mine);
  pass(3);
  expect(mine.told).toEqual([3, 4, 5, 6]);
  mine.say(BELL);
  expect(mine.told).toEqual([3, 4, 5, 6, 0]);
  pass(60);
  expect(mine.told).toHaveLength(5);
});

test('a desktop that shows nothing of the input is asked once, after a second', async () => {
  const mine = await session();
  press(mine);
  const key = mine.sent().length;
  pass(0.9);
  expect(mine.sent()).toHaveLength(key);
  pass(0.2);
  expect(mine.sent().slice(key)).toEqual(ONE_PIXEL);
  pass(30);
  expect(mine.sent()).toHaveLength(key + ONE_PIXEL.length);
});

test('a server that has fences is asked by one', async () => {
  const mine = await session();
  mine.say(FENCE);
  press(mine);
  const before = mine.sent().length;
  pass(1);
  expect(mine.sent().slice(before)).toEqual(FENCE);
  // Its answer is skipped by noVNC, and counts.
  mine.say([248, 0, 0, 0, ...long(1), 0]);
  pass(30);
  expect(mine.told).toEqual([]);
  expect(mine.errors).toEqual([]);
});

test('where nobody types or points, nothing is asked and nothing told', async () => {
  const mine = await session();
  pass(3600);
  expect([mine.sent(), mine.told]).toEqual([[], []]);
  mine.rfb.viewOnly = true;
  press(mine);
  pass(3600);
  expect([mine.sent(), mine.told]).toEqual([[], []]);
});

test('while a server answers, no clock runs for long and it is not asked', async () => {
  const mine = await session();
  for (let times = 0; times < 100; times++) {
    press(mine);
    pass(0.2);
    mine.say(BELL);
  }
  expect(mine.sent().filter((_, at, all) => all[at] === 3 && all[at + 9] === 1)).toEqual([]);
  pass(1);
  expect(vi.getTimerCount()).toBe(0);
  press(mine);
  mine.rfb.disconnect();
  mine.rfb.dispatchEvent(new CustomEvent('disconnect'));
  expect(mine.told).toEqual([]);
});

test('a page that slept has not heard, so the time does not count', () => {
  const answers = new Answers();
  answers.sent();
  // One look is late by an hour: that is one look.
  expect(answers.look()).toBe(false);
  expect(answers.silence).toBe(0);
  for (let looks = 1; looks < 3000 / LOOK_MS; looks++) answers.look();
  expect(answers.silence).toBe(3);
});
