// Bytes that are skipped as they arrive, without being held: noVNC waits until all of a message is there, and ends the session
// where that is more than 40 MiB.

import type { Internals, Websock } from './internals';

export class Skip {
  #left = 0;

  /** Whether something has not gone by yet. */
  get isUnderWay(): boolean {
    return this.#left > 0;
  }

  /** So many bytes from here on; what is there already is skipped at once. Returns whether that was all. */
  begin(sock: Websock, bytes: number): boolean {
    this.#left = bytes;
    return this.go(sock);
  }

  /** Skips what has arrived. Whether that was all. */
  go(sock: Websock): boolean {
    const there = Math.min(sock.rQlen(), this.#left);
    sock.rQskipBytes(there);
    this.#left -= there;
    return this.#left === 0;
  }
}

/** Gives what skips the rest of a message: no other message is read before that has gone by. */
export function skipMessages(rfb: Internals): (bytes: number) => void {
  const skip = new Skip();
  const read = rfb._normalMsg.bind(rfb);
  rfb._normalMsg = () => {
    if (!skip.go(rfb._sock)) return false;
    // A message that is still being skipped has not come to its end.
    return rfb._sock.rQlen() === 0 || (read() && !skip.isUnderWay);
  };
  return (bytes) => void skip.begin(rfb._sock, bytes);
}

/** The next bytes, which stay to be read. */
export function peek(sock: Websock, bytes: number): DataView {
  const there = sock.rQpeekBytes(bytes, false);
  return new DataView(there.buffer, there.byteOffset, bytes);
}

/** Skips a message of so many bytes behind its type, once it is all there; as a handler of messages returns. */
export function skipWhole(sock: Websock, bytes: number): boolean {
  if (sock.rQwait('what is skipped', bytes, 1)) return false;
  sock.rQskipBytes(bytes);
  return true;
}
