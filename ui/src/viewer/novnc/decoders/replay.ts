// For the tests: plays a recording into decoders, and gives the framebuffer that comes of it.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Decoder, Display, FrameEntry, VideoFrameLike, Websock } from '../internals';
import { Decompressor } from './decompress';
import type { Reply, Request } from './job';

const core = dirname(createRequire(import.meta.url).resolve('@novnc/novnc'));

/** A file of noVNC's own. */
export const ofNovnc = (file: string) => import(/* @vite-ignore */ join(core, file));

export interface Recording {
  width: number;
  height: number;
  bytes: Uint8Array;
}

export function recording(name: string): Recording {
  const bytes = gunzipSync(readFileSync(join(import.meta.dirname, 'recordings', `${name}.bin.gz`)));
  return { width: bytes.readUInt16BE(0), height: bytes.readUInt16BE(2), bytes: Uint8Array.from(bytes.subarray(4)) };
}

/** noVNC's Display with an array in place of its canvas. */
export class Framebuffer implements Display {
  readonly pixels: Uint32Array;
  readonly pictures: string[] = [];
  /** Calls that reached the canvas. */
  draws = 0;
  readonly _renderQ: (
    | FrameEntry
    | { type: 'blit'; x: number; y: number; width: number; height: number; data: Uint8Array }
    | { type: 'copy'; fromX: number; fromY: number; x: number; y: number; width: number; height: number }
  )[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint32Array(width * height);
  }

  fillRect(x: number, y: number, width: number, height: number, [r, g, b]: ArrayLike<number> & Iterable<number>): void {
    const pixels = new Uint32Array(width * height).fill(0xff000000 | ((b ?? 0) << 16) | ((g ?? 0) << 8) | (r ?? 0));
    this.blitImage(x, y, width, height, new Uint8Array(pixels.buffer), 0);
  }

  blitImage(
    x: number,
    y: number,
    width: number,
    height: number,
    pixels: Uint8Array,
    offset: number,
    fromQueue = false,
  ): void {
    const data = pixels.slice(offset, offset + width * height * 4);
    if (this._renderQ.length > 0 && !fromQueue) this._renderQ.push({ x, y, width, height, type: 'blit', data });
    else this.#draw(x, y, width, height, data);
  }

  copyImage(fromX: number, fromY: number, x: number, y: number, width: number, height: number): void {
    if (this._renderQ.length > 0) this._renderQ.push({ type: 'copy', fromX, fromY, x, y, width, height });
    else this.#copy(fromX, fromY, x, y, width, height);
  }

  #copy(fromX: number, fromY: number, x: number, y: number, width: number, height: number): void {
    const part: number[] = [];
    for (let line = 0; line < height; line++) {
      const start = (fromY + line) * this.width + fromX;
      part.push(...this.pixels.subarray(start, start + width));
    }
    this.#draw(x, y, width, height, new Uint8Array(Uint32Array.from(part).buffer));
  }

  imageRect(x: number, y: number, width: number, height: number, mime: string, bytes: Uint8Array): void {
    this.pictures.push(`${x},${y} ${width}x${height} ${mime} ${Buffer.from(bytes).toString('base64')}`);
  }

  drawImage(image: CanvasImageSource | VideoFrameLike): void {
    throw new Error(`nothing that draws ${String(image)}`);
  }

  pending(): boolean {
    return this._renderQ.length > 0;
  }

  flush(): Promise<void> {
    return this.drawAll();
  }

  /** Draws what is queued. */
  async drawAll(): Promise<void> {
    for (let entry = this._renderQ[0]; entry; entry = this._renderQ[0]) {
      if (entry.type === 'blit') this.#draw(entry.x, entry.y, entry.width, entry.height, entry.data);
      else if (entry.type === 'copy') {
        this.#copy(entry.fromX, entry.fromY, entry.x, entry.y, entry.width, entry.height);
      } else {
        await entry.frame.promise;
        const { frame } = entry.frame;
        if (!frame) throw new Error('nothing to draw');
        this.drawImage(frame);
        frame.close();
      }
      this._renderQ.shift();
    }
  }

  _scanRenderQ(): void {}

  _renderQPush(entry: FrameEntry): void {
    this._renderQ.push(entry);
  }

  #draw(x: number, y: number, width: number, height: number, data: Uint8Array): void {
    this.draws++;
    const pixels = new Uint32Array(data.buffer, data.byteOffset, width * height);
    for (let line = 0; line < height; line++) {
      this.pixels.set(pixels.subarray(line * width, (line + 1) * width), (y + line) * this.width + x);
    }
  }
}

/** The worker's part, in this thread. */
export class WorkerHere {
  onmessage: ((event: MessageEvent<Reply>) => void) | null = null;
  onerror = null;
  /** Messages in both directions. */
  messages = 0;
  readonly #decompressor = new Decompressor();
  #done = Promise.resolve();

  postMessage(request: Request, transfer: Transferable[]): void {
    const received = structuredClone(request, { transfer });
    this.messages++;
    this.#done = this.#done.then(async () => {
      try {
        if (received === 'windows') return this.#reply({ windows: this.#decompressor.windows() });
        if ('windows' in received) return await this.#decompressor.begin(received.windows);
        const pixels: ArrayBuffer[] = [];
        for (const job of received) pixels.push(await this.#decompressor.run(job));
        this.#reply({ pixels });
      } catch (caught) {
        this.#reply({ failed: caught instanceof Error ? caught.message : String(caught) });
      }
    });
  }

  terminate(): void {}

  #reply(data: Reply): void {
    this.messages++;
    this.onmessage?.({ data } as MessageEvent<Reply>);
  }
}

/**
 * Reads the updates of a recording as noVNC does, in pieces of `size` bytes, and draws everything. Returns where the updates begin,
 * as far as all of it is one piece.
 */
export async function replay(
  { bytes }: Recording,
  decoders: Record<number, Decoder>,
  display: Framebuffer,
  size: number,
): Promise<number[]> {
  const { default: Socket } = await ofNovnc('websock.js');
  const sock = new Socket();
  sock._allocateBuffers();
  const left: number[] = [];
  const reader = readUpdates(sock, decoders, display, left);
  for (let at = 0; at < bytes.length; at += size) {
    sock._recvMessage({ data: bytes.slice(at, at + size).buffer });
    for (let step = reader.next(); step.value; step = reader.next()) await step.value;
  }
  await display.drawAll();
  if (sock.rQlen() > 0) throw new Error(`${sock.rQlen()} bytes were not read`);
  return left.map((left) => bytes.length - left);
}

/** Yields null where bytes are missing, and a promise where everything queued must be drawn first. */
function* readUpdates(
  sock: Websock & { rQshift16(): number },
  decoders: Record<number, Decoder>,
  display: Framebuffer,
  left: number[],
): Generator<Promise<void> | null, never> {
  for (;;) {
    while (sock.rQwait('update', 4)) yield null;
    if (display.pending()) yield display.drawAll();
    left.push(sock.rQlen());
    sock.rQskipBytes(2);
    for (let rectangles = sock.rQshift16(); rectangles > 0; rectangles--) {
      while (sock.rQwait('rectangle', 12)) yield null;
      const [x, y, width, height] = [sock.rQshift16(), sock.rQshift16(), sock.rQshift16(), sock.rQshift16()];
      const encoding = sock.rQshift32() | 0;
      const decoder = decoders[encoding];
      if (!decoder) throw new Error(`a recording has encoding ${encoding}`);
      while (!decoder.decodeRect(x, y, width, height, sock, display, 24)) yield null;
    }
  }
}
