// Hextile (RFC 6143 7.7.4): noVNC draws each of its tiles by itself, and there are 8,160 of them in a full screen of
// 1920x1080.

import type { Decoder, Display, Websock } from '../internals';
import { fromRgbx } from './pixels';

/** Width and height of a tile; those at the right and at the bottom may be smaller. */
const TILE = 16;
/** What a tile consists of, one bit each. */
const RAW = 1;
const BACKGROUND = 2;
const FOREGROUND = 4;
const SUBRECTS = 8;
const COLORED = 16;

export class HextileDecoder implements Decoder {
  /** Null between rectangles. */
  #rectangle: { pixels: Uint32Array; tiles: number } | null = null;
  #background = 0xff000000;
  #foreground = 0xff000000;
  readonly #color = new Uint32Array(1);

  decodeRect(x: number, y: number, width: number, height: number, sock: Websock, display: Display): boolean {
    if (width === 0 || height === 0) return true;
    const columns = Math.ceil(width / TILE);
    const rectangle = (this.#rectangle ??= { pixels: new Uint32Array(width * height), tiles: 0 });
    for (const all = columns * Math.ceil(height / TILE); rectangle.tiles < all; rectangle.tiles++) {
      const left = (rectangle.tiles % columns) * TILE;
      const top = Math.floor(rectangle.tiles / columns) * TILE;
      const tile = {
        at: top * width + left,
        stride: width,
        width: Math.min(TILE, width - left),
        height: Math.min(TILE, height - top),
      };
      const length = lengthOf(tile, sock);
      if (length === null || sock.rQwait('Hextile', length)) return false;
      this.#readTile(sock.rQshiftBytes(length, false), tile, rectangle.pixels);
    }
    this.#rectangle = null;
    display.blitImage(x, y, width, height, new Uint8Array(rectangle.pixels.buffer), 0);
    return true;
  }

  #readTile(data: Uint8Array, tile: Tile, pixels: Uint32Array): void {
    const kind = data[0] as number;
    let at = 1;
    if (kind & RAW) {
      const raw = new Uint32Array(tile.width * tile.height);
      fromRgbx(data.subarray(1), raw);
      for (let line = 0; line < tile.height; line++) {
        pixels.set(raw.subarray(line * tile.width, (line + 1) * tile.width), tile.at + line * tile.stride);
      }
      return;
    }
    if (kind & BACKGROUND) {
      this.#background = this.#colorAt(data, at);
      at += 4;
    }
    if (kind & FOREGROUND) {
      this.#foreground = this.#colorAt(data, at);
      at += 4;
    }
    fillTile(pixels, tile, 0, 0, tile.width, tile.height, this.#background);
    if (!(kind & SUBRECTS)) return;
    for (let left = data[at++] as number; left > 0; left--) {
      let color = this.#foreground;
      if (kind & COLORED) {
        color = this.#colorAt(data, at);
        at += 4;
      }
      const corner = data[at++] as number;
      const size = data[at++] as number;
      fillTile(pixels, tile, corner >> 4, corner & 15, (size >> 4) + 1, (size & 15) + 1, color);
    }
  }

  #colorAt(data: Uint8Array, at: number): number {
    fromRgbx(data.subarray(at, at + 4), this.#color);
    return this.#color[0] as number;
  }
}

/** Where a tile lies in its rectangle's pixels. */
interface Tile {
  at: number;
  stride: number;
  width: number;
  height: number;
}

/** The number of bytes of the next tile; null where its head is not there yet. */
function lengthOf(tile: Tile, sock: Websock): number | null {
  if (sock.rQwait('Hextile', 1)) return null;
  const kind = sock.rQpeek8();
  if (kind > 30) throw new Error(`Illegal kind of tile in Hextile: ${kind}`);
  if (kind & RAW) return 1 + tile.width * tile.height * 4;
  const head = 1 + (kind & BACKGROUND ? 4 : 0) + (kind & FOREGROUND ? 4 : 0);
  if (!(kind & SUBRECTS)) return head;
  if (sock.rQwait('Hextile', head + 1)) return null;
  return head + 1 + (sock.rQpeekBytes(head + 1, false)[head] as number) * (kind & COLORED ? 6 : 2);
}

/** Fills a part of a tile, and nothing outside of it. */
function fillTile(
  pixels: Uint32Array,
  tile: Tile,
  x: number,
  y: number,
  width: number,
  height: number,
  color: number,
): void {
  const right = Math.min(x + width, tile.width);
  const bottom = Math.min(y + height, tile.height);
  for (let line = y; line < bottom; line++) {
    const start = tile.at + line * tile.stride;
    for (let column = x; column < right; column++) pixels[start + column] = color;
  }
}
