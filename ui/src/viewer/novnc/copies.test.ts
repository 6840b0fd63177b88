// Parts of the framebuffer that move, with noVNC's own display.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ofNovnc } from './decoders/replay';
import { copyByPart } from './copies';
import type { Canvases, Display } from './internals';

/** A canvas that has pixels; 0 is where nothing was drawn, and nothing is drawn of it. */
class Canvas {
  #width = 0;
  #height = 0;
  pixels = new Uint32Array();
  readonly canvas = this;

  getContext() {
    return this;
  }
  get width() {
    return this.#width;
  }
  set width(width: number) {
    this.#width = width;
    this.pixels = new Uint32Array(width * this.#height);
  }
  get height() {
    return this.#height;
  }
  set height(height: number) {
    this.#height = height;
    this.pixels = new Uint32Array(this.#width * height);
  }

  clearRect(x: number, y: number, width: number, height: number) {
    for (let row = y; row < y + height; row++) this.pixels.fill(0, row * this.width + x, row * this.width + x + width);
  }

  drawImage(source: Canvas, ...[fromX = 0, fromY = 0, width = 0, height = 0, x = 0, y = 0]: number[]) {
    if (source === this) itself++;
    const from = source.pixels.slice();
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const isThere = fromX + column < source.width && fromY + row < source.height;
        const pixel = isThere ? (from[(fromY + row) * source.width + fromX + column] ?? 0) : 0;
        if (pixel !== 0 && x + column < this.width && y + row < this.height) {
          this.pixels[(y + row) * this.width + x + column] = pixel;
        }
      }
    }
  }
}

/** How often a canvas was drawn into itself. */
let itself = 0;
/** Canvases that were made. */
let made = 0;

beforeEach(() => {
  itself = made = 0;
  vi.spyOn(document, 'createElement').mockImplementation(() => {
    made++;
    return new Canvas() as unknown as HTMLElement;
  });
});
afterEach(() => vi.restoreAllMocks());

async function display() {
  const { default: NovncDisplay } = await ofNovnc('display.js');
  const canvas = new Canvas();
  [canvas.width, canvas.height] = [40, 30];
  // The last line was not drawn yet.
  canvas.pixels = canvas.pixels.map((_, at) => (at < 40 * 29 ? at + 1 : 0));
  const bounds = { left: 65535, top: 65535, right: 0, bottom: 0 };
  const display = Object.create(NovncDisplay.prototype) as Display & Canvases;
  Object.assign(display, { _renderQ: [], _drawCtx: canvas, _backbuffer: canvas, _damageBounds: bounds });
  Object.assign(display, { _fbWidth: 40, _fbHeight: 30, _flushPromise: null });
  return { display, canvas };
}

const PARTS: [number, number, number, number, number, number][] = [
  [0, 1, 0, 0, 40, 29],
  [0, 0, 0, 1, 40, 29],
  [3, 2, 5, 4, 10, 8],
  [5, 4, 3, 2, 10, 8],
  [0, 0, 39, 29, 1, 1],
  [0, 20, 10, 0, 30, 10],
  [2, 2, 2, 2, 5, 5],
  [7, 7, 1, 1, 0, 5],
  // A server may name what is not there.
  [35, 25, 0, 0, 10, 10],
  [50, 50, 0, 0, 10, 10],
  [0, 0, 35, 25, 10, 10],
];

test('the same pixels and the same damage, wherever a part goes', async () => {
  const [theirs, ours] = [await display(), await display()];
  copyByPart(ours.display);
  for (const part of PARTS) {
    for (const { display } of [theirs, ours]) display.copyImage(...part);
    expect(ours.canvas.pixels, part.join()).toEqual(theirs.canvas.pixels);
    expect(ours.display._damageBounds, part.join()).toEqual(theirs.display._damageBounds);
  }
});

test('no canvas is drawn into itself, and one is enough for parts of the same size', async () => {
  const { display: ours } = await display();
  copyByPart(ours);
  for (let times = 0; times < 10; times++) ours.copyImage(0, 1, 0, 0, 20, 10);
  ours.copyImage(3, 3, 1, 1, 5, 5);
  expect([itself, made]).toEqual([0, 1]);
  ours.copyImage(0, 0, 1, 1, 5, 20);
  ours.copyImage(0, 1, 0, 0, 20, 10);
  expect([itself, made]).toEqual([0, 2]);
});

test('in the queue a part keeps its place', async () => {
  const { display: ours, canvas } = await display();
  copyByPart(ours);
  ours._renderQ.push({ type: 'flip' });
  ours.copyImage(0, 1, 0, 0, 1, 1);
  expect([canvas.pixels[0], ours._renderQ.length]).toEqual([1, 2]);
  ours._renderQ.shift();
  ours._scanRenderQ();
  expect([canvas.pixels[0], itself]).toEqual([41, 0]);
});

test('noVNC by itself draws its framebuffer into itself', async () => {
  const { display: theirs } = await display();
  theirs.copyImage(0, 1, 0, 0, 20, 10);
  expect(itself).toBe(1);
});
