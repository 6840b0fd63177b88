// ZRLE's tiles, once they are inflated (RFC 6143, 7.7.6: https://www.rfc-editor.org/rfc/rfc6143#section-7.7.6).

import { fromRgb, rgbAt } from './pixels';

/** Width and height of a tile; those at the right and at the bottom may be smaller. */
const TILE = 64;

/** Bytes before a tile's pixels, at most: its kind, and a palette. */
const HEAD = 1 + 127 * 3;

/** The bytes of a rectangle, at most: where each pixel is a run of its own, a colour and a length. */
export function mostOfTiles(width: number, height: number): number {
  return Math.ceil(width / TILE) * Math.ceil(height / TILE) * HEAD + width * height * 4;
}

/** Fills in the pixels of a rectangle; false where `data` ends before the last tile does. */
export function fromTiles(data: Uint8Array, width: number, height: number, pixels: Uint32Array): boolean {
  const reader = { data, at: 0 };
  const tile = new Uint32Array(TILE * TILE);
  for (let y = 0; y < height; y += TILE) {
    const lines = Math.min(TILE, height - y);
    for (let x = 0; x < width; x += TILE) {
      const columns = Math.min(TILE, width - x);
      const part = tile.subarray(0, columns * lines);
      if (!readTile(reader, columns, part)) return false;
      for (let line = 0; line < lines; line++) {
        pixels.set(part.subarray(line * columns, (line + 1) * columns), (y + line) * width + x);
      }
    }
  }
  return true;
}

interface Reader {
  readonly data: Uint8Array;
  at: number;
}

function readTile(reader: Reader, width: number, pixels: Uint32Array): boolean {
  const { data } = reader;
  if (reader.at >= data.length) return false;
  const kind = data[reader.at++] as number;
  if (kind === 0) return readRaw(reader, pixels);
  if (kind === 128) return readRuns(reader, pixels);
  if ((kind > 16 && kind < 128) || kind === 129) throw new Error(`Unknown kind of tile in ZRLE: ${kind}`);

  const palette = new Uint32Array(kind & 127);
  if (!readRaw(reader, palette)) return false;
  if (kind === 1) pixels.fill(palette[0] as number);
  else if (kind < 128) return readPacked(reader, palette, width, pixels);
  else return readPaletteRuns(reader, palette, pixels);
  return true;
}

function readRaw(reader: Reader, pixels: Uint32Array): boolean {
  const end = reader.at + pixels.length * 3;
  if (end > reader.data.length) return false;
  fromRgb(reader.data.subarray(reader.at, end), pixels);
  reader.at = end;
  return true;
}

/** Indices of 1, 2 or 4 bits; each line starts with a new byte. */
function readPacked(reader: Reader, palette: Uint32Array, width: number, pixels: Uint32Array): boolean {
  const bits = palette.length === 2 ? 1 : palette.length <= 4 ? 2 : 4;
  const lineLength = (width * bits + 7) >> 3;
  const end = reader.at + (pixels.length / width) * lineLength;
  if (end > reader.data.length) return false;
  for (let to = 0; to < pixels.length; reader.at += lineLength) {
    for (let x = 0; x < width; x++, to++) {
      const byte = reader.data[reader.at + ((x * bits) >> 3)] as number;
      pixels[to] = color(palette, (byte >> (8 - bits - ((x * bits) & 7))) & ((1 << bits) - 1));
    }
  }
  return true;
}

function readRuns(reader: Reader, pixels: Uint32Array): boolean {
  for (let to = 0; to < pixels.length;) {
    if (reader.at + 3 > reader.data.length) return false;
    const pixel = rgbAt(reader.data, reader.at);
    reader.at += 3;
    const length = readLength(reader);
    if (length === null) return false;
    to = fillRun(pixels, to, length, pixel);
  }
  return true;
}

function readPaletteRuns(reader: Reader, palette: Uint32Array, pixels: Uint32Array): boolean {
  for (let to = 0; to < pixels.length;) {
    if (reader.at >= reader.data.length) return false;
    const byte = reader.data[reader.at++] as number;
    const length = byte & 128 ? readLength(reader) : 1;
    if (length === null) return false;
    to = fillRun(pixels, to, length, color(palette, byte & 127));
  }
  return true;
}

/** One more than the sum of all bytes up to the first that is not 255. */
function readLength(reader: Reader): number | null {
  let length = 1;
  for (;;) {
    if (reader.at >= reader.data.length) return null;
    const byte = reader.data[reader.at++] as number;
    length += byte;
    if (byte !== 255) return length;
  }
}

function fillRun(pixels: Uint32Array, from: number, length: number, pixel: number): number {
  const to = from + length;
  if (to > pixels.length) throw new Error('A run in ZRLE is longer than its tile');
  pixels.fill(pixel, from, to);
  return to;
}

function color(palette: Uint32Array, index: number): number {
  const pixel = palette[index];
  if (pixel === undefined) throw new Error('A colour in ZRLE is not in its palette');
  return pixel;
}
