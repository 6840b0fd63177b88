// The focus is never lost: where what has it goes away, its neighbour gets it.

/** What Tab leads to. */
const STOPS = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';

/** Keeps the focus somewhere in an element, until it is stopped. A modal dialog in it keeps its own. */
export function keepFocus(root: HTMLElement): () => void {
  /** All stops where the focus was last, in their order, and which of them had it. */
  let stops: HTMLElement[] = [];
  let at = -1;
  /** What has it in place of a stop that went. A nearer one that is only busy gets it afterwards. */
  let lent: HTMLElement | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const isThere = (stop: HTMLElement) => root.contains(stop);
  const canHave = (stop: HTMLElement) => isThere(stop) && !stop.matches(':disabled');
  const isLost = () => document.activeElement === null || document.activeElement === document.body;

  function came({ target }: FocusEvent) {
    if (!(target instanceof HTMLElement) || target === lent) return;
    lent = undefined;
    stops = [...(target.closest('dialog') ?? root).querySelectorAll<HTMLElement>(STOPS)];
    at = stops.indexOf(target);
  }

  /** Who clicks beside everything has left it. A window that is left keeps its focus, and what is gone or busy was not left. */
  function left({ target }: FocusEvent) {
    const had = stops[at];
    if (!had || target !== had || !canHave(had)) return;
    setTimeout(() => {
      if (stops[at] === had && isLost() && isThere(had)) at = -1;
    });
  }

  function look() {
    const had = stops[at];
    // What is busy for a moment has the focus again afterwards.
    if (!had || !(isLost() || document.activeElement === lent) || (isThere(had) && !canHave(had))) return;
    lent = canHave(had) ? had : (stops.slice(at).find(canHave) ?? stops.slice(0, at).findLast(canHave));
    lent?.focus();
  }

  // Later than whatever gives it to something itself.
  const observer = new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(look);
  });
  observer.observe(root, { childList: true, subtree: true, attributeFilter: ['disabled'] });
  root.addEventListener('focusin', came);
  root.addEventListener('focusout', left);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
    root.removeEventListener('focusin', came);
    root.removeEventListener('focusout', left);
  };
}
