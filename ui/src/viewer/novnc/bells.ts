// A bell is a message of one byte, and noVNC makes an event of each: a million of them a second fill the memory faster than
// the web view frees it. Two of them in a tenth of a second are heard as one.

import { atMostEvery } from '../bell';
import type { Internals } from './internals';

/** The first and only byte of a bell (RFC 6143 7.6.3). */
const BELL = 2;
/** From one bell to the next, at least. */
const PAUSE_MS = 100;

export function limitBells(rfb: Internals, now?: () => number): void {
  const sock = rfb._sock;
  const read = rfb._normalMsg.bind(rfb);
  const isHeard = atMostEvery(PAUSE_MS, now);
  rfb._normalMsg = () => {
    if (rfb._FBU.rects > 0 || sock.rQpeek8() !== BELL) return read();
    if (isHeard()) return read();
    while (sock.rQlen() > 0 && sock.rQpeek8() === BELL) sock.rQskipBytes(1);
    return true;
  };
}
