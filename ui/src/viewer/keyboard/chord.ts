// Keys that are pressed together: modifiers, and one key. What is sent for each of them.

import { keysymOf } from '../novnc/keysyms';
import { needsShift, shifted } from './symbols';

/** One key going down or up, as noVNC's `sendKey` takes it. */
export interface Stroke {
  keysym: number;
  /** What the key is called (https://www.w3.org/TR/uievents-code/), by which QEMU is told its scan code; null: only the symbol counts. */
  code: string | null;
  down: boolean;
}

const modifierKeys = {
  Ctrl: [0xffe3, 'ControlLeft'],
  Alt: [0xffe9, 'AltLeft'],
  Shift: [0xffe1, 'ShiftLeft'],
  Super: [0xffeb, 'MetaLeft'],
} as const satisfies Record<string, Key>;

export type Modifier = keyof typeof modifierKeys;

/** In the order in which they are written and pressed. */
export const MODIFIERS = Object.keys(modifierKeys) as Modifier[];

export interface Chord {
  modifiers: readonly Modifier[];
  /** A name of {@link keyNames}, a modifier alone, or one letter. */
  key: string;
}

type Key = readonly [keysym: number, code: string];

const F1 = 0xffbe;
const functionKeys = Array.from({ length: 24 }, (_, at): [string, Key] => [`F${at + 1}`, [F1 + at, `F${at + 1}`]]);

const keys = new Map<string, Key>([
  ['Esc', [0xff1b, 'Escape']],
  ['Tab', [0xff09, 'Tab']],
  ['Space', [0x20, 'Space']],
  ['Enter', [0xff0d, 'Enter']],
  ['Backspace', [0xff08, 'Backspace']],
  ['Del', [0xffff, 'Delete']],
  ['Ins', [0xff63, 'Insert']],
  ['Home', [0xff50, 'Home']],
  ['End', [0xff57, 'End']],
  ['PgUp', [0xff55, 'PageUp']],
  ['PgDn', [0xff56, 'PageDown']],
  ['Print', [0xff61, 'PrintScreen']],
  ['Left', [0xff51, 'ArrowLeft']],
  ['Up', [0xff52, 'ArrowUp']],
  ['Down', [0xff54, 'ArrowDown']],
  ['Right', [0xff53, 'ArrowRight']],
  ['Pause', [0xff13, 'Pause']],
  ['Menu', [0xff67, 'ContextMenu']],
  ...functionKeys,
  ...Object.entries(modifierKeys),
]);

/** Keys in the groups in which they are offered. */
export const keyGroups = {
  keys: [...keys.keys()].slice(0, 18),
  f1: functionKeys.slice(0, 12).map(([name]) => name),
  f13: functionKeys.slice(12).map(([name]) => name),
} as const;

export type KeyGroup = keyof typeof keyGroups;

/** As `Ctrl+Alt+F2`, in which form it is kept, too. */
export function chordText({ modifiers, key }: Chord): string {
  return [...MODIFIERS.filter((modifier) => modifiers.includes(modifier)), key].join('+');
}

/** The same with arrows, as people read it. */
export function chordLabel(chord: Chord): string {
  return chordText({ ...chord, key: keyLabel(chord.key) });
}

export function keyLabel(key: string): string {
  return arrows[key] ?? key;
}

const arrows: Record<string, string> = { Left: '←', Up: '↑', Down: '↓', Right: '→' };

/** Null where it is none, or has a key that we do not know. */
export function chordOf(text: string): Chord | null {
  let key = text;
  const modifiers = MODIFIERS.filter((modifier) => {
    const isFirst = key.startsWith(`${modifier}+`);
    if (isFirst) key = key.slice(modifier.length + 1);
    return isFirst;
  });
  return keys.has(key) || [...key].length === 1 ? { modifiers, key } : null;
}

/** The key of a modifier. */
export function strokeOf(modifier: Modifier, down: boolean): Stroke & { code: string } {
  const [keysym, code] = modifierKeys[modifier];
  return { keysym, code, down };
}

/**
 * All keys of a chord go down in the order in which they are written, then up the other way round; modifiers that are held already
 * are left alone.
 */
export function strokes({ modifiers, key }: Chord, held: readonly Modifier[] = []): Stroke[] {
  const all = MODIFIERS.filter((modifier) => modifiers.includes(modifier) || held.includes(modifier));
  const pressed = all.filter((modifier) => !held.includes(modifier)).map((modifier) => strokeOf(modifier, true));
  return tap(...pressed, ...pressedFor(key, all));
}

/** Keys go down in this order, and up the other way round. */
export function tap(...down: Stroke[]): Stroke[] {
  return [...down, ...down.map((stroke) => ({ ...stroke, down: false })).reverse()];
}

function pressedFor(key: string, modifiers: readonly Modifier[]): Stroke[] {
  const named = keys.get(key);
  if (named) return [{ keysym: named[0], code: named[1], down: true }];
  const shift = modifiers.includes('Shift');
  // With Shift a keyboard sends the symbol above: servers that look for the symbol would take Shift away again to find the one below.
  const letter = shift ? shifted(key) : key;
  // By its symbol only: where a letter's key is, the server's layout knows.
  const stroke = { keysym: keysymOf(letter.codePointAt(0) ?? 0), code: null, down: true };
  return needsShift(letter) && !shift ? [strokeOf('Shift', true), stroke] : [stroke];
}

/** Combinations that the local desktop takes for itself when they are typed. */
export const READY: readonly Chord[] = [
  'Super',
  'Alt+Tab',
  'Alt+F4',
  'Ctrl+Esc',
  'Ctrl+Alt+Backspace',
  'Ctrl+Alt+F1',
  'Ctrl+Alt+F2',
].flatMap((text) => chordOf(text) ?? []);

export const CTRL_ALT_DEL: Chord = { modifiers: ['Ctrl', 'Alt'], key: 'Del' };
