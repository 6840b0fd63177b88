// A row that is dragged among the favourites. By pointer events: where files can be dropped on a window, some web views
// have no drag and drop within a page.

interface Facts {
  list: () => HTMLElement;
  canBegin: () => boolean;
  /** The place among the favourites for this many pixels below the list's top; null where there is none. */
  placeAt: (y: number) => number | null;
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
  /** Pixels that it was moved down by. */
  by = $state(0);
  /** Where it would land; null where it would not. */
  place = $state<number | null>(null);
  /** Whether the last press became a drag: its click is none. */
  hasMoved = false;
  #pressed: { key: string; y: number; pointer: number } | null = null;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  begin(event: PointerEvent, key: string): void {
    if (event.button !== 0 || event.ctrlKey || event.shiftKey || event.pointerType === 'touch') return;
    if (this.#facts.canBegin()) this.#pressed = { key, y: this.#y(event), pointer: event.pointerId };
  }

  move(event: PointerEvent): void {
    const pressed = this.#pressed;
    if (!pressed) return;
    const list = this.#facts.list();
    if (this.key === null) {
      if (Math.abs(this.#y(event) - pressed.y) < SLACK) return;
      this.key = pressed.key;
      this.hasMoved = true;
      // Also outside the list, and outside the window.
      list.setPointerCapture(pressed.pointer);
    }
    const box = list.getBoundingClientRect();
    if (event.clientY < box.top + EDGE) list.scrollTop -= EDGE / 3;
    else if (event.clientY > box.bottom - EDGE) list.scrollTop += EDGE / 3;
    this.by = this.#y(event) - pressed.y;
    this.place = this.#facts.placeAt(this.#y(event));
  }

  end(): void {
    const { key, place } = this;
    this.cancel();
    if (key !== null && place !== null) this.#facts.drop(key, place);
  }

  cancel(): void {
    this.#pressed = null;
    this.key = this.place = null;
    this.by = 0;
  }

  /** Escape leaves everything where it is. */
  keyed(event: KeyboardEvent): void {
    if (this.key === null || event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    this.cancel();
  }

  /** Pixels below the beginning of the list. */
  #y(event: PointerEvent): number {
    const list = this.#facts.list();
    return event.clientY - list.getBoundingClientRect().top + list.scrollTop;
  }
}
