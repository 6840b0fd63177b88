// Where a recording may begin: between two messages, said to the real noVNC.

import { expect, test } from 'vitest';
import { Boundaries } from './boundary';
import { connect, long } from './real';

/** A noVNC and what counts its bytes; `say` says them to both. */
async function bounded() {
  const { rfb, say } = await connect();
  const socket: Pick<WebSocket, 'onmessage'> = { onmessage: null };
  const boundaries = new Boundaries(rfb, socket);
  const reached: number[] = [];
  return {
    reached,
    ask: (from = 0) => boundaries.next(from, (at) => reached.push(at)),
    say: (bytes: number[]) => {
      const data = Uint8Array.from(bytes).buffer;
      socket.onmessage?.call({} as WebSocket, new MessageEvent('message', { data }));
      say(bytes);
    },
  };
}

const cutText = (length: number) => [3, 0, 0, 0, ...long(length)];

test('it is there at once while nothing is on its way, and else behind the message', async () => {
  const { ask, say, reached } = await bounded();
  ask();
  expect(reached).toEqual([0]);
  say([2, 3, 0]);
  ask();
  expect(reached).toEqual([0]);
  say([0, 0, ...long(2), 65, 66]);
  expect(reached).toEqual([0, 11]);
});

test('it is not within a message that is skipped', async () => {
  const { ask, say, reached } = await bounded();
  const large = 20_000_000;
  say(cutText(large));
  ask();
  const piece = new Array<number>(5_000_000).fill(2);
  for (let left = large; left > piece.length; left -= piece.length) say(piece);
  expect(reached).toEqual([]);
  ask();
  say(piece);
  say([2]);
  expect(reached).toEqual([8 + large, 8 + large]);
});
