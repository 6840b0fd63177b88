// The worker's work: jobs in, pixels out. Knows nothing of workers.

import { InflateStream } from './inflate';
import { STREAM_COUNT, type Job, type Windows } from './job';
import { boundsOf, fill } from './layout';
import { stored, Tail } from './tail';

/** The zlib streams of one session. */
export class Decompressor {
  readonly #streams = new Map<number, InflateStream>();
  readonly #tails = new Map<number, Tail>();

  /** The pixels of a rectangle: R, G, B, A. Throws where the data is wrong. One job after the other. */
  async run(job: Job): Promise<ArrayBuffer> {
    for (const [stream, inflating] of this.#streams) {
      if (!((job.resets >> stream) & 1)) continue;
      inflating.end();
      this.#streams.delete(stream);
      this.#tails.delete(stream);
    }
    let stream = this.#streams.get(job.stream);
    if (!stream) this.#streams.set(job.stream, (stream = new InflateStream()));
    let tail = this.#tails.get(job.stream);
    if (!tail) this.#tails.set(job.stream, (tail = new Tail()));
    const { layout, width, height } = job;
    const pixels = new Uint32Array(job.reuse ?? new ArrayBuffer(width * height * 4));
    await stream.inflate(job.data, boundsOf(layout, width, height), (bytes) => {
      if (!fill(pixels, bytes, layout, width, height)) return false;
      tail.push(bytes);
      return true;
    });
    return pixels.buffer;
  }

  /** After the last job. */
  windows(): Windows {
    return Array.from({ length: STREAM_COUNT }, (_, stream) => this.#tails.get(stream)?.bytes() ?? new Uint8Array(0));
  }

  /** Begins streams in the middle: behind these windows. Before the first job. */
  async begin(windows: Windows): Promise<void> {
    for (const [number, window] of windows.entries()) {
      if (window.length === 0) continue;
      const [stream, tail] = [new InflateStream(), new Tail()];
      this.#streams.set(number, stream);
      this.#tails.set(number, tail);
      tail.push(window);
      await stream.inflate(stored(window), { atLeast: window.length, atMost: window.length }, () => true);
    }
  }
}
