// The remote screen follows the window's size (SetDesktopSize and ExtendedDesktopSize of rfbproto). noVNC can do that, too, but asks at
// once for each size of a window that is being dragged, never again after a server did not answer, and without end where a
// server takes another size than it was asked for. It does not tell of a refusal.

import { followed, type Size } from '../scaling';
import type { Internals } from './internals';

/** Whether the server changes its size for a viewer: not known before it has said so, and not where it has several screens,
 * of which one would be left. */
export type Following = 'unknown' | 'able' | 'several';

/** Why a server refused a size: its status in ExtendedDesktopSize. */
export type Refusal = 'prohibited' | 'no_room' | 'other';

export class Follow {
  state: Following = 'unknown';
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What was asked for last. It is not asked for again: the server may have taken another size, or none. */
  #asked: Size | null = null;
  #prohibited = false;

  /** `room` is the window's where the screen is to follow it, else null. */
  constructor(
    readonly rfb: Internals,
    readonly room: () => Size | null,
    readonly send: (size: Size) => void,
  ) {
    rfb._requestRemoteResize = () => this.later();
    const read = rfb._handleExtendedDesktopSize.bind(rfb);
    rfb._handleExtendedDesktopSize = () => {
      const screens = rfb._sock.rQlen() > 0 ? rfb._sock.rQpeek8() : 0;
      const { x: reason, y: status } = rfb._FBU;
      if (!read()) return false;
      this.#answered(screens, reason === BY_US ? status : 0);
      return true;
    };
    rfb.addEventListener('disconnect', () => clearTimeout(this.#timer));
  }

  /** The window's size has changed, and may go on changing. */
  later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), SETTLED_MS);
  }

  /** Follows from now on, whatever was refused before. */
  begin(): void {
    this.#asked = null;
    this.#prohibited = false;
    this.#ask();
  }

  #ask(): void {
    clearTimeout(this.#timer);
    const room = this.room();
    if (room === null || this.state !== 'able' || this.#prohibited || this.rfb._viewOnly) return;
    const size = followed(room, devicePixelRatio);
    const isThere = size.width === this.rfb._fbWidth && size.height === this.rfb._fbHeight;
    const isAsked = size.width === this.#asked?.width && size.height === this.#asked.height;
    if (isThere || isAsked) return;
    this.#asked = size;
    this.send(size);
  }

  #answered(screens: number, status: number): void {
    const before = this.state;
    this.state = screens > 1 ? 'several' : 'able';
    if (this.state !== before) {
      this.rfb.dispatchEvent(new CustomEvent('following', { detail: this.state }));
      this.#ask();
    }
    if (status === 0) return;
    this.#prohibited ||= status === PROHIBITED;
    const refusal: Refusal = status === PROHIBITED ? 'prohibited' : status === OUT_OF_RESOURCES ? 'no_room' : 'other';
    this.rfb.dispatchEvent(new CustomEvent('notfollowed', { detail: refusal }));
  }
}

/** A person who drags a window's edge stops for so long now and then. */
const SETTLED_MS = 200;

/** Reason 1 in ExtendedDesktopSize: this viewer has asked for the change. */
const BY_US = 1;
const PROHIBITED = 1;
const OUT_OF_RESOURCES = 2;
