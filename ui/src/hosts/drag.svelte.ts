// A row that is dragged among the favourites. By pointer events: where files can be dropped on a window, some web views
// have no drag and drop within a page.

interface Facts {
  /** What scrolls, and all that is in it. */
  list: () => HTMLElement;
  all: () => HTMLElement;
  canBegin: () => boolean;
  /** The place among the favourites for a point of the list; null where there is none. */
  placeAt: (x: number, y: number) => number | null;
  drop: (key: string, place: number) => void;
}

/** A press that moves less than this is a click. */
const SLACK = 6;
/** So near an edge the list scrolls. */
const EDGE = 36;

export class Drag {
  readonly #facts: Facts;
  /** The dragged row; null while none is. */
  key = $state<string | null>(null);
  /** Pixels that it was moved by. */
  by = $state.raw({ x: 0, y: 0 });
  /** Where it would land; null where it would not. */
  place = $state<number | null>(null);
  /** Whether the last press became a drag: its click is none. */
  hasMoved = false;
  #pressed: { key: string; x: number; y: number; pointer: number } | null = null;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  begin(event: PointerEvent, key: string): void {
    if (event.button !== 0 || event.ctrlKey || event.shiftKey || event.pointerType === 'touch') return;
    if (this.#facts.canBegin()) this.#pressed = { key, ...this.#point(event), pointer: event.pointerId };
  }

  move(event: PointerEvent): void {
    const pressed = this.#pressed;
    if (!pressed) return;
    const list = this.#facts.list();
    if (this.key === null) {
      const { x, y } = this.#point(event);
      if (Math.hypot(x - pressed.x, y - pressed.y) < SLACK) return;
      this.key = pressed.key;
      this.hasMoved = true;
      // Also outside the list, and outside the window.
      list.setPointerCapture(pressed.pointer);
    }
    const box = list.getBoundingClientRect();
    if (event.clientY < box.top + EDGE) list.scrollTop -= EDGE / 3;
    else if (event.clientY > box.bottom - EDGE) list.scrollTop += EDGE / 3;
    const { x, y } = this.#point(event);
    this.by = { x: x - pressed.x, y: y - pressed.y };
    this.place = this.#facts.placeAt(x, y);
  }

  end(): void {
    const { key, place } = this;
    this.cancel();
    if (key !== null && place !== null) this.#facts.drop(key, place);
  }

  cancel(): void {
    this.#pressed = null;
    this.key = this.place = null;
    this.by = { x: 0, y: 0 };
  }

  /** Escape leaves everything where it is. */
  keyed(event: KeyboardEvent): void {
    if (this.key === null || event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    this.cancel();
  }

  /** Where it is in the list, which begins at its first row. */
  #point(event: PointerEvent): { x: number; y: number } {
    const { left, top } = this.#facts.all().getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }
}
