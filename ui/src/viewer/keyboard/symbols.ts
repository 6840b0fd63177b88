// Which symbol a character is sent as, and whether Shift goes down for it.
//
// RFB has no characters, only keys: a server is told an X11 symbol, and looks for a key that has it in a keyboard layout of its own.
// - Xvnc and x11vnc find it on any level, press or release Shift as it needs to be, and take a key that is free for symbols that
//   their layout lacks.
// - QEMU looks for the key in the layout of its option `-k` (us where there is none), and presses that key only: without Shift it
//   types `1` for `!`.
// So Shift goes down for capitals and for what lies above on a us keyboard: QEMU needs it, and the others undo it where it is
// wrong. No scan code is sent along, as QEMU would then look at nothing else, and the key of `z` is not everywhere where it is here.

import { keysymOf } from '../novnc/keysyms';

/** X11 has Unicode's other characters here. */
const UNICODE = 0x0100_0000;

const below = "`1234567890-=[]\\;',./";
const above = '~!@#$%^&*()_+{}|:"<>?';

/** Whether its symbol is one of Unicode's: older servers, and those whose layout has no such key, may not know it. */
export function isUnicode(codePoint: number): boolean {
  return keysymOf(codePoint) >= UNICODE;
}

/**
 * Whether a server knows such symbols, by the name of its desktop. QEMU's own one takes the lower 16 bits of a symbol for all of it,
 * and so presses Enter for the `－` of Chinese and Japanese texts, and Backspace for their `（`.
 */
export function knowsUnicode(desktopName: string): boolean {
  return !/^QEMU\b/.test(desktopName);
}

/** Whether Shift is pressed for it. */
export function needsShift(letter: string): boolean {
  return above.includes(letter) || (letter.toLowerCase() !== letter && letter.toUpperCase() === letter);
}

/** What its key gives with Shift, on a us keyboard. */
export function shifted(letter: string): string {
  const at = below.indexOf(letter);
  if (at >= 0) return above.charAt(at);
  const upper = letter.toUpperCase();
  // `ß` would become two.
  return [...upper].length === 1 ? upper : letter;
}
