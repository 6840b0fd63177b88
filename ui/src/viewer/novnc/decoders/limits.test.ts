// Few bytes that are to become many: a server that lies gets a sentence, and no memory.

import { deflateSync } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { connect, long, word } from '../real';
import type { FrameEntry } from '../internals';
import { InflateStream } from './inflate';
import { boundsOf, fill, lengthOf } from './layout';
import { pictureSize } from './pictureSize';
import { recording } from './replay';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const rectangle = (encoding: number, [width, height]: [number, number], ...data: number[]): number[] => [
  ...[0, 0, width, height].flatMap(word),
  ...long(encoding >>> 0),
  ...data,
];
const update = (...rectangles: number[][]): number[] => [0, 0, ...word(rectangles.length), ...rectangles.flat()];

test.each([
  ['Hextile', 5, [2, 1, 2, 3, 0]],
  ['RRE', 2, [...long(0), 1, 2, 3, 0]],
  ['Tight', 7, [0x80, 1, 2, 3]],
  ['ZRLE', 16, long(4)],
])('a rectangle in %s that is far larger than the screen ends the session', async (_name, encoding, data) => {
  const session = await connect();
  session.say(update(rectangle(encoding, [65535, 65535], ...data)));
  expect(session.errors.join()).toContain('A rectangle of 65535x65535 on a screen of 64x48');
});

test('a rectangle that reaches beyond the screen does not', async () => {
  const session = await connect();
  session.say(update(rectangle(7, [900, 900], 0x80, 1, 2, 3)));
  expect(session.errors).toEqual([]);
});

test('what becomes more than its rectangle is not inflated to its end', async () => {
  let inflated = 0;
  // As WebKit does: all that comes of a piece is one.
  vi.stubGlobal(
    'DecompressionStream',
    class extends TransformStream<Uint8Array, Uint8Array> {
      constructor() {
        super({
          transform: (piece, controller) => {
            inflated += piece.length * 1000;
            controller.enqueue(new Uint8Array(piece.length * 1000));
          },
        });
      }
    },
  );
  const bounds = boundsOf({ kind: 'tiles' }, 64, 64);
  const inflating = new InflateStream().inflate(new Uint8Array(1_000_000), bounds, () => false);
  await expect(inflating).rejects.toThrow('longer than its rectangle');
  await new Promise((resolve) => setTimeout(resolve));
  expect(inflated).toBeLessThan(150_000_000);
});

test('a piece of any length comes out as it went in, and the stream goes on behind it', async () => {
  const stream = new InflateStream();
  const noise = Uint8Array.from({ length: 700_000 }, (_, at) => ((at * 2_654_435_761) >>> 13) & 255);
  const both = deflateSync(Buffer.concat([noise, Buffer.from('after')]), { level: 0 });
  // Two blocks of a stream that is not compressed: cut where the second text begins.
  const cut = both.length - 4 - 5;
  for (const [piece, expected] of [
    [both.subarray(0, cut), noise],
    [both.subarray(cut, cut + 5), new TextEncoder().encode('after')],
  ] as const) {
    const bounds = { atLeast: expected.length, atMost: expected.length };
    await stream.inflate(Uint8Array.from(piece), bounds, (bytes) => {
      expect(Buffer.from(bytes).equals(expected)).toBe(true);
      return true;
    });
  }
});

test('no tile has more bytes than is allowed for', () => {
  for (const [width, height] of [
    [1, 1],
    [64, 64],
    [65, 130],
  ] as const) {
    const { atMost } = boundsOf({ kind: 'tiles' }, width, height);
    // The longest of each tile: a run for each pixel.
    const bytes: number[] = [];
    for (let y = 0; y < height; y += 64) {
      for (let x = 0; x < width; x += 64) {
        const pixels = Math.min(64, width - x) * Math.min(64, height - y);
        bytes.push(128, ...Array.from({ length: pixels }, () => [1, 2, 3, 0]).flat());
      }
    }
    expect(bytes.length).toBeLessThanOrEqual(atMost);
    const pixels = new Uint32Array(width * height);
    expect(fill(pixels, Uint8Array.from(bytes), { kind: 'tiles' }, width, height)).toBe(true);
  }
  expect(lengthOf({ kind: 'rgb' }, 3, 2)).toBe(18);
});

test('an update of many screens waits in its middle until they are drawn', async () => {
  vi.stubGlobal('requestAnimationFrame', () => 0);
  const session = await connect([1000, 1000]);
  const display = session.rfb._display;
  // What draws later: pictures, of which none is decoded here.
  let most = 0;
  const push = display._renderQPush.bind(display);
  display._renderQPush = (entry: FrameEntry) => {
    push(entry);
    most = Math.max(most, display._renderQ.length);
  };
  const jpeg = [0xff, 0xd8, 0xff, 0xd9];
  const picture = rectangle(7, [1000, 1000], 0x90, jpeg.length, ...jpeg);
  session.say(update(...Array.from({ length: 200 }, () => picture)));
  expect(most).toBeLessThan(10);
  expect(session.rfb._flushing).toBe(true);
});

test('the size of a picture is read before it is decoded', () => {
  const note = [0xff, 0xe0, 0, 4, 1, 2];
  const frame = (kind: number) => [0xff, kind, 0, 11, 8, ...word(480), ...word(640), 1, 1, 0x11, 0];
  const jpeg = (...parts: number[][]) => pictureSize(Uint8Array.from([0xff, 0xd8, ...parts.flat()]), 'image/jpeg');
  for (const kind of [0xc0, 0xc1, 0xc2, 0xc9, 0xca]) expect(jpeg(note, frame(kind))).toEqual([640, 480]);
  expect(jpeg(note, [0xff, 0xff], frame(0xc0))).toEqual([640, 480]);
  expect(jpeg([0xff, 0xc4, 0, 3, 0], [0xff, 0xdb, 0, 3, 0], frame(0xc2))).toEqual([640, 480]);
  // Where a decoder may read on elsewhere.
  expect(jpeg([0xff, 0xd0], frame(0xc0))).toBeNull();
  expect(jpeg([0xff, 0x01], frame(0xc0))).toBeNull();
  expect(jpeg(note, [7], frame(0xc0))).toBeNull();
  expect(jpeg(note)).toBeNull();
  expect(jpeg(frame(0xc0).slice(0, 6))).toBeNull();
  const png = Uint8Array.from([...Array<number>(16).fill(1), ...long(70_000), ...long(3), 0]);
  expect(pictureSize(png, 'image/png')).toEqual([70_000, 3]);
  expect(pictureSize(png.subarray(0, 20), 'image/png')).toBeNull();
  const { bytes } = recording('tight-jpeg');
  const at = bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0xd8 && bytes[at + 2] === 0xff);
  expect(pictureSize(bytes.subarray(at), 'image/jpeg')).not.toBeNull();
});
