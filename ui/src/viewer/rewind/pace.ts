// When the last minutes of a session get another place from which they can be seen again. A pure rule: it knows no clock. Each such
// place costs a whole picture from the server, so there is none while nothing changes, one mostly comes when the screen is quiet,
// and over a slow connection there are few.

/** To be asked about once a second. */
export class Pace {
  #begun: number;
  /** What had arrived then; null before it was asked about. */
  #from: number | null;
  /** What had arrived when the picture of the last one was there; null before. */
  #base: number | null = null;
  #arrived: number;

  /** There has just been one. Times in milliseconds; `arrived` counts the server's bytes. */
  constructor(now: number, arrived: number) {
    this.#begun = now;
    this.#from = this.#arrived = arrived;
  }

  /** There has just been another one. */
  begin(now: number): void {
    this.#begun = now;
    this.#base = this.#from = null;
  }

  /** Whether there shall be another one now. */
  wants(now: number, arrived: number, slow: boolean): boolean {
    const quiet = arrived - this.#arrived < QUIET_BYTES;
    this.#arrived = arrived;
    const age = now - this.#begun;
    this.#from ??= arrived;
    if (this.#base === null) {
      if (quiet || age >= PICTURE_MS || arrived - this.#from >= PICTURE_BYTES) this.#base = arrived;
      return false;
    }
    const since = arrived - this.#base;
    if (since === 0) return false;
    if (since >= MUCH_BYTES) return true;
    if (since >= SOME_BYTES && age >= (slow ? SLOW_MS : SOME_MS)) return quiet;
    return age >= LONG_MS && (quiet || age >= MAX_MS);
  }
}

/** A clock or a cursor that blinks may change in a second. */
const QUIET_BYTES = 4_096;
/** The picture of one has come by then. */
const PICTURE_MS = 3_000;
/** No picture that is larger is waited for: the screen is 2048 by 2048, and not compressed at all. */
const PICTURE_BYTES = 16 * 1024 * 1024;
/** So much is seen again in a second or two, and is an eighth of what is kept of a session at most. */
const MUCH_BYTES = 8 * 1024 * 1024;
const SOME_BYTES = 2 * 1024 * 1024;
const SOME_MS = 20_000;
const SLOW_MS = 120_000;
/** Half of the time that is kept: what is older can be dropped then. */
const LONG_MS = 300_000;
const MAX_MS = 360_000;
