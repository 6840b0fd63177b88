// Fingers on the screen are noVNC's: it makes gestures of them. WebKitGTK makes events of a mouse of them as well, until the page has
// answered that it wants the fingers, which a page that draws does late: a tap would be two clicks there, and a drag would turn the wheel
// by a notch for each pixel.

/** Leaves out what a web view makes of fingers on a canvas beside the fingers themselves. Returns what ends that. */
export function leaveFingersAlone(canvas: HTMLElement, now: () => number = () => performance.now()): () => void {
  const over = new AbortController();
  const { signal } = over;
  let down = 0;
  let lifted = -Infinity;
  const count = ({ touches }: TouchEvent) => {
    if (down > 0 && touches.length === 0) lifted = now();
    down = touches.length;
  };
  const leaveOut = (event: MouseEvent) => {
    if (down === 0 && now() - lifted >= AFTER_MS) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  // Those that are the toolbar's never come to the canvas.
  for (const type of ['touchstart', 'touchend', 'touchcancel'] as const)
    window.addEventListener(type, count, { capture: true, passive: true, signal });
  // Before noVNC, which listens to the same canvas.
  for (const type of ['mousedown', 'mousemove', 'mouseup', 'wheel'] as const)
    canvas.addEventListener(type, leaveOut, { capture: true, passive: false, signal });
  return () => over.abort();
}

/** What a web view makes of fingers comes so many milliseconds behind them, at most. */
const AFTER_MS = 500;
