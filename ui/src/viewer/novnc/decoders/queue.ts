// noVNC's queue of what is to be drawn, for rectangles whose pixels come later: all that follows waits for them.

import type { Display, FrameEntry, Internals, VideoFrameLike } from '../internals';

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What comes later. */
export interface Drawable {
  draw(place: Place): void;
  /** It has been drawn, and is not needed any more. */
  release(): void;
}

/** Entries that may be queued when the next update is read, at most. */
const MAX_QUEUED = 1_000;
/** Screens that may still have to be drawn when the next update is read: with one, decoders stand idle a third of the time. */
const SCREENS_AHEAD = 2;

/** Keeps the place for a rectangle that is drawn once its pixels or picture are there, before which nothing else is. */
export function enqueue(display: Display, place: Place, drawable: Promise<Drawable>): void {
  // noVNC has such entries for frames of video.
  const frame: FrameEntry['frame'] = {
    ready: false,
    promise: drawable.then((decoded) => {
      frame.frame = new Decoded(decoded, place);
      frame.ready = true;
    }),
  };
  display._renderQPush({ ...place, type: 'frame', frame });
}

/** A rectangle as noVNC takes it for a frame of video. */
class Decoded implements VideoFrameLike {
  readonly codedWidth: number;
  readonly codedHeight: number;

  constructor(
    private readonly drawable: Drawable,
    private readonly place: Place,
  ) {
    this.codedWidth = place.width;
    this.codedHeight = place.height;
  }

  draw(): void {
    this.drawable.draw(this.place);
  }

  /** noVNC calls this when the rectangle has been drawn. */
  close(): void {
    this.drawable.release();
  }
}

/** Makes a display draw what {@link enqueue} puts into its queue. */
export function drawDecoded(display: Display): void {
  const drawImage = display.drawImage.bind(display);
  display.drawImage = (image, ...place) => {
    if (image instanceof Decoded) image.draw();
    else drawImage(image, ...place);
  };
}

/**
 * Lets the next update be read while the one before is still decoded: noVNC reads on when everything has been drawn, and then
 * neither the worker nor the web view's decoder has anything to do.
 */
export function readAhead(display: Display): void {
  display.pending = () => {
    const queue = display._renderQ;
    if (queue.length > MAX_QUEUED) return true;
    return areaOf(queue) > SCREENS_AHEAD * display.width * display.height;
  };
  let waiting: (() => void)[] = [];
  const scan = display._scanRenderQ.bind(display);
  display._scanRenderQ = () => {
    scan();
    if (waiting.length === 0 || display.pending()) return;
    const done = waiting;
    waiting = [];
    for (const resolve of done) resolve();
  };
  display.flush = () => (display.pending() ? new Promise<void>((resolve) => waiting.push(resolve)) : Promise.resolve());
}

/** Screens of one update that may have to be drawn when its next rectangle is read. */
const SCREENS_WITHIN = 2 * SCREENS_AHEAD;
/** Pixels of the smallest screen for that. */
const MIN_SCREEN = 640 * 480;
/** The queue is looked at once in so many rectangles: it may have thousands. */
const EVERY = 4;

/**
 * Lets an update wait in its middle, as noVNC waits before one: few bytes may be a whole screen, again and again in the same update,
 * and all of them would be in memory at once.
 */
export function waitWithin(rfb: Internals): void {
  const { _display: display, _sock: sock } = rfb;
  const read = rfb._handleDataRect.bind(rfb);
  const isFull = () => {
    const queue = display._renderQ;
    return (
      queue.length % EVERY === 0 &&
      areaOf(queue) > SCREENS_WITHIN * Math.max(display.width * display.height, MIN_SCREEN)
    );
  };
  rfb._handleDataRect = () => {
    const { width, height } = rfb._FBU;
    // A rectangle of no size may have no bytes that would be left to go on with.
    if (width * height === 0 || !isFull()) return read();
    rfb._flushing = true;
    void display.flush().then(() => {
      rfb._flushing = false;
      if (!sock.rQwait('message', 1)) rfb._handleMessage();
    });
    return false;
  };
}

function areaOf(queue: Display['_renderQ']): number {
  let area = 0;
  for (const { width = 0, height = 0 } of queue) area += width * height;
  return area;
}
