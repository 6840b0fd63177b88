// What an update has changed, in parts: noVNC shows the box around all of it, which for a clock in one corner and a caret in
// another is the whole screen. Copying a part to the canvas that is seen and painting it cost about as much as decoding it.

import type { Canvases, Display } from './internals';

/** Parts that are kept apart, at most. WebKit paints the box around them where there are more than ten. */
const MAX_PARTS = 8;
/** Pixels that did not change and are shown with two parts that become one. Showing one part more costs as much. */
const MAX_WASTE = 10_000;

/**
 * Between two times that something is shown. WebKit paints after each change, without a GPU as often as they come: a flood of updates
 * would be painted a hundred times a second, for a display that shows sixty.
 */
const EVERY_MS = 16;
/** For the rest of an update that has begun to be drawn when something else is due: half of one looks like a fault. */
const REST_MS = 100;

/** Makes a display show only what has changed, and no more often than it can be seen. Calls `onshow` each time that it did. */
export function showParts(display: Display & Canvases, onshow: () => void): void {
  const flip = display.flip.bind(display);
  const { left, top, right, bottom } = display._damageBounds;
  const changed = new Parts();
  changed.add(left, top, right, bottom);
  const seen = display._viewportLoc;
  let shown = -Infinity;
  let size = '';
  const hasNewSize = () => size !== sizeOf(seen);
  let later: ReturnType<typeof setTimeout> | null = null;
  /** Something was drawn since the last whole update. */
  let isUnfinished = false;
  const show = () => {
    if (later !== null) clearTimeout(later);
    later = null;
    // After a new size comes a picture, which is not kept waiting.
    shown = hasNewSize() ? -Infinity : performance.now();
    size = sizeOf(seen);
    for (const part of changed.take()) {
      Object.assign(display._damageBounds, part);
      flip(true);
    }
    onshow();
  };
  const showWhole = () => {
    if (isUnfinished) later = setTimeout(show, REST_MS);
    else show();
  };
  display._damage = (x, y, width, height) => {
    isUnfinished = true;
    changed.add(x, y, x + width, y + height);
  };
  display.flip = (fromQueue) => {
    // It is queued, and comes here from the queue.
    if (display._renderQ.length > 0 && !fromQueue) return flip();
    isUnfinished = false;
    const left = shown + EVERY_MS - performance.now();
    // A canvas of a new size is empty. In a window that is hidden timers wait for a second, and another window may show this one's
    // screens.
    if (left <= 0 || hasNewSize() || document.hidden) show();
    else later ??= setTimeout(showWhole, left);
  };
}

const sizeOf = ({ w, h }: Canvases['_viewportLoc']) => `${w} ${h}`;

/** What has changed: a few rectangles. Without any object for one that is added: there may be hundreds of thousands a second. */
export class Parts {
  #count = 0;
  /** Left, top, right and bottom of each; right and bottom are just beyond it. */
  readonly #edges = new Int32Array(4 * MAX_PARTS);

  /** Nothing is added where `right` is not beyond `left`, or `bottom` not beyond `top`. */
  add(left: number, top: number, right: number, bottom: number): void {
    if (right <= left || bottom <= top) return;
    const edges = this.#edges;
    for (;;) {
      let nearest = -1;
      let least = this.#count < MAX_PARTS ? MAX_WASTE : Number.MAX_SAFE_INTEGER;
      for (let at = 0; at < 4 * this.#count; at += 4) {
        const l = edges[at] as number;
        const t = edges[at + 1] as number;
        const r = edges[at + 2] as number;
        const b = edges[at + 3] as number;
        if (l <= left && t <= top && r >= right && b >= bottom) return;
        const around = (Math.max(r, right) - Math.min(l, left)) * (Math.max(b, bottom) - Math.min(t, top));
        const wasted = around - (r - l) * (b - t) - (right - left) * (bottom - top);
        if (wasted <= least) {
          least = wasted;
          nearest = at;
        }
      }
      if (nearest < 0) break;
      // They become one, which may be near to another by now.
      left = Math.min(left, edges[nearest] as number);
      top = Math.min(top, edges[nearest + 1] as number);
      right = Math.max(right, edges[nearest + 2] as number);
      bottom = Math.max(bottom, edges[nearest + 3] as number);
      this.#count -= 1;
      edges.copyWithin(nearest, 4 * this.#count, 4 * this.#count + 4);
    }
    edges[4 * this.#count] = left;
    edges[4 * this.#count + 1] = top;
    edges[4 * this.#count + 2] = right;
    edges[4 * this.#count + 3] = bottom;
    this.#count += 1;
  }

  /** All of them; afterwards there are none. */
  take(): Canvases['_damageBounds'][] {
    const edges = this.#edges;
    const taken = Array.from({ length: this.#count }, (_, part) => {
      const [left = 0, top = 0, right = 0, bottom = 0] = edges.subarray(4 * part, 4 * part + 4);
      return { left, top, right, bottom };
    });
    this.#count = 0;
    return taken;
  }
}
