// Raw (RFC 6143 7.7.1): noVNC makes the pixels opaque byte by byte, and draws line by line.

import type { Decoder, Display, Websock } from '../internals';
import { fromRgbx, makeOpaque } from './pixels';

/** So many pixels are read one by one. */
const FEW = 64;

export class RawDecoder implements Decoder {
  readonly #noVncs: Decoder;
  /** Lines that have been drawn. */
  #lines = 0;
  #pixels = new Uint32Array(0);
  readonly #few = new Uint8Array(FEW * 4);

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
    if (width * height <= FEW) return this.#decodeFew(x, y, width, height, sock, display);
    // As many lines as there are: the rest may take long to arrive.
    const lines = Math.min(height - this.#lines, Math.floor(sock.rQlen() / (width * 4)));
    if (lines > 0) {
      const data = sock.rQshiftBytes(width * lines * 4, false);
      display.blitImage(
        x,
        y + this.#lines,
        width,
        lines,
        display._renderQ.length > 0 ? copied(data) : this.#opaque(data),
        0,
      );
      this.#lines += lines;
    }
    if (this.#lines < height) return false;
    this.#lines = 0;
    return true;
  }

  /** Without any new object: hundreds of thousands of them a second would stay in memory for long. */
  #decodeFew(x: number, y: number, width: number, height: number, sock: Websock, display: Display): boolean {
    const few = this.#few;
    const bytes = width * height * 4;
    if (sock.rQwait('a few pixels', bytes)) return false;
    for (let at = 0; at < bytes; at += 4) {
      few[at] = sock.rQshift8();
      few[at + 1] = sock.rQshift8();
      few[at + 2] = sock.rQshift8();
      few[at + 3] = 0xff;
      sock.rQskipBytes(1);
    }
    display.blitImage(x, y, width, height, few, 0);
    return true;
  }

  /** The pixels, made opaque where they are, or in memory of ours where they do not begin with a whole word. */
  #opaque(data: Uint8Array<ArrayBuffer>): Uint8Array {
    if (data.byteOffset % 4 === 0) {
      makeOpaque(new Uint32Array(data.buffer, data.byteOffset, data.length / 4));
      return data;
    }
    if (this.#pixels.length < data.length / 4) this.#pixels = new Uint32Array(data.length / 4);
    return pixelsOf(data, this.#pixels.subarray(0, data.length / 4));
  }
}

/** In memory of their own, as they have to wait. */
function copied(data: Uint8Array): Uint8Array {
  return pixelsOf(data, new Uint32Array(data.length / 4));
}

function pixelsOf(data: Uint8Array, pixels: Uint32Array): Uint8Array {
  fromRgbx(data, pixels);
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}
