// A text as keys: what is pressed for it, and what cannot be.

import { keysymOf } from '../novnc/keysyms';
import { strokeOf, tap, type Stroke } from './chord';
import { isUnicode, needsShift } from './symbols';

/** What is pressed for one character: all of it goes down and up, so that nothing is held behind it. */
export type Press = readonly Stroke[];

export interface Typed {
  presses: Press[];
  /** How many lines it has. */
  lines: number;
  /** Characters that are on no us keyboard, each once, as people can read them: the server's layout may lack them. */
  foreign: string[];
  /** Those among them that go as Unicode's symbols, which some servers do not know at all. */
  unicode: string[];
  /** Characters that there is no key for: they are left out. */
  impossible: string[];
}

/**
 * Composed: `é` may come as `e` and an accent, for which there is no key. The byte order mark in front of a file is none of its text.
 * `withUnicode` says whether the server knows Unicode's symbols.
 */
export function typed(text: string, withUnicode = true): Typed {
  const letters = [
    ...text
      .replace(/^\ufeff/, '')
      .replace(/\r\n?/g, '\n')
      .normalize('NFC'),
  ];
  const presses: Press[] = [];
  const [foreign, unicode, impossible] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const letter of letters) {
    const press = pressOf(letter);
    const codePoint = letter.codePointAt(0) ?? 0;
    if (!press || (!withUnicode && codePoint > LAST_ASCII && isUnicode(codePoint))) {
      impossible.add(readable(letter));
      continue;
    }
    presses.push(press);
    if (codePoint <= LAST_ASCII) continue;
    foreign.add(readable(letter));
    if (isUnicode(codePoint)) unicode.add(readable(letter));
  }
  const lines = letters.filter((letter) => letter === '\n').length + (letters.at(-1) === '\n' ? 0 : 1);
  return { presses, lines, foreign: [...foreign], unicode: [...unicode], impossible: [...impossible] };
}

function pressOf(letter: string): Press | null {
  if (letter === '\n') return tap({ keysym: RETURN, code: null, down: true });
  if (letter === '\t') return tap({ keysym: TAB, code: null, down: true });
  // Control characters, halves of surrogate pairs, and what stands for no character.
  if (/[\p{Cc}\p{Cs}\p{Cn}]/u.test(letter)) return null;
  const stroke = { keysym: keysymOf(letter.codePointAt(0) ?? 0), code: null, down: true };
  return needsShift(letter) ? tap({ ...strokeOf('Shift', true), code: null }, stroke) : tap(stroke);
}

/** Itself, or its number where it is not to be seen. */
function readable(letter: string): string {
  if (!/[\p{C}\p{Z}\p{M}]/u.test(letter)) return letter;
  return `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

const LAST_ASCII = 0x7e;
const RETURN = 0xff0d;
const TAB = 0xff09;
