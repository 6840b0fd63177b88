// Requests ahead, with what noVNC sends.

import { beforeEach, expect, test, vi } from 'vitest';
import { requestAhead, skipSecondRequests } from './ahead';
import { ofNovnc } from './decoders/replay';
import type { Internals, Messages, Websock } from './internals';

let messages: Messages;
let sent: number[][];
let sock: Websock;
let rfb: Internals;

beforeEach(async () => {
  const { default: RFB } = await ofNovnc('rfb.js');
  messages = { ...RFB.messages };
  const { fbUpdateRequest } = messages;
  skipSecondRequests(messages);

  sent = [];
  const { default: Socket } = await ofNovnc('websock.js');
  sock = new Socket();
  Object.assign(sock, { _websocket: { readyState: 'open', send: (bytes: Uint8Array) => sent.push([...bytes]) } });
  (sock as unknown as { _allocateBuffers(): void })._allocateBuffers();
  rfb = {
    _sock: sock,
    _fbWidth: 640,
    _fbHeight: 480,
    _enabledContinuousUpdates: false,
    _handleRect: vi.fn(() => true),
  } as unknown as Internals;
  requestAhead(rfb, fbUpdateRequest);
});

/** As noVNC at the end of an update. */
const finish = () => messages.fbUpdateRequest(sock, true, 0, 0, rfb._fbWidth, rfb._fbHeight);

const REQUEST = [3, 1, 0, 0, 0, 0, 640 >> 8, 640 & 255, 480 >> 8, 480 & 255];

test('an update is asked for once, when the one before begins', () => {
  for (let update = 1; update <= 3; update++) {
    rfb._handleRect();
    expect(sent).toEqual(Array(update).fill(REQUEST));
    rfb._handleRect();
    finish();
    expect(sent).toHaveLength(update);
  }
});

test('an update without rectangles is followed by a request as ever', () => {
  finish();
  expect(sent).toEqual([REQUEST]);
});

test('a screen that has changed its size is asked for anew', () => {
  rfb._handleRect();
  Object.assign(rfb, { _fbWidth: 800 });
  finish();
  expect(sent).toHaveLength(2);
  expect(sent[1]?.slice(6, 8)).toEqual([800 >> 8, 800 & 255]);
});

test('the first picture is asked for whole', () => {
  rfb._handleRect();
  messages.fbUpdateRequest(sock, false, 0, 0, 640, 480);
  expect(sent.map(([, incremental]) => incremental)).toEqual([1, 0]);
});

test('nothing is asked for where the server sends by itself', () => {
  Object.assign(rfb, { _enabledContinuousUpdates: true });
  rfb._handleRect();
  expect(sent).toEqual([]);
});

// Where this fails, noVNC asks ahead itself, or asks in another way: look whether this is still needed.
test('noVNC by itself asks at the end of an update', async () => {
  const { default: RFB } = await ofNovnc('rfb.js');
  expect(String(RFB.prototype._normalMsg)).toMatch(
    /ret = this\._framebufferUpdate\(\);\s+if \(ret && !this\._enabledContinuousUpdates\) \{\s+RFB\.messages\.fbUpdateRequest\(/,
  );
  expect(String(RFB.prototype._framebufferUpdate)).toContain('this._handleRect()');
});
