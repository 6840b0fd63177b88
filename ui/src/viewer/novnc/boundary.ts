// Where one message of the server's ends and the next begins: only there a recording can begin.
// noVNC tells nobody.

import type { Internals } from './internals';

/** Watches one session's messages. */
export class Boundaries {
  readonly #rfb: Internals;
  #arrived = 0;
  #waiting: { from: number; reach: (at: number) => void }[] = [];
  /** Whether the last message was read to its end. */
  #whole = true;

  /** For a noVNC that has just been made. */
  constructor(rfb: Internals, socket: Pick<WebSocket, 'onmessage'>) {
    this.#rfb = rfb;
    const read = rfb._normalMsg.bind(rfb);
    rfb._normalMsg = () => {
      this.#whole = read();
      if (this.#whole) this.#look();
      return this.#whole;
    };
    const receive = socket.onmessage;
    socket.onmessage = function (this: WebSocket, message: MessageEvent<ArrayBuffer>) {
      arrive(message.data.byteLength);
      receive?.call(this, message);
    };
    const arrive = (bytes: number) => (this.#arrived += bytes);
  }

  /** Bytes that the relay has sent, the handshake's too. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Calls `reach` with the number of bytes before the first boundary behind so many bytes, while noVNC stands there. */
  next(from: number, reach: (at: number) => void): void {
    this.#waiting.push({ from, reach });
    // Nothing more may come for a long time.
    if (!this.#rfb._flushing && this.#whole && this.#rfb._sock.rQlen() === 0) this.#look();
  }

  #look(): void {
    if (this.#waiting.length === 0 || this.#rfb._FBU.rects > 0) return;
    const at = this.#arrived - this.#rfb._sock.rQlen();
    const reached = this.#waiting.filter(({ from }) => from <= at);
    this.#waiting = this.#waiting.filter(({ from }) => from > at);
    for (const { reach } of reached) reach(at);
  }
}
