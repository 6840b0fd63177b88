// CopyRect through a canvas of its own. noVNC draws its framebuffer into itself: WebKit then copies all of that first, eight
// megabytes of a screen of 1920x1080, however small the part is.

import type { Canvases, Display } from './internals';

/** Makes a display move parts of its framebuffer by way of a canvas that has only such a part. */
export function copyByPart(display: Display & Canvases): void {
  const copy = display.copyImage.bind(display);
  let part: CanvasRenderingContext2D | null = null;
  display.copyImage = (fromX, fromY, x, y, width, height, fromQueue) => {
    const waits = display._renderQ.length > 0 && !fromQueue;
    // What lies outside is not drawn. noVNC's own way knows that.
    const isWithin = fromX + width <= display.width && fromY + height <= display.height;
    if (width > 0 && height > 0 && isWithin && !waits) {
      part = holding(part, width, height);
      if (part) {
        const { canvas } = display._drawCtx;
        // Where nothing was drawn yet, nothing is copied.
        part.clearRect(0, 0, width, height);
        part.drawImage(canvas, fromX, fromY, width, height, 0, 0, width, height);
        display._drawCtx.drawImage(part.canvas, 0, 0, width, height, x, y, width, height);
        display._damage(x, y, width, height);
        return;
      }
    }
    copy(fromX, fromY, x, y, width, height, fromQueue);
  };
}

/** This canvas, if it holds so much, or a larger one; null where there is none to be had. */
function holding(
  part: CanvasRenderingContext2D | null,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  if (part && part.canvas.width >= width && part.canvas.height >= height) return part;
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(width, part?.canvas.width ?? 0);
  canvas.height = Math.max(height, part?.canvas.height ?? 0);
  return canvas.getContext('2d');
}
