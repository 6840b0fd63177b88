// Decoders in place of noVNC's own where those are what a session waits for.

import type { Internals } from '../internals';
import { Decompression } from './compressed';
import { HextileDecoder } from './hextile';
import { STREAMS } from './job';
import { decodePictures } from './pictures';
import { drawDecoded, readAhead } from './queue';
import { RawDecoder } from './raw';
import { TightDecoder } from './tight';
import { ZlibDecoder } from './zlib';

/** Numbers of encodings (RFC 6143 7.7, rfbproto 7.7). */
const RAW = 0;
const HEXTILE = 5;
const ZLIB = 6;
const TIGHT = 7;
const ZRLE = 16;

/** The zlib streams of a session that began in the middle, or is to be played from its middle. */
export type Streams = Pick<Decompression, 'windows' | 'begin'>;

/** Replaces the decoders of one session. Without a worker noVNC's own decompress, whose streams cannot be looked into. */
export function replaceDecoders(rfb: Internals, worker: Worker | null): { streams: Streams | null; end: () => void } {
  const fail = (detail: string) => void rfb._fail(detail);
  const decoders = rfb._decoders;
  if (decoders[RAW]) decoders[RAW] = new RawDecoder(decoders[RAW]);
  decoders[HEXTILE] = new HextileDecoder();
  drawDecoded(rfb._display);
  readAhead(rfb._display);
  decodePictures(rfb._display, fail);
  if (!worker) return { streams: null, end: () => {} };
  const decompression = new Decompression(worker, fail);
  decoders[ZLIB] = new ZlibDecoder(decompression, STREAMS.zlib, { kind: 'rgbx' });
  decoders[TIGHT] = new TightDecoder(decompression);
  decoders[ZRLE] = new ZlibDecoder(decompression, STREAMS.zrle, { kind: 'tiles' });
  return { streams: decompression, end: () => decompression.end() };
}

export { STREAM_COUNT, type Windows } from './job';
export { waitWithin } from './queue';
export { startWorker } from './start';
