// noVNC knows which keys are down, and lets all of them go where the window loses the focus or the session ends. Who shows that a
// key is down has to hear of that.

import type { Internals } from './internals';

export function tellKeysUp(rfb: Internals): void {
  const keyboard = rfb._keyboard;
  const send = keyboard._sendKeyEvent.bind(keyboard);
  keyboard._sendKeyEvent = (keysym, code, down, numLock, capsLock) => {
    send(keysym, code, down, numLock, capsLock);
    if (!down) rfb.dispatchEvent(new CustomEvent('keyup', { detail: { code } }));
  };
}
