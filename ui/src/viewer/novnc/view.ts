// What is seen of the remote screen: its scale, and the part of it where it is larger than the window. noVNC can fit it into
// the window or show it as it is, with the web view's scrollbars over the picture's edge; it cannot show a part of a scaled one.

import type { Scaling } from '../../ipc/bindings/Scaling';
import { layOut, type Size } from '../scaling';
import type { Internals } from './internals';
import { seenArea, type Area } from './screens';

export class View {
  #scaling: Scaling = 'fit';
  #screen: number | null = null;
  #screens: Area[] = [];
  /** What panning has not moved yet: less than a pixel of the remote screen. */
  #rest = { x: 0, y: 0 };

  /** `follows` says whether the server takes the window's size; `onscale` is called after each new scale. */
  constructor(
    readonly rfb: Internals,
    readonly follows: () => boolean,
    readonly onscale: () => void,
  ) {
    rfb._screen.style.overflow = 'hidden';
    rfb._display.clipViewport = true;
    rfb._updateClip = rfb._updateScale = () => this.arrange();
  }

  get scaling(): Scaling {
    return this.#scaling;
  }
  set scaling(scaling: Scaling) {
    this.#scaling = scaling;
    this.arrange();
  }

  /** Which of the machine's screens is seen, from 1; null: all. */
  get screen(): number | null {
    return this.#screen;
  }
  set screen(number: number | null) {
    this.#screen = number;
    this.arrange();
  }

  /** The server's list of screens. */
  set screens(screens: Area[]) {
    this.#screens = screens;
    this.arrange();
  }

  /** What of the framebuffer there is to be seen. */
  get #area(): Area {
    return seenArea(this.#screens, this.#screen, this.rfb._fbWidth, this.rfb._fbHeight);
  }

  /** The window's room, in the page's pixels. */
  get room(): Size {
    const { width, height } = this.rfb._screen.getBoundingClientRect();
    return { width, height };
  }

  /** Whether there is more of the screen than is seen. */
  get isPart(): boolean {
    const { w, h } = this.rfb._display._viewportLoc;
    const { width, height } = this.#area;
    return w < width || h < height;
  }

  /** Draws the screen as it is to be seen now. */
  arrange(): void {
    const { _display: display, _fbWidth: width, _fbHeight: height } = this.rfb;
    if (width === 0 || height === 0) return;
    const { scale, part } = layOut(this.#scaling, this.room, this.#area, devicePixelRatio, this.follows());
    display.viewportChangeSize(part.width, part.height);
    this.#move(0, 0);
    const changed = display.scale !== scale;
    display.scale = scale;
    if (changed) this.onscale();
  }

  /** Moves the part that is seen, by the page's pixels. Says whether it has moved, or will when there is more of it. */
  pan(x: number, y: number): boolean {
    const { _display: display } = this.rfb;
    const { _viewportLoc: part, scale } = display;
    const before = { x: part.x, y: part.y };
    const wanted = { x: x / scale + this.#rest.x, y: y / scale + this.#rest.y };
    const whole = { x: Math.trunc(wanted.x), y: Math.trunc(wanted.y) };
    this.#rest = { x: wanted.x - whole.x, y: wanted.y - whole.y };
    this.#move(whole.x, whole.y);
    return part.x !== before.x || part.y !== before.y || (this.isPart && whole.x === 0 && whole.y === 0);
  }

  /** Moves the part that is seen, by the framebuffer's pixels, within what there is to be seen. */
  #move(x: number, y: number): void {
    const { _display: display } = this.rfb;
    const { x: left, y: top, w, h } = display._viewportLoc;
    const area = this.#area;
    const to = {
      x: Math.max(area.x, Math.min(area.x + area.width - w, left + x)),
      y: Math.max(area.y, Math.min(area.y + area.height - h, top + y)),
    };
    display.viewportChangePos(to.x - left, to.y - top);
  }
}
