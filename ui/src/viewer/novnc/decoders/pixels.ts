// From what an encoding carries to the pixels of a canvas: R, G, B, A in memory, which is 0xAABBGGRR in a word of a
// little-endian machine, and all machines that run a web view are little-endian.

const OPAQUE = 0xff000000;
/** As a number of 32 bits with a sign, as all colours here are: WebKit's compiler is slow with numbers beyond them. */
export const BLACK = OPAQUE | 0;

/** Pixels of three bytes: R, G, B. */
export function fromRgb(rgb: Uint8Array, pixels: Uint32Array): void {
  const whole = pixels.length & ~3;
  if (whole > 0) {
    // Three words are four pixels: a third of the time that single bytes take.
    const aligned = rgb.byteOffset % 4 === 0 ? rgb : rgb.slice(0, whole * 3);
    const words = new Uint32Array(aligned.buffer, aligned.byteOffset, (whole / 4) * 3);
    for (let to = 0, from = 0; to < whole; to += 4, from += 3) {
      const a = words[from] as number;
      const b = words[from + 1] as number;
      const c = words[from + 2] as number;
      pixels[to] = a | OPAQUE;
      pixels[to + 1] = (a >>> 24) | (b << 8) | OPAQUE;
      pixels[to + 2] = (b >>> 16) | (c << 16) | OPAQUE;
      pixels[to + 3] = (c >>> 8) | OPAQUE;
    }
  }
  for (let to = whole; to < pixels.length; to++) pixels[to] = rgbAt(rgb, to * 3);
}

/** Pixels of four bytes, of which the last means nothing: R, G, B, unused. */
export function fromRgbx(rgbx: Uint8Array, pixels: Uint32Array): void {
  new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength).set(rgbx);
  makeOpaque(pixels);
}

/** The pixel at four bytes: R, G, B, unused. They may begin anywhere, as bytes of a stream do. */
export function rgbxAt(data: DataView, at: number): number {
  return data.getInt32(at, true) | OPAQUE;
}

/** Makes pixels opaque whose last byte meant nothing. */
export function makeOpaque(pixels: Uint32Array): void {
  for (let at = 0; at < pixels.length; at++) pixels[at] = (pixels[at] as number) | OPAQUE;
}

/**
 * Indices into a palette of R, G, B: a byte each, or for two colours a bit each, where each line of `width` pixels starts
 * with a new byte.
 */
export function fromPalette(data: Uint8Array, palette: Uint8Array, width: number, pixels: Uint32Array): void {
  const colors = new Uint32Array(256);
  for (let at = 0; at < palette.length / 3; at++) colors[at] = rgbAt(palette, at * 3);
  if (palette.length > 6) {
    for (let at = 0; at < pixels.length; at++) pixels[at] = colors[data[at] as number] as number;
    return;
  }
  const lineLength = (width + 7) >> 3;
  for (let line = 0, to = 0; to < pixels.length; line += lineLength) {
    for (let x = 0; x < width; x++, to++) {
      pixels[to] = colors[((data[line + (x >> 3)] as number) >> (7 - (x & 7))) & 1] as number;
    }
  }
}

/** Differences to what the pixels above and to the left predict (Tight's gradient filter): R, G, B. */
export function fromGradient(rgb: Uint8Array, width: number, pixels: Uint32Array): void {
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const above = width * 4;
  for (let from = 0, to = 0, x = 0; to < bytes.length; to += 4, x = x + 1 < width ? x + 1 : 0) {
    for (let color = 0; color < 3; color++, from++) {
      const at = to + color;
      const left = x > 0 ? (bytes[at - 4] as number) : 0;
      const up = at >= above ? (bytes[at - above] as number) : 0;
      const corner = x > 0 && at >= above ? (bytes[at - above - 4] as number) : 0;
      bytes[at] = (rgb[from] as number) + Math.min(255, Math.max(0, left + up - corner));
    }
    bytes[to + 3] = 255;
  }
}

/** The pixel at a byte of R, G, B. */
export function rgbAt(rgb: Uint8Array, at: number): number {
  return (rgb[at] as number) | ((rgb[at + 1] as number) << 8) | ((rgb[at + 2] as number) << 16) | OPAQUE;
}
