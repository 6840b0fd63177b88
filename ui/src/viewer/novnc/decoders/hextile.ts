// Hextile (RFC 6143 7.7.4): noVNC draws each of its tiles by itself, and there are 8,160 of them in a full screen of
// 1920x1080.

import type { Decoder, Display, Websock } from '../internals';
import { BLACK, rgbxAt } from './pixels';

/** Width and height of a tile; those at the right and at the bottom may be smaller. */
const TILE = 16;
/** What a tile consists of, one bit each. */
const RAW = 1;
const BACKGROUND = 2;
const FOREGROUND = 4;
const SUBRECTS = 8;
const COLORED = 16;

/** Bytes of a pixel: R, G, B, unused. */
const PIXEL = 4;

export class HextileDecoder implements Decoder {
  /** Null between rectangles. */
  #rectangle: { pixels: Uint32Array; tiles: number } | null = null;
  #background = BLACK;
  #foreground = BLACK;

  decodeRect(x: number, y: number, width: number, height: number, sock: Websock, display: Display): boolean {
    if (width === 0 || height === 0) return true;
    const columns = Math.ceil(width / TILE);
    const all = columns * Math.ceil(height / TILE);
    const rectangle = (this.#rectangle ??= { pixels: new Uint32Array(width * height), tiles: 0 });
    // All that is there at once, and no object for a tile: thousands of views a frame cost more than what they show.
    const unread = sock.rQpeekBytes(sock.rQlen(), false);
    const data = new DataView(unread.buffer, unread.byteOffset, unread.byteLength);
    let at = 0;
    for (; rectangle.tiles < all; rectangle.tiles++) {
      const left = (rectangle.tiles % columns) * TILE;
      const top = Math.floor(rectangle.tiles / columns) * TILE;
      const across = Math.min(TILE, width - left);
      const down = Math.min(TILE, height - top);
      const length = lengthOf(data, at, across * down);
      if (length === 0 || at + length > data.byteLength) break;
      this.#readTile(data, at, rectangle.pixels, top * width + left, width, across, down);
      at += length;
    }
    sock.rQskipBytes(at);
    if (rectangle.tiles < all) return false;
    this.#rectangle = null;
    display.blitImage(x, y, width, height, new Uint8Array(rectangle.pixels.buffer), 0);
    return true;
  }

  /** A tile of `across` times `down` pixels that begins at the pixel `to`, in lines of `stride` pixels. */
  #readTile(
    data: DataView,
    from: number,
    pixels: Uint32Array,
    to: number,
    stride: number,
    across: number,
    down: number,
  ): void {
    const kind = data.getUint8(from);
    let at = from + 1;
    if (kind & RAW) {
      for (let line = 0; line < down; line++) {
        const end = to + line * stride + across;
        for (let pixel = end - across; pixel < end; pixel++, at += PIXEL) pixels[pixel] = rgbxAt(data, at);
      }
      return;
    }
    if (kind & BACKGROUND) {
      this.#background = rgbxAt(data, at);
      at += PIXEL;
    }
    if (kind & FOREGROUND) {
      this.#foreground = rgbxAt(data, at);
      at += PIXEL;
    }
    fill(pixels, to, stride, across, down, this.#background);
    if (!(kind & SUBRECTS)) return;
    for (let left = data.getUint8(at++); left > 0; left--) {
      let color = this.#foreground;
      if (kind & COLORED) {
        color = rgbxAt(data, at);
        at += PIXEL;
      }
      const corner = data.getUint8(at++);
      const size = data.getUint8(at++);
      const x = corner >> 4;
      const y = corner & 15;
      // What reaches out of its tile is cut off there.
      const width = Math.min((size >> 4) + 1, across - x);
      const height = Math.min((size & 15) + 1, down - y);
      fill(pixels, to + y * stride + x, stride, width, height, color);
    }
  }
}

/** The number of bytes of the tile at `at`, which has so many pixels; 0 where its head is not there yet. */
function lengthOf(data: DataView, at: number, pixels: number): number {
  if (at >= data.byteLength) return 0;
  const kind = data.getUint8(at);
  if (kind > 30) throw new Error(`Illegal kind of tile in Hextile: ${kind}`);
  if (kind & RAW) return 1 + pixels * PIXEL;
  const head = 1 + (kind & BACKGROUND ? PIXEL : 0) + (kind & FOREGROUND ? PIXEL : 0);
  if (!(kind & SUBRECTS)) return head;
  if (at + head >= data.byteLength) return 0;
  return head + 1 + data.getUint8(at + head) * (kind & COLORED ? PIXEL + 2 : 2);
}

function fill(pixels: Uint32Array, to: number, stride: number, width: number, height: number, color: number): void {
  for (let line = 0; line < height; line++) {
    const end = to + line * stride + width;
    for (let pixel = end - width; pixel < end; pixel++) pixels[pixel] = color;
  }
}
