// Moves the part of the remote screen that is seen: by dragging it, and with the pointer at the window's edges.

/** What can be moved. */
export interface Pannable {
  /** Whether there is more than is seen. */
  readonly showsPart: boolean;
  pan(x: number, y: number): boolean;
  point(clientX: number, clientY: number): void;
  click(clientX: number, clientY: number, button: number): void;
}

interface Drag {
  x: number;
  y: number;
  button: number;
  moved: boolean;
}

/** The screen's element, on which noVNC's canvas lies. It has the class `dragged` meanwhile. */
export class Panning {
  #drag: Drag | null = null;
  /** The drag is over, and its `mouseup` is still to come. */
  #ending = false;
  #edge: { x: number; y: number } | null = null;
  #frame = 0;
  #last = 0;

  constructor(
    readonly element: HTMLElement,
    readonly view: () => Pannable | null,
    readonly viewOnly: () => boolean,
    /** The one that the element is in. */
    readonly window: Window = globalThis.window,
  ) {}

  /** Listens until the function that is returned is called. */
  listen(): () => void {
    const over = new AbortController();
    const options = { capture: true, signal: over.signal };
    this.element.addEventListener('pointerdown', (event) => this.#pressed(event), options);
    this.element.addEventListener('pointerleave', (event) => this.#left(event), { signal: over.signal });
    const { window } = this;
    window.addEventListener('pointermove', (event) => this.#moved(event), options);
    window.addEventListener('pointerup', (event) => this.#released(event), options);
    window.addEventListener('pointercancel', () => this.#stop(), options);
    window.addEventListener('blur', () => this.#stop(), { signal: over.signal });
    for (const name of ['touchstart', 'touchmove', 'touchend', 'touchcancel'] as const)
      this.element.addEventListener(name, (event) => this.#touched(event), { ...options, passive: true });
    // noVNC listens to the mouse, whose events come after the pointer's.
    for (const name of ['mousedown', 'mousemove', 'mouseup'] as const) {
      window.addEventListener(name, (event) => this.#mouse(event), options);
    }
    return () => {
      over.abort();
      this.#stop();
    };
  }

  #pressed({ button, clientX: x, clientY: y }: PointerEvent): void {
    this.#ending = false;
    if (!this.view()?.showsPart || this.#drag) return;
    // A click with the middle button pastes there; who only watches has no other use for the first one.
    if (button === MIDDLE || (button === FIRST && this.viewOnly())) this.#drag = { x, y, button, moved: false };
  }

  #moved(event: PointerEvent): void {
    const { clientX: x, clientY: y } = event;
    const drag = this.#drag;
    if (!drag) {
      this.#lookAtEdge(event);
      return;
    }
    this.#dragTo(drag, x, y);
  }

  #dragTo(drag: Drag, x: number, y: number): void {
    drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > STILL;
    if (!drag.moved) return;
    this.element.classList.add('dragged');
    this.view()?.pan(drag.x - x, drag.y - y);
    [drag.x, drag.y] = [x, y];
  }

  #released({ button, clientX, clientY, pointerType }: PointerEvent): void {
    const drag = this.#drag;
    if (drag?.button !== button) return;
    this.#drag = null;
    this.#ending = pointerType !== 'touch';
    this.element.classList.remove('dragged');
    if (!drag.moved && button === MIDDLE) this.view()?.click(clientX, clientY, RFB_MIDDLE);
  }

  /** A finger moves. Some web views tell of fingers only so, and not as of pointers. */
  #touched({ touches, type }: TouchEvent): void {
    const [finger] = touches;
    if (!finger || touches.length > 1) return this.#stop();
    const { clientX: x, clientY: y } = finger;
    if (type === 'touchstart' && this.viewOnly() && this.view()?.showsPart) {
      this.#drag = { x, y, button: FIRST, moved: false };
    }
    if (this.#drag) this.#dragTo(this.#drag, x, y);
    else if (type === 'touchmove') this.#restAt({ x, y });
  }

  #mouse(event: MouseEvent): void {
    if (!this.#drag && !this.#ending) return;
    if (event.type !== 'mousemove') this.#ending = false;
    event.stopImmediatePropagation();
    event.preventDefault();
  }

  #lookAtEdge({ target, clientX: x, clientY: y, buttons, pointerType }: PointerEvent): void {
    const isOnScreen =
      target instanceof Element && (this.element.contains(target) || target.id === 'noVNC_mouse_capture_elem');
    const hovers = pointerType !== 'touch' || buttons !== 0;
    this.#restAt(isOnScreen && hovers ? { x, y } : null);
  }

  #restAt(at: { x: number; y: number } | null): void {
    this.#edge = this.view()?.showsPart ? at : null;
    if (this.#edge && this.#frame === 0 && this.#isAtEdge(this.#edge)) {
      this.#last = this.window.performance.now();
      this.#frame = this.window.requestAnimationFrame((now) => this.#step(now));
    }
  }

  #isAtEdge(at: { x: number; y: number }): boolean {
    const { x, y } = this.#pace(at);
    return x !== 0 || y !== 0;
  }

  #pace({ x, y }: { x: number; y: number }): { x: number; y: number } {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    return { x: pace(x - left, width), y: pace(y - top, height) };
  }

  #step(now: number): void {
    this.#frame = 0;
    const view = this.view();
    if (!this.#edge || !view?.showsPart || this.#drag) return;
    const seconds = Math.min(0.1, Math.max(0, now - this.#last) / 1000);
    this.#last = now;
    const { x, y } = this.#pace(this.#edge);
    if ((x === 0 && y === 0) || !view.pan(x * seconds, y * seconds)) return;
    // The pointer stands still, and something else is below it.
    view.point(this.#edge.x, this.#edge.y);
    this.#frame = this.window.requestAnimationFrame((later) => this.#step(later));
  }

  #left({ buttons }: PointerEvent): void {
    if (buttons === 0) this.#edge = null;
  }

  #stop(): void {
    this.#drag = this.#edge = null;
    this.#ending = false;
    this.window.cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.element.classList.remove('dragged');
  }
}

/** Pixels a second at a place along a side of this length: more the nearer to its end, negative at its beginning. */
export function pace(at: number, length: number): number {
  const depth = (distance: number) => Math.max(0, Math.min(1, (EDGE - distance) / EDGE));
  // In a narrow window the two edges would meet.
  if (length < 4 * EDGE) return 0;
  return (depth(length - at) - depth(at)) * FASTEST;
}

const EDGE = 24;
const FASTEST = 1_500;
/** A hand that clicks is not quite still. */
const STILL = 4;
const FIRST = 0;
const MIDDLE = 1;
const RFB_MIDDLE = 2;
