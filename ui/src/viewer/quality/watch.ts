// Looks at what the connection does while that is shown.

import type { Watch } from '../novnc/meter';
import { figuresBetween, LOOK_EVERY_MS, LOOKS, type Figures } from './figures';

/** Tells the figures of the last looks, until the function that it returns is called. */
export function tellFigures(watch: Watch, tell: (figures: Figures) => void): () => void {
  const looks = [watch.look()];
  const timer = setInterval(() => {
    const now = watch.look();
    const before = looks.length > LOOKS ? looks.shift() : looks[0];
    looks.push(now);
    if (before) tell(figuresBetween(before, now));
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    watch.end();
  };
}
