// Screens that are larger than a canvas of the web view can be: noVNC would draw them without a word, and nothing would be seen.

import type { Internals } from './internals';

/** Thrown while noVNC reads a message, which ends the reading. */
export class ScreenTooLarge extends Error {
  override name = 'ScreenTooLarge';

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    super(`the screen of ${width}x${height} is larger than this viewer can show`);
  }
}

/** ServerInit, DesktopSize and ExtendedDesktopSize all come to this. */
export function refuseTooLarge(rfb: Internals): void {
  const resize = rfb._resize.bind(rfb);
  rfb._resize = (width, height) => {
    const changed = width !== rfb._fbWidth || height !== rfb._fbHeight;
    resize(width, height);
    // Some servers have no screen at first.
    if (!changed || width === 0 || height === 0) return;
    const { _drawCtx, _targetCtx, _viewportLoc: seen } = rfb._display;
    if (!keepsPixels(_drawCtx, width, height) || !keepsPixels(_targetCtx, seen.w, seen.h)) {
      throw new ScreenTooLarge(width, height);
    }
  };
}

/** Says each new size of the screen, once it is drawn. */
export function tellScreenSize(rfb: Internals): void {
  const resize = rfb._resize.bind(rfb);
  rfb._resize = (width, height) => {
    resize(width, height);
    rfb.dispatchEvent(new CustomEvent('screensize', { detail: { width, height } }));
  };
}

/** Tries it out with one pixel in the far corner: the limits differ, and a canvas beyond them takes everything and keeps nothing. */
function keepsPixels(context: CanvasRenderingContext2D, width: number, height: number): boolean {
  const [x, y] = [width - 1, height - 1];
  try {
    const before = context.getImageData(x, y, 1, 1);
    const pixel = new ImageData(Uint8ClampedArray.from([1, 2, 3, 255]), 1, 1);
    context.putImageData(pixel, x, y);
    const kept = context.getImageData(x, y, 1, 1).data.every((value, at) => value === pixel.data[at]);
    context.putImageData(before, x, y);
    return kept;
  } catch {
    return false;
  }
}
