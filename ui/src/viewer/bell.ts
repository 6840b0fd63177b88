// The server's bell, which may ring thousands of times a second.

/** Between two rings, in milliseconds. */
export const BELL_PAUSE_MS = 500;

/** Gives what says whether a bell is to ring: not within so many milliseconds after the last one that did. */
export function atMostEvery(ms: number, now: () => number = () => performance.now()): () => boolean {
  let last = -Infinity;
  return () => {
    const time = now();
    if (time - last < ms) return false;
    last = time;
    return true;
  };
}
