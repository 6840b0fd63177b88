// The mouse's side buttons, where the window's toolkit tells of them: noVNC knows them from the web view's events only, and
// WebKitGTK tells its pages of them as of no button at all.

import type { Pointed } from './wheel';

/** One goes down over the screen, or up anywhere. Servers without extended mouse buttons are told of none: noVNC leaves that bit out. */
export function pressSideButton(rfb: Pointed, clientX: number, clientY: number, forward: boolean, down: boolean): void {
  const held = rfb._mouseButtonMask;
  const button = forward ? FORWARD : BACK;
  if (down ? rfb._canvas.ownerDocument.elementFromPoint(clientX, clientY) !== rfb._canvas : (held & button) === 0)
    return;
  const { left, top } = rfb._canvas.getBoundingClientRect();
  rfb._handleMouseButton(clientX - left, clientY - top, down ? held | button : held & ~button);
}

/** The bits of RFB's mask, buttons 8 and 9. */
const BACK = 128;
const FORWARD = 256;
