import { expect, test } from 'vitest';
import { Automatic, type Level } from './automatic';

/** Noise that is the same in each run: from 0 to 1. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const transfer = (mbit: number, bytes = 100_000) => ({ bytes, ms: (bytes * 8) / 1000 / mbit, atLeast: false });

/** The levels after each of so many transfers on such a link; each has up to `spread` times more or less than that. */
function levels(automatic: Automatic, mbit: number, count: number, spread = 1, seed = 1): Level[] {
  const random = noise(seed);
  return Array.from({ length: count }, () => {
    automatic.take(transfer(mbit * spread ** (2 * random() - 1)));
    return automatic.level;
  });
}

const changes = (all: Level[]) => all.filter((level, at) => at > 0 && level !== all[at - 1]).length;

test.each([
  [1, 'low'],
  [10, 'good'],
  [100, 'best'],
] as const)('on %d Mbit/s it settles, and stays under noise', (mbit, level) => {
  for (let seed = 1; seed <= 20; seed++) {
    const all = levels(new Automatic(), mbit, 500, 1.8, seed);
    expect(all.slice(10)).toEqual(all.slice(10).map(() => level));
    expect(changes(all)).toBeLessThanOrEqual(1);
  }
});

test('between two thresholds it stays where it came from', () => {
  const automatic = new Automatic();
  levels(automatic, 1, 10);
  expect(new Set(levels(automatic, 4.5, 100, 1.2))).toEqual(new Set(['low']));
  levels(automatic, 10, 20);
  expect(new Set(levels(automatic, 4.5, 100, 1.2))).toEqual(new Set(['good']));
  levels(automatic, 100, 20);
  expect(new Set(levels(automatic, 30, 100, 1.2))).toEqual(new Set(['best']));
});

test('a link whose speed swings across all thresholds makes it change ever more rarely', () => {
  const automatic = new Automatic();
  const swings = Array.from({ length: 200 }, (_, at) => levels(automatic, at % 2 ? 1 : 12, 6)).flat();
  expect(changes(swings.slice(0, 600))).toBeGreaterThan(0);
  expect(changes(swings.slice(-300))).toBeLessThanOrEqual(2);
});

test('one transfer that stalls does not decide', () => {
  const automatic = new Automatic();
  levels(automatic, 20, 10);
  automatic.take(transfer(0.5));
  expect([automatic.level, ...levels(automatic, 20, 20)]).toEqual(Array.from({ length: 21 }, () => 'good'));
});

test('two transfers of a slow link are enough', () => {
  expect(levels(new Automatic(), 1, 3)).toEqual(['good', 'low', 'low']);
});

test('a whole update that was waited for says only that the link carries so much', () => {
  const automatic = new Automatic();
  for (let times = 0; times < 50; times++) automatic.take({ ...transfer(100), atLeast: true });
  expect(automatic.level).toBe('best');
  for (let times = 0; times < 50; times++) automatic.take({ ...transfer(1), atLeast: true });
  expect(automatic.level).toBe('best');
});

test('a computer that is too slow for the best quality has it taken back, for good', () => {
  const automatic = new Automatic();
  const take = (busy: number) => {
    automatic.take(transfer(200), busy);
    return automatic.level;
  };
  for (let times = 0; times < 20; times++) expect(take(0.6)).toBe('good');
  for (let times = 0; times < 3; times++) take(0.2);
  expect(automatic.level).toBe('best');
  for (let times = 0; times < 5; times++) take(0.95);
  for (let times = 0; times < 200; times++) expect(take(0.2)).toBe('good');
});

test('after a pause, an update that waited for the server says nothing about a link that nothing is known of', () => {
  const automatic = new Automatic();
  for (let times = 0; times < 50; times++) automatic.take({ ...transfer(0.5), atLeast: true });
  expect(automatic.level).toBe('good');
});
