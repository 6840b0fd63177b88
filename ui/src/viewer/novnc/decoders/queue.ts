// Rectangles whose pixels come later, in noVNC's queue of what is to be drawn: all that follows waits for them.

import type { Display, QueueEntry } from '../internals';

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What is drawn in the end: pixels, or a picture that noVNC releases after that. */
export type Drawable = { data: Uint8Array } | { img: HTMLImageElement };

/** Keeps the place for a rectangle that is drawn once `drawable` is there. It must not fail: without it nothing is drawn. */
export function enqueue(display: Display, place: Place, drawable: Promise<Drawable>): void {
  // noVNC waits for the promise of a "frame", and looks again at what kind of entry it is.
  const entry: QueueEntry = {
    ...place,
    type: 'frame',
    frame: {
      ready: false,
      promise: drawable.then((drawn) => {
        Object.assign(entry, 'data' in drawn ? { type: 'blit', data: drawn.data } : { type: 'img', img: drawn.img });
      }),
    },
  };
  display._renderQPush(entry);
}
