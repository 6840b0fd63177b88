import { expect, test } from 'vitest';
import { chordLabel, chordOf, chordText, CTRL_ALT_DEL, keyGroups, READY, strokes, type Chord } from './chord';

const words = (chord: Chord, ...rest: Parameters<typeof strokes> extends [Chord, ...infer Rest] ? Rest : never) =>
  strokes(chord, ...rest).map(({ keysym, code, down }) => `${down ? '+' : '-'}${code ?? keysym.toString(16)}`);
const chord = (text: string): Chord => chordOf(text) as Chord;

test('a chord goes down in order and up the other way round', () => {
  expect(words(CTRL_ALT_DEL)).toEqual(['+ControlLeft', '+AltLeft', '+Delete', '-Delete', '-AltLeft', '-ControlLeft']);
  expect(words(chord('Super'))).toEqual(['+MetaLeft', '-MetaLeft']);
});

test('what is held already is neither pressed again nor let go', () => {
  expect(words(chord('Ctrl+Alt+F2'), ['Ctrl'])).toEqual(['+AltLeft', '+F2', '-F2', '-AltLeft']);
});

test('a letter is sent as its symbol, with Shift as the one above, which needs no second Shift', () => {
  expect(words(chord('Ctrl+c'))).toEqual(['+ControlLeft', '+63', '-63', '-ControlLeft']);
  expect(words(chord('Ctrl+Shift+c'))).toContain('+43');
  expect(words(chord('Shift+1'))).toEqual(['+ShiftLeft', '+21', '-21', '-ShiftLeft']);
  expect(words(chord('!'))).toEqual(['+ShiftLeft', '+21', '-21', '-ShiftLeft']);
  expect(words(chord('Shift+ß'))).toContain('+df');
  expect(words(chord('a'), ['Shift'])).toEqual(['+41', '-41']);
});

test('what is written is read again', () => {
  const keys = Object.values(keyGroups).flat();
  expect(keys).toHaveLength(18 + 24);
  for (const text of [...keys, ...READY.map(chordText), 'Ctrl++', 'Shift+é', 'Ctrl+Alt+Shift+Super+F24']) {
    expect(chordText(chord(text))).toBe(text);
  }
  for (const text of ['', 'Ctrl+', 'Alt+Ctrl+a', 'F25', 'Ctrl+Nothing']) expect(chordOf(text)).toBeNull();
  expect(chordText({ modifiers: ['Super', 'Ctrl'], key: 'l' })).toBe('Ctrl+Super+l');
  expect(chordLabel(chord('Ctrl+Alt+Left'))).toBe('Ctrl+Alt+←');
});

test('every key that is offered has a symbol of its own, and a chord of it ends with none held', () => {
  const symbols = new Set<number>();
  for (const key of Object.values(keyGroups).flat()) {
    const held = new Set<string | null>();
    for (const { keysym, code, down } of strokes({ modifiers: ['Ctrl', 'Shift'], key })) {
      if (down) held.add(code);
      else expect(held.delete(code)).toBe(true);
      symbols.add(keysym);
    }
    expect(held.size).toBe(0);
  }
  expect(symbols.size).toBe(18 + 24 + 2);
});
