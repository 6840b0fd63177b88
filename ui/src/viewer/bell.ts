// The server's bell, which may ring thousands of times a second.

/** Between two rings, in milliseconds. */
export const BELL_PAUSE_MS = 500;

/** Rings at once, and drops what comes within the pause after it. */
export function pausing(ring: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = performance.now();
    if (now - last < BELL_PAUSE_MS) return;
    last = now;
    ring();
  };
}
