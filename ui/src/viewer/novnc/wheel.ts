// The wheel in notches, of which RFB knows whole ones only. noVNC presses the wheel's button once for an event, however far
// the wheel was turned meanwhile, and throws away what is left over.

import type { Internals } from './internals';

/** What takes the mouse's buttons at a place of a canvas: noVNC, or a {@link Mirror} of it. */
export type Pointed = Pick<
  Internals,
  '_canvas' | '_rfbConnectionState' | '_viewOnly' | '_mouseButtonMask' | '_handleMouseButton'
>;

/** What web views tell beside the standard's: 120 for a notch, the other way round. */
type LegacyWheelEvent = WheelEvent & { wheelDeltaX?: number; wheelDeltaY?: number };

export class Wheel {
  #x = 0;
  #y = 0;

  /** The whole notches that an event completes: right and down are positive. */
  turn(event: WheelEvent): { x: number; y: number } {
    const { wheelDeltaX, wheelDeltaY } = event as LegacyWheelEvent;
    this.#x = turned(this.#x, notches(event.deltaX, event.deltaMode, wheelDeltaX));
    this.#y = turned(this.#y, notches(event.deltaY, event.deltaMode, wheelDeltaY));
    const whole = { x: Math.trunc(this.#x), y: Math.trunc(this.#y) };
    this.#x -= whole.x;
    this.#y -= whole.y;
    return { x: within(whole.x), y: within(whole.y) };
  }
}

/** Turns the wheel there, with the pointer where it is. */
export function turnWheel(rfb: Pointed, wheel: Wheel, event: WheelEvent): void {
  if (rfb._rfbConnectionState !== 'connected' || rfb._viewOnly) return;
  event.stopPropagation();
  event.preventDefault();
  const { left, top } = rfb._canvas.getBoundingClientRect();
  const { x, y } = wheel.turn(event);
  const held = buttons(event.buttons);
  const press = (count: number, button: number) => {
    for (let nth = 0; nth < count; nth++) {
      rfb._handleMouseButton(event.clientX - left, event.clientY - top, held | button);
      rfb._handleMouseButton(event.clientX - left, event.clientY - top, held);
    }
  };
  press(-y, UP);
  press(y, DOWN);
  press(-x, LEFT);
  press(x, RIGHT);
}

/** The other way round at once, without turning back first what was left over. */
function turned(rest: number, more: number): number {
  return rest * more < 0 ? more : rest + more;
}

function notches(delta: number, mode: number, legacy: number | undefined): number {
  if (delta === 0) return 0;
  if (legacy) {
    const most = mode === WheelEvent.DOM_DELTA_PIXEL ? Math.abs(delta) / FEWEST_PIXELS : Infinity;
    return Math.max(-most, Math.min(most, -legacy / 120));
  }
  return delta / (mode === WheelEvent.DOM_DELTA_PIXEL ? PIXELS : LINES);
}

/** A page that stood still for long gets many at once. Never −0. */
function within(count: number): number {
  return Math.max(-MAX_NOTCHES, Math.min(MAX_NOTCHES, count)) + 0;
}

/** The bits of RFB's PointerEvent for those of the DOM. */
export function buttons(mask: number): number {
  return (mask & 1) | (mask & 2 ? 4 : 0) | (mask & 4 ? 2 : 0);
}

const [UP, DOWN, LEFT, RIGHT] = [8, 16, 32, 64];
/** Of a notch, where a web view tells no better. */
const PIXELS = 50;
const LINES = 3;
/** A notch is no less. WebKitGTK tells of a finger that moves by a pixel as of a notch. */
const FEWEST_PIXELS = 10;
const MAX_NOTCHES = 20;
