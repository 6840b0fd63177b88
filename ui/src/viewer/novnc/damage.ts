// What an update has changed, in parts: noVNC shows the box around all of it, which for a clock in one corner and a caret in
// another is the whole screen. Copying a part to the canvas that is seen and painting it cost about as much as decoding it.

import type { Canvases, Display } from './internals';

/** Pixels, `right` and `bottom` just beyond them. */
export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Parts that are kept apart, at most. WebKit paints the box around them where there are more than ten. */
const MAX_PARTS = 8;
/** Pixels that did not change and are shown with two parts that become one. Showing one part more costs as much. */
const MAX_WASTE = 10_000;

/**
 * Between two times that something is shown. WebKit paints after each change, without a GPU as often as they come: a flood of updates
 * would be painted a hundred times a second, for a display that shows sixty.
 */
const EVERY_MS = 16;

/** Makes a display show only what has changed, and no more often than it can be seen. Calls `onshow` each time that it did. */
export function showParts(display: Display & Canvases, onshow: () => void): void {
  const flip = display.flip.bind(display);
  const parts: Bounds[] = [];
  const damage = (part: Bounds) => {
    if (part.right > part.left && part.bottom > part.top) add(parts, part);
  };
  damage({ ...display._damageBounds });
  const seen = display._viewportLoc;
  let shown = -Infinity;
  let size = '';
  const hasNewSize = () => size !== sizeOf(seen);
  let later: ReturnType<typeof setTimeout> | null = null;
  const show = () => {
    if (later !== null) clearTimeout(later);
    later = null;
    // After a new size comes a picture, which is not kept waiting.
    shown = hasNewSize() ? -Infinity : performance.now();
    size = sizeOf(seen);
    for (const part of parts.splice(0)) {
      Object.assign(display._damageBounds, part);
      flip(true);
    }
    onshow();
  };
  display._damage = (x, y, width, height) => damage({ left: x, top: y, right: x + width, bottom: y + height });
  display.flip = (fromQueue) => {
    // It is queued, and comes here from the queue.
    if (display._renderQ.length > 0 && !fromQueue) return flip();
    const left = shown + EVERY_MS - performance.now();
    // A canvas of a new size is empty. In a window that is hidden timers wait for a second, and another window may show this one's
    // screens.
    if (left <= 0 || hasNewSize() || document.hidden) show();
    else later ??= setTimeout(show, left);
  };
}

const sizeOf = ({ w, h }: Canvases['_viewportLoc']) => `${w} ${h}`;

/** Adds what is in none of these parts. */
export function add(parts: Bounds[], part: Bounds): void {
  let added = part;
  for (;;) {
    let [least, nearest] = [parts.length < MAX_PARTS ? MAX_WASTE : Infinity, -1];
    for (const [at, other] of parts.entries()) {
      const wasted = area(around(other, added)) - area(other) - area(added);
      if (wasted <= least) [least, nearest] = [wasted, at];
    }
    const other = parts[nearest];
    if (!other) break;
    added = around(other, added);
    parts.splice(nearest, 1);
  }
  parts.push(added);
}

function around(one: Bounds, other: Bounds): Bounds {
  return {
    left: Math.min(one.left, other.left),
    top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right),
    bottom: Math.max(one.bottom, other.bottom),
  };
}

function area({ left, top, right, bottom }: Bounds): number {
  return (right - left) * (bottom - top);
}
