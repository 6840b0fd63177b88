// Small rectangles through one ImageData, with noVNC's own display.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ofNovnc, recording, replay, type Framebuffer } from './decoders/replay';
import { RawDecoder } from './decoders/raw';
import type { Canvases, Decoder, Display } from './internals';
import { drawSmallThroughOne } from './small';

/** A canvas that keeps what is put. */
class Canvas {
  readonly pixels: Uint32Array;
  fillStyle = '';

  constructor(
    readonly width: number,
    height: number,
  ) {
    this.pixels = new Uint32Array(width * height);
  }

  fillRect(x: number, y: number, width: number, height: number) {
    const [red = 0, green = 0, blue = 0] = this.fillStyle.match(/\d+/g)?.map(Number) ?? [];
    const image = new Image(width, height);
    new Uint32Array(image.data.buffer).fill(0xff000000 | (blue << 16) | (green << 8) | red);
    this.putImageData(image, x, y);
  }

  putImageData(image: Image, x: number, y: number, left = 0, top = 0, width = image.width, height = image.height) {
    const pixels = new Uint32Array(image.data.buffer, image.data.byteOffset, image.width * image.height);
    for (let row = top; row < top + height; row++) {
      for (let column = left; column < left + width; column++) {
        this.pixels[(y + row) * this.width + x + column] = pixels[row * image.width + column] ?? 0;
      }
    }
  }
}

let images = 0;
class Image {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(...facts: [Uint8ClampedArray, number, number] | [number, number]) {
    images++;
    if (facts.length === 2) {
      [this.width, this.height] = facts;
      this.data = new Uint8ClampedArray(this.width * this.height * 4);
    } else {
      [this.data, this.width, this.height] = facts;
    }
  }
}

beforeEach(() => {
  images = 0;
  vi.stubGlobal('ImageData', Image);
});
afterEach(() => vi.unstubAllGlobals());

async function display(width = 100, height = 100) {
  const { default: NovncDisplay } = await ofNovnc('display.js');
  const canvas = new Canvas(width, height);
  const bounds = { left: 65535, top: 65535, right: 0, bottom: 0 };
  const made = Object.create(NovncDisplay.prototype) as Display & Canvases & { _damageBounds: typeof bounds };
  Object.assign(made, {
    _renderQ: [],
    _flushPromise: null,
    _drawCtx: canvas,
    _damageBounds: bounds,
    _prevDrawStyle: '',
  });
  return { made, canvas };
}

function noise(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17 + (at >> 3)) & 255);
}

test('the same pixels and the same damage, however large', async () => {
  const [theirs, ours] = [await display(), await display()];
  drawSmallThroughOne(ours.made);
  for (const [index, [x, y, width, height]] of (
    [
      [0, 0, 1, 1],
      [99, 99, 1, 1],
      [3, 5, 64, 64],
      [10, 1, 7, 3],
      [2, 20, 65, 1],
      [20, 2, 1, 65],
    ] as const
  ).entries()) {
    const pixels = noise(width * height * 4 + 16, index);
    for (const { made } of [theirs, ours]) made.blitImage(x, y, width, height, pixels, 16);
    expect(Buffer.from(ours.canvas.pixels.buffer).equals(Buffer.from(theirs.canvas.pixels.buffer))).toBe(true);
    expect(ours.made._damageBounds).toEqual(theirs.made._damageBounds);
  }
});

test.each([
  ['hextile', 'hextile', 5],
  ['hextile-x11vnc', 'hextile', 5],
  ['zrle', 'zrle', 16],
  ['raw', 'raw', 0],
])('a recorded stream gives the same pixels: %s', async (name, decoder, encoding) => {
  const played = recording(name);
  const { default: Decoder } = await ofNovnc(`decoders/${decoder}.js`);
  const { default: CopyRect } = await ofNovnc('decoders/copyrect.js');
  const [theirs, ours] = [await display(played.width, played.height), await display(played.width, played.height)];
  drawSmallThroughOne(ours.made);
  const made: number[] = [];
  for (const { made: display } of [theirs, ours]) {
    images = 0;
    const drawn = Object.assign(display, { drawAll: () => Promise.resolve() }) as unknown as Framebuffer;
    await replay(played, { 1: new CopyRect(), [encoding]: new Decoder() }, drawn, 10_000);
    made.push(images);
  }
  expect(Buffer.from(ours.canvas.pixels.buffer).equals(Buffer.from(theirs.canvas.pixels.buffer))).toBe(true);
  expect(theirs.canvas.pixels.some((pixel) => pixel !== theirs.canvas.pixels[0])).toBe(true);
  expect(made[1]).toBeLessThanOrEqual(made[0] ?? 0);
});

test('a hundred small rectangles are one ImageData', async () => {
  const { made } = await display();
  drawSmallThroughOne(made);
  for (let at = 0; at < 100; at++) made.blitImage(at, at, 1, 1, noise(4, at), 0);
  expect(images).toBe(1);
});

test('in the queue a small rectangle keeps its place and its pixels', async () => {
  const { made, canvas } = await display();
  drawSmallThroughOne(made);
  made._renderQ.push({ type: 'flip' });
  const pixels = Uint8Array.from([1, 2, 3, 255]);
  made.blitImage(1, 0, 1, 1, pixels, 0);
  pixels.fill(9);
  expect(canvas.pixels[1]).toBe(0);
  expect(made._renderQ).toHaveLength(2);
  made._renderQ.shift();
  made._scanRenderQ();
  expect(canvas.pixels[1]).toBe(0xff030201);
});

test('a few raw pixels are read where they are, and made opaque', async () => {
  const { default: Socket } = await ofNovnc('websock.js');
  const sock = new Socket();
  sock._allocateBuffers();
  const { made, canvas } = await display();
  drawSmallThroughOne(made);
  const decoder = new RawDecoder({} as Decoder);
  const decode = () => decoder.decodeRect(4, 0, 2, 1, sock, made, 24);
  for (const byte of [1, 2, 3, 0, 4, 5, 6]) {
    sock._recvMessage({ data: Uint8Array.from([byte]).buffer });
    expect(decode()).toBe(false);
  }
  sock._recvMessage({ data: Uint8Array.from([0, 77]).buffer });
  expect(decode()).toBe(true);
  expect([...canvas.pixels.slice(4, 6)]).toEqual([0xff030201, 0xff060504]);
  expect(sock.rQlen()).toBe(1);
});

// Where this fails, noVNC reuses one itself: look whether ours is still needed.
test('noVNC by itself makes an ImageData for each rectangle', async () => {
  const { made } = await display();
  for (let at = 0; at < 10; at++) made.blitImage(at, at, 1, 1, noise(4, at), 0);
  expect(images).toBe(10);
});
