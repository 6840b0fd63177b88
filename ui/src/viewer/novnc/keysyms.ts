// noVNC's table from Unicode to X11's symbols. Its package names no such part, so it is reached by its place.

import table from '../../../node_modules/@novnc/novnc/core/input/keysymdef.js';

/** The symbol of a character that can be seen: its own number in Latin-1, one of X11's older ones, else Unicode's with 24 zero bits. */
export function keysymOf(codePoint: number): number {
  return table.lookup(codePoint);
}
