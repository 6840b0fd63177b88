import { expect, test } from 'vitest';
import { chordOf, localKeyOf } from './viewer';

test('only a whole chord counts, on any keyboard layout', () => {
  const all = { ctrlKey: true, altKey: true, shiftKey: true, code: 'KeyT', key: 'Е' };
  expect(chordOf(new KeyboardEvent('keydown', all))).toBe('toolbar');
  for (const missing of [{ ctrlKey: false }, { altKey: false }, { shiftKey: false }, { code: 'KeyX' }]) {
    expect(chordOf(new KeyboardEvent('keydown', { ...all, ...missing }))).toBeNull();
  }
  expect(chordOf(new KeyboardEvent('keydown', { ...all, code: 'PageUp' }))).toBe('sessions');
});

test('keys of the list are these and no others', () => {
  const pressed = (init: KeyboardEventInit) => localKeyOf(new KeyboardEvent('keydown', init));
  expect(pressed({ key: 'w', ctrlKey: true })).toBe('close');
  expect(pressed({ key: 'Q', metaKey: true })).toBe('quit');
  expect(pressed({ key: ',', ctrlKey: true })).toBe('settings');
  expect(pressed({ key: 'F1' })).toBe('help');
  for (const other of [{ key: 'w' }, { key: 'F1', ctrlKey: true }, { key: 'w', ctrlKey: true, shiftKey: true }]) {
    expect(pressed(other), JSON.stringify(other)).toBeNull();
  }
});
