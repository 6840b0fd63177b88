import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KeyPress } from '../../ipc/bindings/KeyPress';
import { KeysInOrder } from './paste';
import { PACES } from './typist.svelte';

const [CTRL, SHIFT, V, INSERT, A] = [
  [0xffe3, 29],
  [0xffe1, 42],
  [0x76, 47],
  [0xff63, 110],
  [0x61, 30],
] as const;

let passed: number[];
let share: () => void;
let shares: number;
let keys: KeysInOrder;

beforeEach(() => {
  vi.useFakeTimers();
  passed = [];
  shares = 0;
  keys = new KeysInOrder(
    ({ key, down }) => passed.push(down ? key : -key),
    () => {
      shares += 1;
      return new Promise((resolve) => (share = resolve));
    },
  );
});
afterEach(() => vi.useRealTimers());

function go([keysym, key]: readonly [number, number], down = true): void {
  const press: KeyPress = { keysym, key, down, caps_lock: false, num_lock: false, chord: false };
  keys.take(press);
}
const turn = () => vi.advanceTimersByTimeAsync(0);

test('other keys go at once', () => {
  for (const key of [A, V, INSERT, SHIFT, V]) go(key);
  expect([passed, shares]).toEqual([[30, 47, 110, 42, 47], 0]);
});

test.each([
  ['Ctrl+V', [CTRL], V],
  ['Ctrl+Shift+V', [CTRL, SHIFT], [0x56, 47] as const],
  ['Ctrl and the key of V on a Cyrillic keyboard', [CTRL], [0x6cd, 47] as const],
  ['Ctrl+V where V is elsewhere', [CTRL], [0x76, 52] as const],
  ['Shift+Insert', [SHIFT], INSERT],
])('%s waits until what was copied is on its way, and those behind it too', async (_, modifiers, key) => {
  modifiers.forEach((modifier) => go(modifier));
  go(key);
  go(key, false);
  go(A);
  expect(passed).toHaveLength(modifiers.length);
  share();
  await turn();
  expect(passed.slice(modifiers.length)).toEqual([key[1], -key[1], 30]);
  expect(shares).toBe(1);
});

test('a clipboard that does not answer holds nobody up', async () => {
  go(CTRL);
  go(V);
  await vi.advanceTimersByTimeAsync(199);
  expect(passed).toEqual([29]);
  await vi.advanceTimersByTimeAsync(1);
  expect(passed).toEqual([29, 47]);
});

test('a second one that waits keeps its place', async () => {
  go(CTRL);
  for (const key of [V, A, V, A]) go(key);
  share();
  await turn();
  expect(passed).toEqual([29, 47, 30]);
  share();
  await turn();
  expect(passed).toEqual([29, 47, 30, 47, 30]);
});

test('where the keyboard is somebody else’s, those that wait are not pressed, and nothing is held', async () => {
  go(CTRL);
  go(V);
  keys.forget();
  share();
  await turn();
  go(V);
  expect([passed, shares]).toEqual([[29, 47], 1]);
});

test('a text that was composed goes character by character, and keys behind it', async () => {
  const letter = (number: number) => () => void passed.push(number);
  keys.type([letter(1), letter(2)]);
  go(A);
  keys.type([letter(3)]);
  expect(passed).toEqual([1]);
  await vi.advanceTimersByTimeAsync(PACES.steady);
  expect(passed).toEqual([1, 2]);
  await vi.advanceTimersByTimeAsync(2 * PACES.steady);
  expect(passed).toEqual([1, 2, 30, 3]);
  go(A, false);
  await vi.advanceTimersByTimeAsync(PACES.steady);
  expect(passed).toEqual([1, 2, 30, 3, -30]);
  // The keyboard is another window's.
  keys.type([letter(4), letter(5)]);
  go(A);
  keys.forget();
  await vi.advanceTimersByTimeAsync(3 * PACES.steady);
  expect(passed).toEqual([1, 2, 30, 3, -30, 4]);
  go(V);
  expect(passed.at(-1)).toBe(47);
});
