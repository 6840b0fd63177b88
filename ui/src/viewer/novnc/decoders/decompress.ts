// The worker's work: jobs in, pixels out. Knows nothing of workers.

import { InflateStream } from './inflate';
import type { Job } from './job';
import { fill, lengthOf } from './layout';

/** The zlib streams of one session. */
export class Decompressor {
  readonly #streams = new Map<number, InflateStream>();

  /** The pixels of a rectangle: R, G, B, A. Throws where the data is wrong. One job after the other. */
  async run(job: Job): Promise<ArrayBuffer> {
    for (const [stream, inflating] of this.#streams) {
      if (!((job.resets >> stream) & 1)) continue;
      inflating.end();
      this.#streams.delete(stream);
    }
    let stream = this.#streams.get(job.stream);
    if (!stream) this.#streams.set(job.stream, (stream = new InflateStream()));
    const { layout, width, height } = job;
    const length = lengthOf(layout, width, height);
    const pixels = new Uint32Array(job.reuse ?? new ArrayBuffer(width * height * 4));
    await stream.inflate(job.data, length ?? 0, (bytes) => {
      if (length !== null && bytes.length > length) throw new Error('The compressed data is longer than its rectangle');
      return fill(pixels, bytes, layout, width, height);
    });
    return pixels.buffer;
  }
}
