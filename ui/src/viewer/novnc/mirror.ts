// A screen of the machine in another window of this page's: drawn there too from what noVNC has drawn, and acted on from there
// through the same connection.

import type { Internals, Messages } from './internals';
import { screenArea, type Area } from './screens';
import { pressSideButton } from './sideButtons';
import { buttons, turnWheel, Wheel, type Pointed } from './wheel';

/** The buttons that PointerEvent has no room for. */
const EXTENDED = 0x7f80;

/** All screens of one session that are seen in other windows. */
export class Mirrors {
  /** The server's list of screens. */
  screens: Area[] = [];
  /** Called when one of them is seen, or not any more. */
  onseen: () => void = () => {};
  readonly #all = new Set<Mirror>();

  /** For a noVNC that has just been made; in front of all others that show what has been drawn. */
  constructor(rfb: Internals) {
    const display = rfb._display;
    const flip = display.flip.bind(display);
    display.flip = (fromQueue) => {
      // Otherwise it is queued, and comes here from the queue.
      if (fromQueue || display._renderQ.length === 0) for (const mirror of this.#all) mirror.draw();
      flip(fromQueue);
    };
  }

  add(mirror: Mirror): void {
    this.#all.add(mirror);
    this.onseen();
  }

  remove(mirror: Mirror): void {
    this.#all.delete(mirror);
    this.onseen();
  }

  /** Whether any of them is to be seen. */
  get areSeen(): boolean {
    return [...this.#all].some((mirror) => mirror.isSeen);
  }
}

/** One of them, from when it is made until it is ended. */
export class Mirror implements Pointed {
  readonly _canvas: HTMLCanvasElement;
  _mouseButtonMask = 0;
  readonly #rfb: Internals;
  readonly #messages: Messages;
  readonly #mirrors: Mirrors;
  readonly #number: number;
  readonly #wheel = new Wheel();
  readonly #over = new AbortController();

  /** The screen of this number, from 1, in this canvas, which gets its size. */
  constructor(rfb: Internals, messages: Messages, mirrors: Mirrors, number: number, canvas: HTMLCanvasElement) {
    [this.#rfb, this.#messages, this.#mirrors] = [rfb, messages, mirrors];
    [this.#number, this._canvas] = [number, canvas];
    const cursor = new MutationObserver(() => this.#follow());
    cursor.observe(rfb._canvas, { attributes: true, attributeFilter: ['style'] });
    this.#over.signal.addEventListener('abort', () => cursor.disconnect());
    canvas.ownerDocument.addEventListener('visibilitychange', () => mirrors.onseen(), { signal: this.#over.signal });
    mirrors.add(this);
    this.#follow();
    this.#drawAll();
  }

  /** Nothing more is drawn, and what was down goes up. */
  end(): void {
    this.release();
    this.#over.abort();
    this.#mirrors.remove(this);
  }

  get isSeen(): boolean {
    return !this._canvas.ownerDocument.hidden;
  }

  get _rfbConnectionState(): string {
    return this.#rfb._rfbConnectionState;
  }

  get _viewOnly(): boolean {
    return this.#rfb._viewOnly;
  }

  /** Draws what has been drawn since the last time. */
  draw(): void {
    const area = this.#area;
    if (!area) return;
    if (area.width !== this._canvas.width || area.height !== this._canvas.height) return this.#drawAll();
    const { left, top, right, bottom } = this.#rfb._display._damageBounds;
    this.#copy(area, {
      x: Math.max(left, area.x),
      y: Math.max(top, area.y),
      width: Math.min(right, area.x + area.width) - Math.max(left, area.x),
      height: Math.min(bottom, area.y + area.height) - Math.max(top, area.y),
    });
  }

  /** An event of the mouse over the canvas, or of one that began there. */
  take(event: MouseEvent): void {
    const { left, top } = this._canvas.getBoundingClientRect();
    // The side buttons are told apart from these.
    const held = this._mouseButtonMask & ~FIRST_THREE;
    this._handleMouseButton(event.clientX - left, event.clientY - top, held | buttons(event.buttons));
  }

  /** The wheel is turned over it. */
  turn(event: WheelEvent): void {
    turnWheel(this, this.#wheel, event);
  }

  /** A side button of the mouse goes down over it, or up. */
  sideButton(clientX: number, clientY: number, forward: boolean, down: boolean): void {
    pressSideButton(this, clientX, clientY, forward, down);
  }

  /** All buttons that are down go up, where the pointer was last. */
  release(): void {
    if (this._mouseButtonMask !== 0) this.#send(0);
  }

  /** As noVNC's: a place on the canvas, in the page's pixels. */
  _handleMouseButton(x: number, y: number, mask: number): void {
    const { width, height } = this._canvas.getBoundingClientRect();
    const within = (part: number, pixels: number) => Math.min(pixels - 1, Math.max(0, Math.floor(part * pixels)));
    this.#place = { x: within(x / width, this._canvas.width), y: within(y / height, this._canvas.height) };
    this.#send(mask);
  }

  #place = { x: 0, y: 0 };

  #send(mask: number): void {
    const area = this.#area;
    this._mouseButtonMask = mask;
    if (!area || this._viewOnly || this._rfbConnectionState !== 'connected') return;
    const { _sock: sock, _extendedPointerEventSupported: knowsAll } = this.#rfb;
    const send =
      (mask & EXTENDED) !== 0 && knowsAll ? this.#messages.extendedPointerEvent : this.#messages.pointerEvent;
    send(sock, area.x + this.#place.x, area.y + this.#place.y, mask);
  }

  /** Null where the machine has no such screen, or its picture is not there yet. */
  get #area(): Area | null {
    return screenArea(this.#mirrors.screens, this.#number, this.#rfb._fbWidth, this.#rfb._fbHeight);
  }

  #drawAll(): void {
    const area = this.#area;
    if (!area) return;
    Object.assign(this._canvas, { width: area.width, height: area.height });
    this._canvas.dispatchEvent(new Event('resize'));
    this.#copy(area, area);
  }

  #copy(area: Area, { x, y, width, height }: Area): void {
    if (width <= 0 || height <= 0) return;
    const { canvas } = this.#rfb._display._drawCtx;
    const context = this._canvas.getContext('2d', { alpha: false });
    context?.drawImage(canvas, x, y, width, height, x - area.x, y - area.y, width, height);
  }

  /** The pointer looks as it does over the session's own canvas. */
  #follow(): void {
    this._canvas.style.cursor = this.#rfb._canvas.style.cursor;
  }
}

/** RFB's bits of the left, the middle and the right button. */
const FIRST_THREE = 7;
