// The page's end of the worker that decompresses.

import type { Display } from '../internals';
import type { Job, Reply } from './job';
import type { Layout } from './layout';
import { enqueue, type Place } from './queue';

/** Smaller pieces of memory are not kept for the next pixels: getting new ones costs little. */
const MIN_REUSED = 64 * 1024;

/** Sends rectangles to a worker, and draws what comes back. */
export class Decompression {
  readonly #worker: Worker;
  readonly #fail: (detail: string) => void;
  #batch: Job[] = [];
  #resets = 0;
  /** Those who wait for pixels, in the order of their jobs. */
  #waiting: ((pixels: Uint8Array) => void)[] = [];
  /** Memory of pixels that were drawn, and of those that will be. */
  #spare: ArrayBuffer[] = [];
  #inUse: ArrayBuffer[] = [];

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
      reuse: this.#takeSpare(display, width * height * 4),
    };
    this.#resets = 0;
    // All rectangles of one message from the server are one message to the worker.
    if (this.#batch.push(job) === 1) queueMicrotask(() => this.#send());
    // An empty rectangle may still carry data that the stream needs.
    if (width * height === 0) this.#waiting.push(() => {});
    else enqueue(display, place, new Promise((resolve) => this.#waiting.push(resolve)));
  }

  end(): void {
    this.#worker.terminate();
  }

  #send(): void {
    const jobs = this.#batch;
    this.#batch = [];
    const memory = jobs.flatMap(({ data, reuse }) => (reuse ? [data.buffer, reuse] : [data.buffer]));
    this.#worker.postMessage(jobs, memory);
  }

  #receive(reply: Reply): void {
    if ('failed' in reply) {
      this.#fail(reply.failed);
      return;
    }
    for (const buffer of reply.pixels) {
      this.#waiting.shift()?.(new Uint8Array(buffer));
      if (buffer.byteLength >= MIN_REUSED) this.#inUse.push(buffer);
    }
  }

  /** Memory of this size, so that the system need not clear it anew for each rectangle. */
  #takeSpare(display: Display, bytes: number): ArrayBuffer | null {
    // Nothing is queued, so all has been drawn. What was not needed since then goes.
    if (!display.pending() && this.#inUse.length > 0) {
      this.#spare = this.#inUse;
      this.#inUse = [];
    }
    return this.#spare.at(-1)?.byteLength === bytes ? (this.#spare.pop() ?? null) : null;
  }
}
