// Tight (rfbproto 7.7.7: https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#tight-encoding): noVNC inflates it in
// JavaScript, and converts the pixels byte by byte, all in the page's one thread.

import type { Decoder, Display, Websock } from '../internals';
import type { Decompression } from './compressed';
import { STREAMS } from './job';
import { fill, lengthOf, type Layout } from './layout';
import type { Place } from './queue';

/** Data shorter than this is not compressed. */
const MIN_COMPRESSED = 12;

/** How far a rectangle has been read. */
interface Progress {
  control: number;
  /** Null until it is read. */
  filter: number | null;
  /** R, G, B for each colour; null until it is read, and where there is none. */
  palette: Uint8Array | null;
}

export class TightDecoder implements Decoder {
  readonly #decompression: Decompression;
  #progress: Progress | null = null;

  constructor(decompression: Decompression) {
    this.#decompression = decompression;
  }

  decodeRect(x: number, y: number, width: number, height: number, sock: Websock, display: Display): boolean {
    if (this.#progress === null) {
      if (sock.rQwait('Tight control', 1)) return false;
      const control = sock.rQshift8();
      for (const stream of STREAMS.tight) if ((control >> stream) & 1) this.#decompression.reset(stream);
      this.#progress = { control: control >> 4, filter: null, palette: null };
    }
    const read = this.#read(this.#progress, { x, y, width, height }, sock, display);
    if (read) this.#progress = null;
    return read;
  }

  #read(progress: Progress, place: Place, sock: Websock, display: Display): boolean {
    const { x, y, width, height } = place;
    const { control } = progress;
    if (control === 8) {
      if (sock.rQwait('Tight fill', 3)) return false;
      display.fillRect(x, y, width, height, sock.rQshiftBytes(3));
      return true;
    }
    if (control === 9) {
      const jpeg = readCompact(sock);
      if (jpeg) display.imageRect(x, y, width, height, 'image/jpeg', jpeg.slice());
      return jpeg !== null;
    }
    if (control > 7) throw new Error(`Illegal kind of compression in Tight: ${control}`);
    return this.#readBasic(progress, place, sock, display);
  }

  #readBasic(progress: Progress, place: Place, sock: Websock, display: Display): boolean {
    if (progress.filter === null) {
      if (progress.control & 4 && sock.rQwait('Tight filter', 1)) return false;
      progress.filter = progress.control & 4 ? sock.rQshift8() : 0;
    }
    if (progress.filter > 2) throw new Error(`Illegal filter in Tight: ${progress.filter}`);
    if (progress.filter === 1 && progress.palette === null) {
      if (sock.rQwait('Tight palette', 1)) return false;
      const bytes = (sock.rQpeek8() + 1) * 3;
      if (sock.rQwait('Tight palette', 1 + bytes)) return false;
      sock.rQskipBytes(1);
      progress.palette = sock.rQshiftBytes(bytes);
    }
    const layout = layoutOf(progress);
    const { width, height } = place;
    const length = lengthOf(layout, width, height);
    if (length === 0) return true;
    if (length !== null && length < MIN_COMPRESSED) {
      if (sock.rQwait('Tight data', length)) return false;
      const pixels = new Uint32Array(width * height);
      fill(pixels, sock.rQshiftBytes(length), layout, width, height);
      display.blitImage(place.x, place.y, width, height, new Uint8Array(pixels.buffer), 0);
      return true;
    }
    const data = readCompact(sock);
    if (data) this.#decompression.draw(display, place, progress.control & 3, layout, data);
    return data !== null;
  }
}

function layoutOf({ filter, palette }: Progress): Layout {
  if (palette) return { kind: 'palette', palette };
  return { kind: filter === 2 ? 'gradient' : 'rgb' };
}

/** Data behind its length of one to three bytes; null, and nothing read, where it is not all there. A view. */
function readCompact(sock: Websock): Uint8Array<ArrayBuffer> | null {
  const head = sock.rQpeekBytes(Math.min(3, sock.rQlen()), false);
  let length = 0;
  for (let at = 0; at < 3; at++) {
    const byte = head[at];
    if (byte === undefined) return null;
    length |= (at < 2 ? byte & 127 : byte) << (at * 7);
    if (at === 2 || byte < 128) {
      if (sock.rQwait('Tight data', at + 1 + length)) return null;
      sock.rQskipBytes(at + 1);
      return sock.rQshiftBytes(length, false);
    }
  }
  return null;
}
