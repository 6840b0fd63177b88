// What the page and the worker that decompresses for it say to each other.

import type { Layout } from './layout';

/** The zlib streams of a session: Tight's four, and one each for ZRLE and Zlib. A stream goes on across rectangles. */
export const STREAMS = { tight: [0, 1, 2, 3], zrle: 4, zlib: 5 } as const;

/** A rectangle to decompress. */
export interface Job {
  stream: number;
  /** Streams that begin anew before this rectangle, one bit each. */
  resets: number;
  /** The next bytes of the stream, all of this rectangle. */
  data: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
  layout: Layout;
  /** Memory for the pixels, used before, if there is any of this size. */
  reuse: ArrayBuffer | null;
}

/** How many zlib streams there are. */
export const STREAM_COUNT = 6;

/** The last bytes that came out of each stream, at most 32 KiB: what follows may refer to them. Empty where it begins anew. */
export type Windows = Uint8Array<ArrayBuffer>[];

/** What the page wants of the worker: rectangles decompressed, the windows as they are then, or streams that go on after some. */
export type Request = Job[] | 'windows' | { windows: Windows };

/** The pixels of one job after the other, the windows, or why a rectangle could not be decompressed. */
export type Reply = { pixels: ArrayBuffer[] } | { windows: Windows } | { failed: string };
