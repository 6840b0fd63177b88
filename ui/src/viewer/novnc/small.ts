// Small rectangles without an ImageData of their own: making one costs more than drawing a few pixels, and hundreds of
// thousands a second fill the memory faster than the web view frees it.

import type { Canvases, Display } from './internals';

/** Pixels that a small rectangle is wide and high, at most. */
const SIDE = 64;

/** Makes a display draw small rectangles through one ImageData. */
export function drawSmallThroughOne(display: Display & Canvases): void {
  const blit = display.blitImage.bind(display);
  let image: ImageData | null = null;
  display.blitImage = (x, y, width, height, pixels, offset, fromQueue) => {
    if (width > SIDE || height > SIDE || (display._renderQ.length > 0 && !fromQueue)) {
      blit(x, y, width, height, pixels, offset, fromQueue);
      return;
    }
    image ??= new ImageData(SIDE, SIDE);
    const { data } = image;
    const line = width * 4;
    for (let row = 0; row < height; row++) {
      const from = offset + row * line;
      const to = row * SIDE * 4;
      for (let at = 0; at < line; at++) data[to + at] = pixels[from + at] ?? 0;
    }
    display._drawCtx.putImageData(image, x, y, 0, 0, width, height);
    display._damage(x, y, width, height);
  };
}
