// The remote screen follows the window: the real noVNC, and what a server says and is asked.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connect, long, word, type Connected } from './real';

const EXTENDED_DESKTOP_SIZE = -308;
/** A server of 64x48 answers. */
const says = (reason: number, status: number, [width, height] = [64, 48], screens = 1): number[] => [
  ...[0, 0, ...word(1)],
  ...[reason, status, width, height].flatMap(word),
  ...long(EXTENDED_DESKTOP_SIZE >>> 0),
  ...[screens, 0, 0, 0],
  ...Array.from({ length: screens }, (_, id) => [
    ...long(id + 7),
    ...word(0),
    ...word(0),
    ...word(1),
    ...word(1),
    ...long(0),
  ]).flat(),
];

let room = { width: 300, height: 200 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  room = { width: 300, height: 200 };
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(
    () => ({ left: 0, top: 0, ...room }) as DOMRect,
  );
});
afterEach(() => vi.useRealTimers());

/** The sizes that the server was asked for (SetDesktopSize). */
function asked({ sent }: Connected): string[] {
  const bytes = sent();
  const found = bytes.flatMap((byte, at) => {
    const is = byte === 251 && bytes[at + 1] === 0 && bytes[at + 6] === 1 && bytes[at + 7] === 0;
    const number = (from: number) => (bytes[at + from] ?? 0) * 256 + (bytes[at + from + 1] ?? 0);
    return is ? [`${number(2)}x${number(4)}`] : [];
  });
  bytes.length = 0;
  return found;
}

async function following(): Promise<Connected> {
  const connected = await connect();
  connected.rfb.scaling = 'follow';
  return connected;
}

test('the server is asked once it has said that it can, and again when the window rests', async () => {
  const connected = await following();
  expect(asked(connected)).toEqual([]);
  connected.say(says(0, 0));
  expect(connected.rfb.following).toBe('able');
  expect(asked(connected)).toEqual(['300x200']);
  connected.say(says(1, 0, [300, 200]));
  for (const width of [310, 320, 330]) {
    room = { width, height: 200 };
    connected.rfb._requestRemoteResize();
    vi.advanceTimersByTime(100);
  }
  expect(asked(connected)).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(asked(connected)).toEqual(['330x200']);
});

test('a server that takes another size is not asked without end', async () => {
  const connected = await following();
  connected.say(says(0, 0));
  expect(asked(connected)).toEqual(['300x200']);
  for (let answer = 0; answer < 3; answer++) {
    connected.say(says(1, 0, [296, 200]));
    vi.advanceTimersByTime(1_000);
  }
  expect(asked(connected)).toEqual([]);
});

test('a refusal is told, and where it is for good nothing is asked for any more', async () => {
  const connected = await following();
  const told: unknown[] = [];
  connected.rfb.addEventListener('notfollowed', ({ detail }) => told.push(detail));
  connected.say(says(0, 0));
  connected.say(says(1, 2));
  room = { width: 200, height: 200 };
  connected.rfb._requestRemoteResize();
  vi.advanceTimersByTime(1_000);
  expect(asked(connected)).toEqual(['300x200', '200x200']);
  connected.say(says(1, 1));
  room = { width: 250, height: 200 };
  connected.rfb._requestRemoteResize();
  vi.advanceTimersByTime(1_000);
  expect(asked(connected)).toEqual([]);
  expect(told).toEqual(['no_room', 'prohibited']);
  connected.rfb.scaling = 'follow';
  expect(asked(connected), 'the user asks once more').toEqual(['250x200']);
});

test('a server with several screens keeps them, and who only watches changes nothing', async () => {
  const several = await following();
  several.say(says(0, 0, [64, 48], 2));
  expect([several.rfb.following, asked(several)]).toEqual(['several', []]);
  const watching = await following();
  watching.rfb.viewOnly = true;
  watching.say(says(0, 0));
  expect(asked(watching)).toEqual([]);
});

test('other scalings leave the remote screen as it is', async () => {
  const connected = await connect();
  connected.say(says(0, 0));
  connected.rfb.scaling = 'actual';
  connected.rfb._requestRemoteResize();
  vi.advanceTimersByTime(1_000);
  expect(asked(connected)).toEqual([]);
});
