// ZRLE (RFC 6143 7.7.6) and Zlib (rfbproto 7.7.6), whose rectangles are one piece of a zlib stream behind its length: noVNC
// inflates them in JavaScript, and draws ZRLE tile by tile.

import type { Decoder, Display, Websock } from '../internals';
import type { Decompression } from './compressed';
import type { Layout } from './layout';

export class ZlibDecoder implements Decoder {
  readonly #decompression: Decompression;
  readonly #stream: number;
  readonly #layout: Layout;
  /** Null until it is read. */
  #length: number | null = null;

  constructor(decompression: Decompression, stream: number, layout: Layout) {
    this.#decompression = decompression;
    this.#stream = stream;
    this.#layout = layout;
  }

  decodeRect(x: number, y: number, width: number, height: number, sock: Websock, display: Display): boolean {
    // As noVNC: an empty rectangle in Zlib has no data.
    if (this.#layout.kind === 'rgbx' && width * height === 0) return true;
    if (this.#length === null) {
      if (sock.rQwait('length', 4)) return false;
      this.#length = sock.rQshift32();
    }
    if (sock.rQwait('data', this.#length)) return false;
    const data = sock.rQshiftBytes(this.#length, false);
    this.#length = null;
    this.#decompression.draw(display, { x, y, width, height }, this.#stream, this.#layout, data);
    return true;
  }
}
