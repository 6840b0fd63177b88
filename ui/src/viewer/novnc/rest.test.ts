// The real noVNC: what a window asks for while it is out of sight.

import { afterEach, expect, test, vi } from 'vitest';
import { connect, word, type Connected } from './real';
import { glance } from './rest';

let hidden = false;

afterEach(() => {
  hidden = false;
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function start(): Promise<Connected> {
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
  return connect();
}

function show(seen: boolean): void {
  hidden = !seen;
  document.dispatchEvent(new Event('visibilitychange'));
}

/** A FramebufferUpdate with one raw pixel. */
const update = [0, 0, 0, 1, ...word(0), ...word(0), ...word(1), ...word(1), 0, 0, 0, 0, 1, 2, 3, 4];
/** FramebufferUpdateRequest, incremental or not, of the whole screen. */
const request = (incremental: boolean) => [3, incremental ? 1 : 0, ...word(0), ...word(0), ...word(64), ...word(48)];
const enableContinuous = (on: boolean) => [150, on ? 1 : 0, ...word(0), ...word(0), ...word(64), ...word(48)];

function taken(session: Connected): number[] {
  return session.sent().splice(0);
}

test('it asks for nothing, and for all that has changed when it is seen again', async () => {
  const session = await start();
  session.say(update);
  expect(taken(session)).toEqual(request(true));
  show(false);
  // What was asked for before comes, and is read.
  session.say(update);
  expect(taken(session)).toEqual([]);
  show(true);
  expect(taken(session)).toEqual(request(true));
  session.say(update);
  expect(taken(session)).toEqual(request(true));
});

test('it is given one update for each look at a small picture', async () => {
  const session = await start();
  show(false);
  session.say(update);
  expect(taken(session)).toEqual([]);
  glance(session.rfb);
  expect(taken(session)).toEqual(request(true));
  glance(session.rfb);
  expect(taken(session)).toEqual([]);
  session.say(update);
  expect(taken(session)).toEqual([]);
  glance(session.rfb);
  expect(taken(session)).toEqual(request(true));
  show(true);
  glance(session.rfb);
  expect(taken(session)).toEqual([]);
});

test('a server that sends without being asked is stopped, and begins again', async () => {
  const session = await start();
  // EndOfContinuousUpdates: the first says that the server can send so.
  session.say([150]);
  expect(taken(session)).toEqual(enableContinuous(true));
  show(false);
  expect(taken(session)).toEqual(enableContinuous(false));
  session.say([150]);
  glance(session.rfb);
  expect(taken(session)).toEqual(request(true));
  session.say(update);
  expect(taken(session)).toEqual([]);
  show(true);
  expect(taken(session)).toEqual([...request(true), ...enableContinuous(true)]);
});

test('a window that is not shown yet asks for its first picture, and no more', async () => {
  hidden = true;
  const session = await start();
  session.say(update);
  expect(taken(session)).toEqual([]);
  show(true);
  expect(taken(session)).toEqual(request(true));
});
