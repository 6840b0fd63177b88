// JPEG pictures (in Tight, and by themselves): noVNC gives them to the web view as `data:` URLs, which WebKit passes on to
// another process whole, and lets them be decoded in the page's one thread when they are drawn. A picture that cannot be
// decoded is waited for for ever.

import type { Display } from '../internals';
import { join, joinable, paddedHeight, readStrip, type Strip } from './jpeg';
import { pictureSize } from './pictureSize';
import { enqueue, type Drawable, type Place } from './queue';

interface Waiting {
  bytes: Uint8Array<ArrayBuffer>;
  mime: string;
  place: Place;
  resolve: (picture: Drawable) => void;
}

/** Draws pictures that are decoded beside the page. `fail` gets what is wrong with one that cannot be. */
export function decodePictures(display: Display, fail: (detail: string) => void): void {
  let batch: Waiting[] = [];
  const decodeBatch = () => {
    const waiting = batch;
    batch = [];
    for (const group of groups(waiting)) {
      decode(display, group).catch((cause: unknown) => fail(cause instanceof Error ? cause.message : String(cause)));
    }
  };
  display.imageRect = (x, y, width, height, mime, bytes) => {
    if (width === 0 || height === 0) return;
    const place = { x, y, width, height };
    // All pictures of one message from the server are looked at together.
    if (batch.length === 0) queueMicrotask(decodeBatch);
    enqueue(display, place, new Promise((resolve) => batch.push({ bytes, mime, place, resolve })));
  };
}

/** Pictures that become one, or one that is decoded by itself. */
interface Group {
  file: Uint8Array<ArrayBuffer>;
  mime: string;
  /** Lines from one to the next. */
  distance: number;
  waiting: Waiting[];
}

function groups(waiting: Waiting[]): Group[] {
  const strips = waiting.map(({ bytes, mime, place }) => {
    const strip = mime === 'image/jpeg' ? readStrip(bytes) : null;
    return strip?.width === place.width && strip.height === place.height ? strip : null;
  });
  return joinable(strips).map((places) => {
    const members = places.map((place) => waiting[place] as Waiting);
    const [first, ...others] = places.map((place) => strips[place]);
    if (first && others.length > 0) {
      const file = join([first, ...(others as Strip[])]);
      return { file, mime: 'image/jpeg', distance: paddedHeight(first), waiting: members };
    }
    const [{ bytes, mime }] = members as [Waiting];
    return { file: bytes, mime, distance: 0, waiting: members };
  });
}

async function decode(display: Display, { file, mime, distance, waiting }: Group): Promise<void> {
  const [first, last] = [waiting[0]?.place, waiting.at(-1)?.place];
  const width = first?.width ?? 0;
  const height = distance * (waiting.length - 1) + (last?.height ?? 0);
  const broken = () => new Error(`A picture (${mime}, ${file.length} bytes) could not be decoded`);
  const size = pictureSize(file, mime);
  if (!size) throw broken();
  if (size[0] !== width || size[1] !== height) {
    throw new Error(`A picture is ${size[0]}x${size[1]} where its rectangle is ${width}x${height}`);
  }
  const url = URL.createObjectURL(new Blob([file], { type: mime }));
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    throw broken();
  } finally {
    URL.revokeObjectURL(url);
  }
  waiting.forEach(({ resolve }, index) => {
    resolve({
      draw: ({ x, y, width, height }) => {
        display.drawImage(image, 0, index * distance, width, height, x, y, width, height);
      },
      // Lets the web view free the decoded image at once.
      release: () => {
        if (index === waiting.length - 1) image.src = '';
      },
    });
  });
}
