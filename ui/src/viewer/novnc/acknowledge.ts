// Acknowledges to the relay what noVNC has handled. The web view queues without a limit what the relay sends, so without this a
// server that sends faster than noVNC draws fills the memory, and the answer to a key waits behind all of it.

import type { Internals } from './internals';

/** The subprotocol by which page and relay agree on it: a text message is a number of bytes, handled since the last one. */
export const ACKNOWLEDGED = 'binary.acknowledged';

/**
 * How many bytes are handled. Pure.
 *
 * What has been read may still wait to be decoded and drawn. While too much waits (`readAhead` says how much), nothing more is
 * handled: noVNC reads an update to its end, however much of it waits. When less waits again, all is handled that had been read
 * at the last look.
 * While no more than that waits, all that has arrived is handled, read or not: noVNC wants some messages whole, and one may be
 * larger than all that the relay sends unacknowledged.
 */
export class Handled {
  #arrived = 0;
  #read = 0;
  #handled = 0;

  arrive(bytes: number): void {
    this.#arrived += bytes;
  }

  /** After something has arrived: `unread` bytes of it are left, and too much `waits`. Returns how many are handled now. */
  look(unread: number, waits: boolean): number {
    const before = this.#handled;
    this.#read = this.#arrived - unread;
    if (!waits) this.#handled = this.#arrived;
    return this.#handled - before;
  }

  /** The same when that is drawn which waited at the last look; noVNC may already have read on. */
  drawn(unread: number, waits: boolean): number {
    const drawn = Math.max(this.#read - this.#handled, 0);
    this.#handled += drawn;
    return drawn + this.look(unread, waits);
  }
}

/** Older web views do not have `transfer`. */
type Data = ArrayBuffer & { transfer?(length: number): ArrayBuffer };

/** Whether so much waits to be drawn that nothing more is acknowledged. */
export function holdsBack(rfb: Internals): boolean {
  return rfb._flushing || rfb._display.pending();
}

/** Acknowledges what arrives on the socket of a noVNC that has just been made, if the relay wants that. */
export function acknowledge(socket: WebSocket, rfb: Internals): void {
  const handled = new Handled();
  const receive = socket.onmessage;
  let waiting = false;

  const send = (bytes: number) => {
    if (bytes > 0 && socket.readyState === WebSocket.OPEN) socket.send(String(bytes));
  };
  const waits = () => holdsBack(rfb);
  const wait = async () => {
    if (waiting) return;
    waiting = true;
    while (rfb._display.pending()) {
      await rfb._display.flush();
      // noVNC waits for the same, and reads on first.
      await Promise.resolve();
      send(handled.drawn(rfb._sock.rQlen(), waits()));
    }
    waiting = false;
  };

  socket.onmessage = (message: MessageEvent<Data>) => {
    const { byteLength } = message.data;
    receive?.call(socket, message);
    // noVNC has copied it. The web view would free it much later: a hundred messages of half a megabyte are in memory then.
    message.data.transfer?.(0);
    if (socket.protocol !== ACKNOWLEDGED) return;
    handled.arrive(byteLength);
    // Each message: the next ones wait for it, and a timer would be slow in a window that is not to be seen.
    send(handled.look(rfb._sock.rQlen(), waits()));
    void wait();
  };
}
