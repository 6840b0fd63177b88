// The last bytes of a zlib stream: all that one who begins in its middle needs of what was before. Servers end each piece with a
// flush, so that the next one begins with a new block (RFC 1951).

/** How far back a zlib stream can refer. */
export const WINDOW = 32 * 1024;

/** Keeps the last {@link WINDOW} bytes. */
export class Tail {
  // Twice as much: small pieces are moved together only now and then.
  #buffer = new Uint8Array(0);
  #length = 0;

  push(bytes: Uint8Array): void {
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(2 * WINDOW);
    const piece = bytes.length > WINDOW ? bytes.subarray(bytes.length - WINDOW) : bytes;
    if (this.#length + piece.length > this.#buffer.length) {
      const kept = Math.max(0, WINDOW - piece.length);
      this.#buffer.copyWithin(0, this.#length - kept, this.#length);
      this.#length = kept;
    }
    this.#buffer.set(piece, this.#length);
    this.#length += piece.length;
  }

  /** A copy. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(Math.max(0, this.#length - WINDOW), this.#length);
  }
}

/** The beginning of a zlib stream (RFC 1950) that out of which these bytes come, up to 32 KiB: a header, and one stored block. */
export function stored(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  const begun = new Uint8Array(7 + length);
  begun.set([0x78, 0x01, 0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255]);
  begun.set(bytes, 7);
  return begun;
}
