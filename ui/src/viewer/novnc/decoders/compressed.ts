// The page's end of the worker that decompresses.

import type { Display } from '../internals';
import type { Job, Reply, Request, Windows } from './job';
import type { Layout } from './layout';
import { enqueue, type Place } from './queue';

/** Pieces of memory that are kept for the next pixels, at most. */
const MAX_SPARE = 64;
/** Smaller ones are not: getting new ones costs little. */
const MIN_SPARE_BYTES = 64 * 1024;

/** Sends rectangles to a worker, and draws what comes back. */
export class Decompression {
  readonly #worker: Worker;
  readonly #fail: (detail: string) => void;
  #batch: Job[] = [];
  #resets = 0;
  /** Those who wait for pixels, in the order of their jobs. */
  #waiting: ((pixels: ArrayBuffer) => void)[] = [];
  /** Those who wait for the streams' windows. */
  #asking: ((windows: Windows) => void)[] = [];
  /** Memory of pixels that have been drawn. */
  readonly #spare: ArrayBuffer[] = [];

  constructor(worker: Worker, fail: (detail: string) => void) {
    this.#worker = worker;
    this.#fail = fail;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#receive(data);
    worker.onerror = ({ message }) => fail(message || 'The decompression has stopped');
  }

  /** Begins a stream anew with the next rectangle. */
  reset(stream: number): void {
    this.#resets |= 1 << stream;
  }

  /** Draws a rectangle whose data is the next piece of a stream. `data` is copied. */
  draw(display: Display, place: Place, stream: number, layout: Layout, data: Uint8Array): void {
    const { width, height } = place;
    const job: Job = {
      stream,
      resets: this.#resets,
      data: data.slice(),
      width,
      height,
      layout,
      reuse: this.#takeSpare(width * height * 4),
    };
    this.#resets = 0;
    // All rectangles of one message from the server are one message to the worker.
    if (this.#batch.push(job) === 1) queueMicrotask(() => this.#send());
    // An empty rectangle may still carry data that the stream needs.
    if (width * height === 0) this.#waiting.push(() => {});
    else {
      const pixels = new Promise<ArrayBuffer>((resolve) => this.#waiting.push(resolve));
      enqueue(
        display,
        place,
        pixels.then((buffer) => ({
          draw: ({ x, y }) => display.blitImage(x, y, width, height, new Uint8Array(buffer), 0, true),
          release: () => this.#keepSpare(buffer),
        })),
      );
    }
  }

  /** The streams' windows as they are behind all rectangles that were given to {@link draw}. */
  windows(): Promise<Windows> {
    this.#send();
    // A stream that begins anew with the next rectangle has nothing behind it.
    const resets = this.#resets;
    return new Promise((resolve) => {
      this.#asking.push((windows) =>
        resolve(windows.map((window, stream) => ((resets >> stream) & 1 ? new Uint8Array(0) : window)) as Windows),
      );
      this.#post('windows', []);
    });
  }

  /** Begins the streams in the middle: behind these windows. Before the first rectangle. */
  begin(windows: Windows): void {
    this.#post({ windows }, []);
  }

  end(): void {
    this.#worker.terminate();
  }

  #send(): void {
    const jobs = this.#batch;
    if (jobs.length === 0) return;
    this.#batch = [];
    const memory = jobs.flatMap(({ data, reuse }) => (reuse ? [data.buffer, reuse] : [data.buffer]));
    this.#post(jobs, memory);
  }

  #post(request: Request, memory: Transferable[]): void {
    this.#worker.postMessage(request, memory);
  }

  #receive(reply: Reply): void {
    if ('failed' in reply) {
      this.#fail(reply.failed);
      return;
    }
    if ('windows' in reply) {
      this.#asking.shift()?.(reply.windows);
      return;
    }
    for (const buffer of reply.pixels) this.#waiting.shift()?.(buffer);
  }

  #keepSpare(buffer: ArrayBuffer): void {
    if (buffer.byteLength < MIN_SPARE_BYTES) return;
    // The oldest may be of a size that is not needed any more.
    if (this.#spare.length === MAX_SPARE) this.#spare.shift();
    this.#spare.push(buffer);
  }

  /** Memory of this size, so that the system need not clear it anew for each rectangle. */
  #takeSpare(bytes: number): ArrayBuffer | null {
    const at = this.#spare.findLastIndex(({ byteLength }) => byteLength === bytes);
    return at < 0 ? null : (this.#spare.splice(at, 1)[0] ?? null);
  }
}
