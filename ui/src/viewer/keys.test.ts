import { expect, test } from 'vitest';
import { chords, isGrabChord, isToolbarChord, strokes } from './keys';

test('a chord goes down in order and up the other way round', () => {
  expect(strokes('Ctrl+Alt+Del').map(({ code, down }) => `${down ? '+' : '-'}${code}`)).toEqual([
    '+ControlLeft',
    '+AltLeft',
    '+Delete',
    '-Delete',
    '-AltLeft',
    '-ControlLeft',
  ]);
});

test('every chord of the menu is made of keys with a keysym and ends with none held', () => {
  for (const chord of chords) {
    const held = new Set<string>();
    for (const { keysym, code, down } of strokes(chord)) {
      expect(keysym).toBeGreaterThan(0xff00);
      if (down) held.add(code);
      else expect(held.delete(code)).toBe(true);
    }
    expect(held.size).toBe(0);
  }
});

test('only the whole toolbar chord counts, on any keyboard layout', () => {
  const all = { ctrlKey: true, altKey: true, shiftKey: true, code: 'KeyT', key: 'Е' };
  expect(isToolbarChord(new KeyboardEvent('keydown', all))).toBe(true);
  for (const missing of [{ ctrlKey: false }, { altKey: false }, { shiftKey: false }, { code: 'KeyR' }]) {
    expect(isToolbarChord(new KeyboardEvent('keydown', { ...all, ...missing }))).toBe(false);
  }
  expect(isGrabChord(new KeyboardEvent('keydown', { ...all, code: 'KeyG' }))).toBe(true);
  expect(isGrabChord(new KeyboardEvent('keydown', all))).toBe(false);
});
