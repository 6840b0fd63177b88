// For the tests: the real noVNC with our changes, on a socket and a canvas that are not there.

import { vi } from 'vitest';
import { loadNovnc } from '.';
import type { Internals } from './internals';

/** A WebSocket that is open. */
export class Channel extends EventTarget {
  binaryType = 'arraybuffer';
  protocol = 'binary';
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: ArrayBuffer }) => void) | null = null;
  onerror: (() => void) | null = null;
  onclose: (() => void) | null = null;
  /** What noVNC has sent. */
  sent: number[] = [];

  send(bytes: Uint8Array): void {
    this.sent.push(...bytes);
  }
  close(): void {
    this.readyState = 3;
  }
}

export interface Connected {
  rfb: InstanceType<Awaited<ReturnType<typeof loadNovnc>>> & Internals;
  /** The server says this. Throws what noVNC throws. */
  say(bytes: ArrayLike<number>): void;
  sent(): number[];
  /** Why noVNC ended the session; empty while it goes on. */
  errors: string[];
}

/** Canvases that take everything, and tell `drawn`; `keeps` says whether one of a size keeps pixels. */
export function stubCanvas(drawn: string[], keeps: (width: number, height: number) => boolean = () => true): void {
  vi.stubGlobal(
    'ImageData',
    class {
      readonly data: Uint8ClampedArray;

      constructor(from: Uint8ClampedArray | number, width: number, height = width) {
        this.data = typeof from === 'number' ? new Uint8ClampedArray(width * height * 4) : from;
      }
    },
  );
  vi.spyOn(HTMLCanvasElement.prototype, 'toDataURL').mockReturnValue('data:,');
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(function (this: HTMLCanvasElement) {
    let pixel = Uint8ClampedArray.from([0, 0, 0, 0]);
    const methods: Record<string, unknown> = {
      getImageData: () => new ImageData(pixel, 1, 1),
      putImageData: ({ data }: ImageData) => {
        drawn.push('putImageData');
        if (keeps(this.width, this.height)) pixel = Uint8ClampedArray.from(data.slice(0, 4));
      },
    };
    return new Proxy(methods, {
      get: (known, name) => known[String(name)] ?? (() => drawn.push(String(name))),
      set: () => true,
    }) as unknown as RenderingContext & null;
  });
}

// noVNC binds the console's functions when it is first loaded.
const errors: string[] = [];

/** noVNC behind the handshake, with a screen of this size. */
export async function connect(
  size: [number, number] = [64, 48],
  keeps: (width: number, height: number) => boolean = () => true,
  unmodified = false,
): Promise<Connected> {
  stubCanvas([], keeps);
  errors.length = 0;
  vi.stubGlobal('isSecureContext', true);
  for (const kind of ['error', 'warn'] as const) vi.spyOn(console, kind).mockImplementation(() => {});
  const Novnc = unmodified ? (await import('@novnc/novnc')).default : await loadNovnc((words) => errors.push(words));
  const channel = new Channel();
  const target = document.createElement('div');
  document.body.append(target);
  const rfb = new Novnc(target, channel as unknown as WebSocket, { shared: true }) as unknown as Connected['rfb'];
  const say = (bytes: ArrayLike<number>) => channel.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  say(text('RFB 003.008\n'));
  say([1, 1]);
  say([0, 0, 0, 0]);
  const init = [...word(size[0]), ...word(size[1]), 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
  say([...init, 0, 0, 0, 0]);
  channel.sent = [];
  return { rfb, say, sent: () => channel.sent, errors };
}

export const text = (letters: string): number[] => [...new TextEncoder().encode(letters)];
export const word = (number: number): number[] => [(number >> 8) & 255, number & 255];
export const long = (number: number): number[] => [
  ...word(Math.floor(number / 65536) & 65535),
  ...word(number & 65535),
];
