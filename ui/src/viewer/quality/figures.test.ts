import { expect, test } from 'vitest';
import type { Counts } from '../novnc/meter';
import { boundOf, figuresBetween } from './figures';

const begin: Counts = {
  at: 1000,
  received: 500,
  sent: 50,
  updates: 2,
  waiting: 0,
  busy: 0,
  encodings: new Map(),
  answer: null,
};

test('figures are of the time between two looks, shares of all that was watched', () => {
  const encodings = new Map([
    ['CopyRect', { rectangles: 30, bytes: 250 }],
    ['Tight JPEG', { rectangles: 10, bytes: 750 }],
  ]);
  const now = {
    ...begin,
    at: 3000,
    received: 20_500,
    sent: 250,
    updates: 62,
    waiting: 100,
    busy: 200,
    encodings,
    answer: 31,
  };
  expect(figuresBetween(begin, now)).toEqual({
    updates: 30,
    received: 10_000,
    sent: 100,
    total: 20_500,
    answer: 31,
    bound: 'server',
    encodings: [
      { name: 'Tight JPEG', rectangles: 10, part: 0.75 },
      { name: 'CopyRect', rectangles: 30, part: 0.25 },
    ],
  });
});

test.each([
  ['still', { updates: 0, waiting: 0, busy: 0.01 }],
  ['server', { updates: 5, waiting: 0.2, busy: 0.3 }],
  ['network', { updates: 1, waiting: 0.9, busy: 0.05 }],
  // One long update is on its way, and nothing is whole yet.
  ['network', { updates: 0, waiting: 1, busy: 0 }],
  ['computer', { updates: 20, waiting: 0.3, busy: 0.7 }],
  ['computer', { updates: 0, waiting: 0, busy: 0.9 }],
] as const)('what bounds the pace: %s', (bound, time) => {
  expect(boundOf(time)).toBe(bound);
});

test('no time and no bytes are no number that nobody can read', () => {
  const figures = figuresBetween(begin, begin);
  expect(Object.values(figures).filter((value) => Number.isNaN(value))).toEqual([]);
});
