// When the toolbar is shown: for a while, and again when the pointer comes to the middle of the window's top edge. The ends of
// the edge stay free for the remote machine's own menus.

export class Autohide {
  /** Whether the toolbar is shown for its time; panels and the focus may show it longer. */
  shown = $state(true);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Shows the toolbar for `ms` milliseconds from now on. */
  show(ms: number): void {
    this.shown = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.shown = false), ms);
  }

  /** The pointer has moved somewhere in the window. A drag, with a button held, does not show the toolbar. */
  pointerMoved({ clientX, clientY, buttons }: PointerEvent): void {
    const reach = Math.max(160, innerWidth / 6);
    if (clientY <= 2 && buttons === 0 && Math.abs(clientX - innerWidth / 2) < reach) this.show(1_500);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
