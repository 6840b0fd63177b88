// Which quality a connection carries. A pure function of what was measured: it knows no clock, and has the same answer for the
// same transfers.

import type { Quality } from '../../ipc/bindings/Quality';
import type { Transfer } from '../novnc/transfers';

export type Level = Exclude<Quality, 'automatic'>;

/** What noVNC asks the server for: JPEG from 0 (coarse) to 9 (no loss to be seen), compression from 0 (quick) to 9 (small). */
export interface Asked {
  quality: number;
  compression: number;
}

/** `good` is what noVNC asks for by itself. */
export const ASKED: Record<Level, Asked> = {
  best: { quality: 9, compression: 2 },
  good: { quality: 6, compression: 2 },
  low: { quality: 2, compression: 6 },
};

const STEPS = ['low', 'good', 'best'] as const;

const Mbit = 1e6 / 8 / 1000;
/** From one step to the next: below `down` bytes a millisecond it is left, and above `up` reached again. */
const BETWEEN = [
  { down: 3 * Mbit, up: 6 * Mbit },
  { down: 20 * Mbit, up: 45 * Mbit },
] as const;

/** How much of a new transfer goes into the estimate: one that stalled does not decide. */
const WEIGHT = 0.4;
const DOWN_AFTER = 2;
const UP_AFTER = 3;
/** A step up that is taken back within so many transfers was wrong; */
const REGRETS = 12;
/** the next one then takes twice as long, up to this. */
const MAX_UP_AFTER = 96;
/** The page spends so much of its time on pictures that it cannot take larger ones, */
const BUSY = 0.5;
/** and so much that it wants smaller ones: then there is no way back in this session. */
const TOO_BUSY = 0.85;
const TOO_BUSY_AFTER = 5;

export class Automatic {
  #step = 1;
  /** Bytes a millisecond; null before anything was measured. */
  #rate: number | null = null;
  #below = 0;
  #above = 0;
  #upAfter = UP_AFTER;
  #sinceUp = Infinity;
  #tooBusy = 0;
  #top = STEPS.length - 1;

  get level(): Level {
    return STEPS[this.#step] ?? 'good';
  }

  /** Something was transferred; `busy` is the part of its time, from 0 to 1, that the page spent on handling. */
  take(transfer: Transfer, busy = 0): void {
    const rate = transfer.bytes / Math.max(transfer.ms, 1);
    // What says only that the connection carries so much or more, says something where that is much.
    if (transfer.atLeast && rate < (this.#rate ?? BETWEEN[1].up)) return;
    this.#rate = this.#rate === null ? rate : this.#rate * (rate / this.#rate) ** WEIGHT;
    this.#sinceUp += 1;
    this.#judge(this.#rate, busy);
  }

  #judge(rate: number, busy: number): void {
    const [lower, upper] = [BETWEEN[this.#step - 1], BETWEEN[this.#step]];
    this.#below = lower && rate < lower.down ? this.#below + 1 : 0;
    this.#above = upper && rate > upper.up && busy <= BUSY && this.#step < this.#top ? this.#above + 1 : 0;
    this.#tooBusy = this.level === 'best' && busy > TOO_BUSY ? this.#tooBusy + 1 : 0;
    if (this.#below >= DOWN_AFTER) {
      if (this.#sinceUp <= REGRETS) this.#upAfter = Math.min(this.#upAfter * 2, MAX_UP_AFTER);
      this.#go(-1);
    } else if (this.#tooBusy >= TOO_BUSY_AFTER) {
      this.#top = this.#step - 1;
      this.#go(-1);
    } else if (this.#above >= this.#upAfter) {
      this.#go(1);
      this.#sinceUp = 0;
    }
  }

  #go(by: number): void {
    this.#step += by;
    this.#below = this.#above = this.#tooBusy = 0;
  }
}
