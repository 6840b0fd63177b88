// JPEG pictures (in Tight, and by themselves): noVNC gives them to the web view as `data:` URLs, which WebKit passes on to
// another process whole, and lets them be decoded in the page's one thread when they are drawn. A picture that cannot be
// decoded is waited for for ever.

import type { Display } from '../internals';
import { enqueue, type Drawable } from './queue';

/** Draws pictures that are decoded beside the page. `fail` gets what is wrong with one that cannot be. */
export function decodePictures(display: Display, fail: (detail: string) => void): void {
  display.imageRect = (x, y, width, height, mime, bytes) => {
    if (width === 0 || height === 0) return;
    const place = { x, y, width, height };
    enqueue(
      display,
      place,
      new Promise<Drawable>((resolve) => {
        decode(bytes, mime, width, height).then(
          (img) => resolve({ img }),
          (cause: unknown) => fail(cause instanceof Error ? cause.message : String(cause)),
        );
      }),
    );
  };
}

async function decode(
  bytes: Uint8Array<ArrayBuffer>,
  mime: string,
  width: number,
  height: number,
): Promise<HTMLImageElement> {
  const url = URL.createObjectURL(new Blob([bytes], { type: mime }));
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
  } catch {
    throw new Error(`A picture (${mime}, ${bytes.length} bytes) could not be decoded`);
  } finally {
    URL.revokeObjectURL(url);
  }
  if (picture.width !== width || picture.height !== height) {
    throw new Error(`A picture is ${picture.width}x${picture.height} where its rectangle is ${width}x${height}`);
  }
  return picture;
}
