// Rectangles whose pixels come later, in noVNC's queue of what is to be drawn: all that follows waits for them.

import type { Display, QueueEntry } from '../internals';

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A part of an image: as wide as that is, from line `top` on. */
export interface Picture {
  image: HTMLImageElement;
  top: number;
  /** Nothing else of the image is drawn later. */
  isLast: boolean;
}

/** Keeps the place for a rectangle that is drawn once its pixels or picture are there, before which nothing else is. */
export function enqueue(display: Display, place: Place, drawable: Promise<Uint8Array | Picture>): void {
  // noVNC draws a "frame" when its promise is kept, or looks again what kind of entry it has become.
  const frame: Extract<QueueEntry, { type: 'frame' }>['frame'] = { ready: false, promise: Promise.resolve() };
  const entry: QueueEntry = { ...place, type: 'frame', frame };
  frame.promise = drawable.then((drawn) => {
    if (drawn instanceof Uint8Array) {
      Object.assign(entry, { type: 'blit', data: drawn });
    } else {
      frame.frame = new Part(drawn, place);
      frame.ready = true;
    }
  });
  display._renderQPush(entry);
}

/** What noVNC passes to its `drawImage` for a picture, in place of a frame of video. */
class Part {
  readonly codedWidth: number;
  readonly codedHeight: number;

  constructor(
    readonly picture: Picture,
    { width, height }: Place,
  ) {
    this.codedWidth = width;
    this.codedHeight = height;
  }

  /** Lets the web view free the decoded image at once. */
  close(): void {
    if (this.picture.isLast) this.picture.image.src = '';
  }
}

/** Makes a display draw the parts that {@link enqueue} puts into its queue. */
export function drawParts(display: Display): void {
  const drawImage = display.drawImage.bind(display);
  display.drawImage = (image, ...place) => {
    if (!(image instanceof Part)) {
      drawImage(image, ...place);
      return;
    }
    const [, , ...rest] = place;
    drawImage(image.picture.image, 0, image.picture.top, ...rest);
  };
}
