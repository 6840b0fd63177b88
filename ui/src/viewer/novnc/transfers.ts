// How fast the connection brings what there is to bring. While the rest of an update is waited for, the server has more, so
// what arrives then arrives as fast as it can; what lies between two updates says nothing.

/** Bytes, and how long they were waited for. */
export interface Transfer {
  bytes: number;
  ms: number;
  /** The time has something else in it: the connection carries this or more. */
  atLeast: boolean;
}

/** A few kilobytes may have waited somewhere, and come at once. */
const ENOUGH = 32 * 1024;
/** Or so long was waited. */
const LONG_MS = 1000;

/** Tells transfers apart. Pure. */
export class Transfers {
  /** The first message of it, and the time since the one before; no transfer is under way where that is null. */
  #first: { bytes: number; ms: number } | null = null;
  #bytes = 0;
  #ms = 0;

  /**
   * A message of so many bytes was handled, for which was waited so long; `unfinished`: the rest of an update is missing now.
   * Returns the transfer that this ends.
   */
  take(bytes: number, ms: number, unfinished: boolean): Transfer | null {
    if (this.#first) {
      this.#bytes += bytes;
      this.#ms += ms;
    } else this.#first = { bytes, ms };
    if (unfinished && this.#ms < LONG_MS) return null;
    const first = this.#first;
    const rest: Transfer = { bytes: this.#bytes, ms: this.#ms, atLeast: false };
    this.#first = unfinished ? { bytes: 0, ms: 0 } : null;
    this.#bytes = this.#ms = 0;
    if (rest.bytes >= ENOUGH || rest.ms >= LONG_MS) return rest;
    const all = { bytes: first.bytes + rest.bytes, ms: first.ms + rest.ms, atLeast: true };
    return all.bytes >= 2 * ENOUGH ? all : null;
  }
}
