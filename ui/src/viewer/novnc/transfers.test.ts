import { expect, test } from 'vitest';
import { Transfers } from './transfers';

test('what is waited for within an update is a transfer, its first message and the time before are not', () => {
  const transfers = new Transfers();
  expect(transfers.take(1400, 5000, true)).toBeNull();
  for (let times = 0; times < 49; times++) expect(transfers.take(1000, 8, true)).toBeNull();
  expect(transfers.take(1000, 8, false)).toEqual({ bytes: 50_000, ms: 400, atLeast: false });
});

test('a small update says nothing, however late or quick it was', () => {
  const transfers = new Transfers();
  expect(transfers.take(20_000, 3000, false)).toBeNull();
  transfers.take(8000, 1, true);
  expect(transfers.take(8000, 0, false)).toBeNull();
});

test('a large one that is there at once says that the link carries this or more', () => {
  expect(new Transfers().take(100_000, 25, false)).toEqual({ bytes: 100_000, ms: 25, atLeast: true });
});

test('an update without an end is told of each second', () => {
  const transfers = new Transfers();
  transfers.take(1400, 0, true);
  const told = Array.from({ length: 30 }, () => transfers.take(1000, 100, true)).filter((transfer) => transfer);
  expect(told).toEqual(Array.from({ length: 3 }, () => ({ bytes: 10_000, ms: 1000, atLeast: false })));
});
