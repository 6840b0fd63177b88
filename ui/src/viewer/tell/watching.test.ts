import { expect, test } from 'vitest';
import { COLUMNS, isOther, ROWS, Watching, type Cells } from './watching';

/** So many cells are light, the rest dark. */
const cells = (light: number, by = 200): Cells => new Uint8Array(COLUMNS * ROWS).fill(by, 0, light);
const share = (part: number) => Math.ceil(COLUMNS * ROWS * part);

test('a cursor, a clock and the noise of lossy pictures are no change, a line of text is one', () => {
  expect(isOther(cells(0), cells(share(0.0005)))).toBe(false);
  expect(isOther(cells(0), cells(share(0.004)))).toBe(false);
  expect(isOther(cells(0), cells(COLUMNS * ROWS, 12))).toBe(false);
  expect(isOther(cells(0), cells(share(0.015)))).toBe(true);
});

test('a change is what differs from when it was begun, also where it comes little by little', () => {
  const watching = new Watching({ when: 'changed' }, 0, cells(0));
  expect(watching.look(2_000, cells(0))).toBe(false);
  expect(watching.look(4_000, cells(share(0.003)))).toBe(false);
  expect(watching.look(6_000, cells(share(0.006)))).toBe(true);
});

test('it is still when so many minutes have passed since it changed last', () => {
  const watching = new Watching({ when: 'still', minutes: 5 }, 0, cells(0));
  expect(watching.look(299_000, cells(0))).toBe(false);
  expect(watching.look(299_500, cells(share(0.5)))).toBe(false);
  // A blinking cursor does not begin it anew.
  expect(watching.look(400_000, cells(share(0.5) + 3))).toBe(false);
  expect(watching.look(599_000, cells(share(0.5)))).toBe(false);
  expect(watching.look(599_500, cells(share(0.5)))).toBe(true);
});
