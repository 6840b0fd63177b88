// A machine whose mouse tells of movements only, as QEMU's PS/2 mouse: the pointer over there is where the machine has it, and
// a place means nothing to it. QEMU says so with a pseudo-encoding
// (https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#qemu-pointer-motion-change-pseudo-encoding) to who asks for that,
// and then takes the two fields of PointerEvent as a movement.

import type { Internals, Messages } from './internals';
import { buttons } from './wheel';

/** The pseudo-encoding's number. */
const POINTER_MOTION_CHANGE = -257;
/** What stands for no movement in either field. */
const STILL = 0x7fff;
/** The buttons that PointerEvent has no room for. */
const EXTENDED = 0x7f80;

/** Has every session ask to be told. Once for all. */
export function askForPointerMode(messages: Messages): void {
  const send = messages.clientEncodings.bind(messages);
  messages.clientEncodings = (sock, encodings) => send(sock, [...encodings, POINTER_MOTION_CHANGE]);
}

interface Place {
  x: number;
  y: number;
}

export class RelativePointer {
  readonly #rfb: Internals;
  readonly #messages: Messages;
  #relative = false;
  /** Where the pointer would be, in pixels of the page, if nothing were in its way; null while it is not locked. */
  #virtual: Place | null = null;
  /** The place up to which the machine was told of movements; null before the first. */
  #told: Place | null = null;

  constructor(rfb: Internals, messages: Messages) {
    this.#rfb = rfb;
    this.#messages = messages;
    const [handleRect, sendMouse] = [rfb._handleRect.bind(rfb), rfb._sendMouse.bind(rfb)];
    rfb._handleRect = () => {
      if (rfb._FBU.encoding !== POINTER_MOTION_CHANGE) return handleRect();
      this.#change(rfb._FBU.x === 0);
      return true;
    };
    rfb._sendMouse = (x, y, mask) => {
      if (!this.#relative) sendMouse(x, y, mask);
      else if (rfb._rfbConnectionState === 'connected' && !rfb._viewOnly) this.#move(this.#virtual ?? { x, y }, mask);
    };
  }

  /** Whether the machine takes movements only. */
  get isRelative(): boolean {
    return this.#relative;
  }

  /** Whether the pointer is the machine's alone: it does not leave the screen, and is not drawn here. */
  get isLocked(): boolean {
    return document.pointerLockElement === this.#rfb._canvas;
  }

  /** Gives the pointer to the machine. Web views allow it after a click only, and may refuse: then it stays as it is. */
  async lock(): Promise<void> {
    if (!this.#relative || this.isLocked) return;
    // Older web views return nothing.
    await Promise.resolve(this.#rfb._canvas.requestPointerLock()).catch(() => {});
  }

  /** Takes it back. */
  unlock(): void {
    if (this.isLocked) document.exitPointerLock();
  }

  /** Takes an event of the mouse that has no place; false where it has one, and is noVNC's. */
  take(event: MouseEvent): boolean {
    if (!this.#relative || !this.isLocked) {
      // What is true again is elsewhere, and no movement leads there.
      if (this.#virtual) this.#virtual = this.#told = null;
      return false;
    }
    this.#virtual ??= this.#told ??= { x: 0, y: 0 };
    // A click's end goes on to the window: noVNC waits there for it where the click began before the pointer was locked.
    if (event.type !== 'mouseup') event.stopPropagation();
    event.preventDefault();
    if (event.type === 'mousemove') {
      this.#virtual = { x: this.#virtual.x + event.movementX, y: this.#virtual.y + event.movementY };
      this.#rfb._handleMouseMove(this.#virtual.x, this.#virtual.y);
    } else if (event.type === 'mousedown' || event.type === 'mouseup') {
      this.#rfb._handleMouseButton(this.#virtual.x, this.#virtual.y, buttons(event.buttons));
    }
    return true;
  }

  #change(relative: boolean): void {
    if (relative === this.#relative) return;
    this.#relative = relative;
    this.#virtual = this.#told = null;
    if (!relative) this.unlock();
    this.#rfb.dispatchEvent(new CustomEvent('pointermode', { detail: { relative } }));
  }

  #move(to: Place, mask: number): void {
    const { _sock: sock, _display: display } = this.#rfb;
    const from = this.#told ?? to;
    const across = steps((to.x - from.x) / display.scale);
    const down = steps((to.y - from.y) / display.scale);
    // What is left of a pixel counts next time.
    this.#told = { x: from.x + across * display.scale, y: from.y + down * display.scale };
    const send =
      (mask & EXTENDED) !== 0 && this.#rfb._extendedPointerEventSupported
        ? this.#messages.extendedPointerEvent
        : this.#messages.pointerEvent;
    send(sock, STILL + across, STILL + down, mask);
  }
}

/** Whole pixels, as many as fit into a field. */
function steps(pixels: number): number {
  return Math.max(-STILL, Math.min(Math.trunc(pixels), STILL));
}
