// Keys as the window's toolkit has them. WebKitGTK gives its pages less: no dead keys (the accent of `é` on a French keyboard), no
// left and right for Super, and digits for the keypad whatever NumLock says.

import type { KeyPress } from '../../ipc/bindings/KeyPress';
import { codeOf } from './codes';
import { knowsUnicode } from './symbols';
import { typed } from './typing';

/** What takes keys to the server: noVNC with our changes. */
export interface Keys {
  /** A key goes down or up; `numLock` and `capsLock` are how they are here: other ones there are set right first. */
  takeKey(keysym: number, code: string, down: boolean, numLock: boolean | null, capsLock: boolean | null): void;
}

/** What takes characters that no key here has. */
export interface Characters {
  sendKey(keysym: number, code: string | null, down?: boolean): void;
}

/** What presses each character of a text that was composed here: its symbol goes down and up. */
export function pressesOf(text: string, desktopName: string, keys: () => Characters | null): (() => void)[] {
  return typed(text, knowsUnicode(desktopName)).presses.map((press) => () => {
    for (const { keysym, code, down } of press) keys()?.sendKey(keysym, code, down);
  });
}

/**
 * Passes a key on. Those with Ctrl, Alt and Shift held are shown to the page first, as an event that never reaches noVNC: the page's
 * own chords are among them.
 */
export function passKey(press: KeyPress, keys: Keys, scope: EventTarget = window): void {
  const code = codeOf(press.key);
  if (press.down && press.chord && !scope.dispatchEvent(asEvent(code))) return;
  keys.takeKey(press.keysym, code, press.down, press.num_lock, press.caps_lock);
}

function asEvent(code: string): KeyboardEvent {
  const modifiers = { ctrlKey: true, altKey: true, shiftKey: true };
  return new KeyboardEvent('keydown', { code, ...modifiers, cancelable: true });
}
