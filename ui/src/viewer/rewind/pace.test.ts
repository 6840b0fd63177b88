import { expect, test } from 'vitest';
import { Pace } from './pace';

const MB = 1024 * 1024;

/** Asked once a second: when it wants another one, in seconds. `bytes` is what arrives in each second. */
function wanted(seconds: number, bytes: (second: number) => number, slow = false): number[] {
  const pace = new Pace(0, 0);
  let arrived = 0;
  const when = [];
  for (let second = 1; second <= seconds; second += 1) {
    arrived += bytes(second);
    if (!pace.wants(second * 1000, arrived, slow)) continue;
    when.push(second);
    pace.begin(second * 1000);
  }
  return when;
}

test('while nothing changes there is none, whatever the picture itself has cost', () => {
  expect(wanted(3_600, () => 0)).toEqual([]);
  expect(wanted(3_600, (second) => (second === 1 ? 30 * MB : 0))).toEqual([]);
});

test('where much has come there is one as soon as it is quiet', () => {
  // Busy for a minute, and quiet behind it.
  expect(wanted(600, (second) => (second >= 10 && second < 40 ? 0.1 * MB : 0))).toEqual([40]);
});

test('a flood has one for so many bytes', () => {
  const flood = wanted(60, () => 4 * MB);
  // Three seconds for its own picture, two for eight megabytes.
  expect(flood.slice(0, 3)).toEqual([5, 10, 15]);
});

test('a large flood has them so often that a session keeps something of it', () => {
  const flood = wanted(60, () => 20 * MB);
  const between = flood.slice(1).map((second, n) => second - (flood[n] ?? 0));
  // 64 MiB are kept of a session at most.
  expect(Math.max(...between) * 20).toBeLessThanOrEqual(64);
});

test('over a slow connection there are few', () => {
  const bytes = (second: number) => (second % 60 < 30 ? 0.1 * MB : 0);
  const quick = wanted(600, bytes);
  const slow = wanted(600, bytes, true);
  expect(quick.length).toBeGreaterThan(slow.length);
  expect(Math.min(...slow.map((second, n) => second - (slow[n - 1] ?? 0)))).toBeGreaterThanOrEqual(80);
});

test('a clock has one in five minutes, so that older minutes can go', () => {
  expect(wanted(1_300, () => 300)).toEqual([300, 600, 900, 1_200]);
  // Also where it is never quiet.
  expect(wanted(800, () => 5_000)).toEqual([360, 720]);
});
