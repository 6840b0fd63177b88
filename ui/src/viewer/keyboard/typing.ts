// A text as keys: what is pressed for it, and what cannot be.

import type { KeyStroke } from '../../ipc/bindings/KeyStroke';
import { keysymOf } from '../novnc/keysyms';
import { strokeOf, tap, type Stroke } from './chord';
import { codeOf } from './codes';
import { isUnicode, needsShift } from './symbols';

/** What is pressed for one character: all of it goes down and up, so that nothing is held behind it. */
export type Press = readonly Stroke[];

export interface Typed {
  presses: Press[];
  /** How many lines it has. */
  lines: number;
  /** Characters that are on no us keyboard, each once, as people can read them: a layout that is not known may lack them. */
  foreign: string[];
  /** Those among them that go as Unicode's symbols, which some servers do not know at all. */
  unicode: string[];
  /** Characters that there is no key for: they are left out. */
  impossible: string[];
}

/** The characters of a text: `é` may come as `e` and an accent, for which there is no key. The mark in front of a file is none. */
export function lettersOf(text: string): string[] {
  return [
    ...text
      .replace(/^\ufeff/, '')
      .replace(/\r\n?/g, '\n')
      .normalize('NFC'),
  ];
}

/** What is pressed for each character on the layout that the machine has, as far as the engine has said so. */
export type OnLayout = ReadonlyMap<string, Press | null>;

/** As the engine says it. */
export function onLayout(letters: readonly string[], said: readonly (KeyStroke[] | null)[]): OnLayout {
  const press = (strokes: KeyStroke[]) =>
    strokes.map(({ keysym, key, down }) => ({ keysym, code: key === null ? null : codeOf(key), down }));
  return new Map(letters.map((letter, nth) => [letter, said[nth] ? press(said[nth]) : null]));
}

/**
 * `withUnicode` says whether the server knows Unicode's symbols; `layout` is null where the machine's is not known, and the server
 * looks for the keys.
 */
export function typed(text: string, withUnicode = true, layout: OnLayout | null = null): Typed {
  const letters = lettersOf(text);
  const presses: Press[] = [];
  const [foreign, unicode, impossible] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const letter of letters) {
    const press = layout ? layout.get(letter) : pressOf(letter);
    const codePoint = letter.codePointAt(0) ?? 0;
    if (!press || (!layout && !withUnicode && codePoint > LAST_ASCII && isUnicode(codePoint))) {
      impossible.add(readable(letter));
      continue;
    }
    presses.push(press);
    if (layout || codePoint <= LAST_ASCII) continue;
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
