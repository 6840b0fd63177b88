import { inflateSync, constants } from 'node:zlib';
import { expect, test } from 'vitest';
import { stored, Tail, WINDOW } from './tail';

/** So many bytes of which none is like its neighbours. */
const bytes = (from: number, to: number) =>
  Uint8Array.from({ length: to - from }, (_, at) => ((from + at) * 7919) >> 3);

test('the last bytes are kept, whatever the pieces', () => {
  for (const size of [1, 13, 4_096, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW]) {
    const tail = new Tail();
    expect(tail.bytes().length).toBe(0);
    let end = 0;
    for (let step = 0; step < 7 || end < 100; step++) {
      tail.push(bytes(end, end + size));
      end += size;
      expect(tail.bytes()).toEqual(bytes(Math.max(0, end - WINDOW), end));
    }
  }
});

test('a stream that begins with a window gives just that', () => {
  for (const length of [1, 255, 256, WINDOW]) {
    const window = bytes(0, length);
    const out = inflateSync(stored(window), { finishFlush: constants.Z_SYNC_FLUSH });
    expect(new Uint8Array(out)).toEqual(window);
  }
});
