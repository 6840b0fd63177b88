// A large update over a narrow link is seen while it comes: noVNC shows an update when all of it is there, which may be seconds
// later.

import type { Internals } from './internals';

/** Between two looks at an unfinished update. Shorter ones are seen whole: half of one looks like a fault. */
const EVERY_MS = 300;

/** Shows of one session's updates what has been drawn, where the rest is long in coming. */
export function showProgress(rfb: Internals): void {
  const display = rfb._display;
  const flip = display.flip.bind(display);
  let shown = performance.now();
  display.flip = (fromQueue) => {
    shown = performance.now();
    flip(fromQueue);
  };
  const read = rfb._normalMsg.bind(rfb);
  rfb._normalMsg = () => {
    const between = rfb._FBU.rects === 0;
    const whole = read();
    // An update begins: what was shown before it says nothing of how long it has been on its way.
    if (between) shown = performance.now();
    if (!whole && !rfb._flushing && rfb._FBU.rects > 0 && performance.now() - shown >= EVERY_MS) {
      shown = performance.now();
      // As from the queue: what waits in there is shown later, and what has been drawn is shown now.
      flip(true);
    }
    return whole;
  };
}
