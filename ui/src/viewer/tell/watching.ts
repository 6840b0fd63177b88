// Whether the part of a screen that is watched has changed, or has stopped changing. A pure rule: it knows no clock and no canvas.

/** A part of a picture in grey, as many cells as `COLUMNS` by `ROWS`. */
export type Cells = Uint8Array;

/** What the user wants to be told of: that it changes, or that it has not changed for so many minutes. */
export type Wish = { when: 'changed' } | { when: 'still'; minutes: number };

export const COLUMNS = 96;
export const ROWS = 96;

/** To be asked each time that it was looked at the part. */
export class Watching {
  readonly #wish: Wish;
  #cells: Cells;
  #since: number;

  /** What it looks like when the user begins to wait; times in milliseconds. */
  constructor(wish: Wish, now: number, cells: Cells) {
    this.#wish = wish;
    this.#cells = cells;
    this.#since = now;
  }

  /** Whether it has happened. */
  look(now: number, cells: Cells): boolean {
    const other = isOther(this.#cells, cells);
    if (this.#wish.when === 'changed') return other;
    if (other) {
      this.#cells = cells;
      this.#since = now;
    }
    return now - this.#since >= this.#wish.minutes * 60_000;
  }
}

/** Whether more is different than a cursor that blinks, or a small clock. */
export function isOther(before: Cells, now: Cells): boolean {
  const different = now.reduce((sum, light, at) => sum + (Math.abs(light - (before[at] ?? 0)) > STEP ? 1 : 0), 0);
  return different >= now.length * SHARE;
}

/** Less light is noise of lossy pictures. */
const STEP = 16;
/** Of all cells. */
const SHARE = 0.005;
