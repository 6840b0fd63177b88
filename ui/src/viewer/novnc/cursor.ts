// The server's cursor in the picture's scale, and as sharp as the display. noVNC shows it in its own size, whatever the
// picture's.

import type { Cursor } from '../../ipc/bindings/Cursor';
import type { Cursors, Internals } from './internals';

export function scaleCursor(rfb: Internals, dot: { rgbaPixels: ArrayLike<number> }): void {
  const change = rfb._cursor.change.bind(rfb._cursor);
  rfb._cursor.change = (rgba, x, y, width, height) => {
    const scale = rgba === dot.rgbaPixels ? 1 : cursorScale(rfb._display.scale, width, height);
    if (width === 0 || height === 0) return change(rgba, x, y, width, height);
    change(rgba, x, y, width, height);
    const canvas = rfb._cursor._canvas;
    const target = rfb._cursor._target;
    if (!target) return;
    // Where noVNC draws the cursor itself (on touch screens), it is a canvas on the page.
    if (!target.style.cursor.includes('url(')) {
      canvas.style.width = `${width * scale}px`;
      canvas.style.height = `${height * scale}px`;
      rfb._cursor._hotSpot = { x: x * scale, y: y * scale };
      return;
    }
    const ratio = devicePixelRatio;
    if (scale * ratio === 1) return;
    const image = scaled(canvas, scale * ratio);
    const hotspot = `${Math.floor((x + 0.5) * scale)} ${Math.floor((y + 0.5) * scale)}`;
    const url = `url(${image.toDataURL()})`;
    target.style.cursor =
      ratio === 1 ? `${url} ${hotspot}, default` : `-webkit-image-set(${url} ${ratio}x) ${hotspot}, default`;
  };
}

/** Shows a dot or nothing in place of the server's cursor, where that was chosen. Behind {@link scaleCursor}. */
export function chooseCursor(rfb: Internals, { dot }: Cursors, chosen: () => Cursor): void {
  const refresh = rfb._refreshCursor.bind(rfb);
  rfb._refreshCursor = () => {
    // Before the canvas is there, and after.
    if (chosen() === 'server' || rfb._cursor._target === null) refresh();
    else if (chosen() === 'always_dot') rfb._cursor.change(dot.rgbaPixels, dot.hotx, dot.hoty, dot.w, dot.h);
    else rfb._cursor.change([], 0, 0, 0, 0);
  };
}

/** The page's pixels for one of the cursor's. A picture may be too small to be read; a cursor has to be found. */
export function cursorScale(picture: number, width: number, height: number): number {
  const side = Math.max(width, height, 1);
  return Math.min(Math.max(picture, Math.min(1, SMALLEST / side)), Math.max(1, LARGEST / side));
}

function scaled(canvas: HTMLCanvasElement, by: number): HTMLCanvasElement {
  const image = document.createElement('canvas');
  image.width = Math.max(1, Math.round(canvas.width * by));
  image.height = Math.max(1, Math.round(canvas.height * by));
  const context = image.getContext('2d');
  if (context) {
    context.imageSmoothingEnabled = !Number.isInteger(by);
    context.imageSmoothingQuality = 'high';
    context.drawImage(canvas, 0, 0, image.width, image.height);
  }
  return image;
}

const SMALLEST = 16;
/** Web views show no cursor of more than 128 pixels. */
const LARGEST = 128;
