// Messages of a known length that noVNC ends the session over, or reads wrongly: they are skipped.

import type { Internals } from './internals';
import { peek, skipWhole } from './skip';

/** The first byte of a FramebufferUpdate (RFC 6143 7.6.1). */
const FRAMEBUFFER_UPDATE = 0;
/** Bytes of a fence's data, at most (rfbproto 7.6.7, ServerFence). */
const MAX_FENCE = 64;

export function skipMessagesOfKnownLength(rfb: Internals): void {
  skipColourMap(rfb);
  skipStrangeFences(rfb);
  skipUnknownXvp(rfb);
  skipEmptyUpdates(rfb);
}

/** SetColourMapEntries (RFC 6143 7.6.2) that was not asked for: with true colours it means nothing. */
function skipColourMap(rfb: Internals): void {
  const sock = rfb._sock;
  rfb._handleSetColourMapMsg = () => {
    if (sock.rQwait('colour map', 5, 1)) return false;
    return skipWhole(sock, 5 + peek(sock, 5).getUint16(3) * 6);
  };
}

/** A fence that is an answer, though nothing was asked, or has more data than it may: noVNC leaves the rest of that unread. */
function skipStrangeFences(rfb: Internals): void {
  const sock = rfb._sock;
  const answer = rfb._handleServerFenceMsg.bind(rfb);
  rfb._handleServerFenceMsg = () => {
    if (sock.rQwait('fence', 8, 1)) return false;
    const head = peek(sock, 8);
    const [asks, length] = [head.getUint8(3) >= 0x80, head.getUint8(7)];
    return asks && length <= MAX_FENCE ? answer() : skipWhole(sock, 8 + length);
  };
}

/** An xvp message (rfbproto 7.6.9) of an unknown code. */
function skipUnknownXvp(rfb: Internals): void {
  const sock = rfb._sock;
  const read = rfb._handleXvpMsg.bind(rfb);
  rfb._handleXvpMsg = () => {
    if (sock.rQwait('xvp', 3, 1)) return false;
    return peek(sock, 3).getUint8(2) <= 1 ? read() : skipWhole(sock, 3);
  };
}

/**
 * An update without rectangles. Where pictures are still being decoded, noVNC would never ask for the next one, and the screen
 * would stand still. As it has nothing to draw, it need not wait for them.
 */
function skipEmptyUpdates(rfb: Internals): void {
  const sock = rfb._sock;
  const read = rfb._normalMsg.bind(rfb);
  rfb._normalMsg = () => {
    if (rfb._FBU.rects > 0 || sock.rQpeek8() !== FRAMEBUFFER_UPDATE) return read();
    if (sock.rQwait('update', 4)) return false;
    if (peek(sock, 4).getUint16(2) > 0) return read();
    const { pending } = rfb._display;
    rfb._display.pending = () => false;
    try {
      return read();
    } finally {
      rfb._display.pending = pending;
    }
  };
}
