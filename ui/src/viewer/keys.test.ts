import { expect, test } from 'vitest';
import { isGrabChord, isToolbarChord } from './keys';

test('only the whole toolbar chord counts, on any keyboard layout', () => {
  const all = { ctrlKey: true, altKey: true, shiftKey: true, code: 'KeyT', key: 'Е' };
  expect(isToolbarChord(new KeyboardEvent('keydown', all))).toBe(true);
  for (const missing of [{ ctrlKey: false }, { altKey: false }, { shiftKey: false }, { code: 'KeyR' }]) {
    expect(isToolbarChord(new KeyboardEvent('keydown', { ...all, ...missing }))).toBe(false);
  }
  expect(isGrabChord(new KeyboardEvent('keydown', { ...all, code: 'KeyG' }))).toBe(true);
  expect(isGrabChord(new KeyboardEvent('keydown', all))).toBe(false);
});
