// Raw (RFC 6143 7.7.1): noVNC makes the pixels opaque byte by byte, and draws line by line.

import type { Decoder, Display, Websock } from '../internals';
import { fromRgbx } from './pixels';

export class RawDecoder implements Decoder {
  readonly #noVncs: Decoder;
  /** Lines that have been drawn. */
  #lines = 0;
  #pixels = new Uint32Array(0);

  /** `noVncs` goes on decoding pixels of eight bits. */
  constructor(noVncs: Decoder) {
    this.#noVncs = noVncs;
  }

  decodeRect(
    x: number,
    y: number,
    width: number,
    height: number,
    sock: Websock,
    display: Display,
    depth: number,
  ): boolean {
    if (depth === 8) return this.#noVncs.decodeRect(x, y, width, height, sock, display, depth);
    if (width === 0 || height === 0) return true;
    // As many lines as there are: the rest may take long to arrive.
    const lines = Math.min(height - this.#lines, Math.floor(sock.rQlen() / (width * 4)));
    if (lines > 0) {
      const pixels = this.#memory(width * lines, display.pending());
      fromRgbx(sock.rQshiftBytes(width * lines * 4, false), pixels);
      const bytes = new Uint8Array(pixels.buffer, 0, pixels.byteLength);
      display.blitImage(x, y + this.#lines, width, lines, bytes, 0);
      this.#lines += lines;
    }
    if (this.#lines < height) return false;
    this.#lines = 0;
    return true;
  }

  /** For so many pixels; the same memory each time, but where it would be queued. */
  #memory(count: number, queued: boolean): Uint32Array {
    if (queued) return new Uint32Array(count);
    if (this.#pixels.length < count) this.#pixels = new Uint32Array(count);
    return this.#pixels.subarray(0, count);
  }
}
