// Fingers on the toolbar's handle. WebKitGTK tells of fingers as touches, and not as of pointers.

/** Takes fingers whose first one comes down where it `isMine`, until all are up: what is below them learns of none. Returns what ends that. */
export function takeFingers(isMine: (finger: Touch) => boolean, ontaken: () => void): () => void {
  const over = new AbortController();
  let taken = false;
  const touched = (event: TouchEvent) => {
    const [finger] = event.changedTouches;
    if (event.type === 'touchstart' && event.touches.length === 1 && finger && isMine(finger)) {
      taken = true;
      ontaken();
    }
    if (!taken) return;
    event.preventDefault();
    event.stopPropagation();
    taken = event.touches.length > 0;
  };
  for (const type of ['touchstart', 'touchmove', 'touchend', 'touchcancel'] as const)
    window.addEventListener(type, touched, { capture: true, passive: false, signal: over.signal });
  return () => over.abort();
}
