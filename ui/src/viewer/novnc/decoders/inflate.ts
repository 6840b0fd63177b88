// A zlib stream that is inflated piece by piece by the web view itself, twice as fast as in JavaScript.

/** For the last bytes of a piece to come out. */
const LAST_BYTES_MS = 1_000;
/** Bytes that the web view inflates at once, at most: it gives all that comes of them in one piece, up to a thousand times as many. */
const SLICE = 128 * 1024;

/** How many bytes come of a piece. */
export interface Bounds {
  atLeast: number;
  atMost: number;
}

/** One stream (RFC 1950). Each piece ends with a flush, as RFB wants it: all that it carries can be read after it. */
export class InflateStream {
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #failed = false;
  #wake: (() => void) | null = null;

  constructor() {
    const { readable, writable } = new DecompressionStream('deflate');
    this.#writer = writable.getWriter();
    this.#reader = readable.getReader();
    void this.#read();
  }

  /**
   * Inflates a piece that becomes so many bytes, and gives all bytes that are there to `take`, again with more while that
   * returns false. Throws where the data is wrong, ends too early, or goes on beyond that.
   */
  async inflate(
    piece: Uint8Array<ArrayBuffer>,
    { atLeast, atMost }: Bounds,
    take: (bytes: Uint8Array) => boolean,
  ): Promise<void> {
    /** The last slice is being written; all are. */
    let [last, written] = [false, false];
    const write = async () => {
      for (let at = 0; !last && this.#length <= atMost; at += SLICE) {
        last = at + SLICE >= piece.length;
        await this.#writer.write(piece.subarray(at, at + SLICE));
      }
      written = true;
      this.#wake?.();
    };
    const writing = write().catch(() => this.#fail());
    let seen = -1;
    for (;;) {
      if (this.#failed) throw new Error('The compressed data is broken');
      if (this.#length > atMost) throw new Error('The compressed data is longer than its rectangle');
      if (last && this.#length >= atLeast && this.#length > seen) {
        seen = this.#length;
        if (!take(this.#joined())) continue;
        this.#chunks = [];
        this.#length = 0;
        // There may be an end of it that brings no bytes, and belongs before the next piece.
        if (piece.length > SLICE) await writing;
        return;
      }
      if (written && (await this.#nothingMore())) throw new Error('The compressed data ends too early');
      if (!written) await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
  }

  /** Frees what the stream holds. */
  end(): void {
    this.#writer.abort().catch(() => {});
  }

  /** Whether nothing comes out any more. Where a web view inflates in a thread of its own, the writer is done before it. */
  #nothingMore(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), LAST_BYTES_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        if (done) return;
        this.#chunks.push(value);
        this.#length += value.length;
        this.#wake?.();
      }
    } catch {
      this.#fail();
    }
  }

  #fail(): void {
    this.#failed = true;
    this.#wake?.();
  }

  #joined(): Uint8Array {
    const [first] = this.#chunks;
    if (this.#chunks.length === 1 && first) return first;
    const joined = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [joined];
    return joined;
  }
}
