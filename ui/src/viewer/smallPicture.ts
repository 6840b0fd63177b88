// A small picture of the screen: for the overview of all sessions, and to be kept with its machine.

import type { PictureChoice } from '../ipc/bindings/PictureChoice';

interface Size {
  width: number;
  height: number;
}

/** At most so wide and high, in pixels. */
const SIZE = { width: 320, height: 240 };
const QUALITY = 0.6;
/** In so few pixels nothing can be read any more. */
const BLURRED = { width: 28, height: 28 };

/** A JPEG file of a few kilobytes, in base64; null where there is no picture. */
export function smallPicture(screen: HTMLCanvasElement, choice: PictureChoice): string | null {
  const small = choice === 'off' ? null : drawn(screen, SIZE, choice === 'blurred');
  const url = small?.toDataURL(JPEG, QUALITY);
  return url?.startsWith(PREFIX) ? url.slice(PREFIX.length) : null;
}

/** The screen drawn within a size; null where there is none. */
export function drawn(screen: HTMLCanvasElement, most: Size, blurred: boolean): HTMLCanvasElement | null {
  const size = sizeWithin(screen, most);
  if (size.width === 0) return null;
  if (!blurred) return scaled(screen, size);
  const few = scaled(screen, sizeWithin(screen, BLURRED));
  return few && scaled(few, size);
}

/** A shape within a size; a smaller one stays as it is. */
export function sizeWithin({ width, height }: Size, most: Size): Size {
  if (width === 0 || height === 0) return { width: 0, height: 0 };
  const scale = Math.min(1, most.width / width, most.height / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function scaled(from: HTMLCanvasElement, { width, height }: Size): HTMLCanvasElement | null {
  const to = document.createElement('canvas');
  Object.assign(to, { width, height });
  const context = to.getContext('2d');
  if (!context) return null;
  context.imageSmoothingQuality = 'medium';
  context.drawImage(from, 0, 0, width, height);
  return to;
}

export const JPEG = 'image/jpeg';
const PREFIX = `data:${JPEG};base64,`;
