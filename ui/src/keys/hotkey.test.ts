import { expect, it } from 'vitest';
import { pressedHotkey } from './hotkey';

const press = (key: string, code: string, modifiers: KeyboardEventInit = {}) =>
  pressedHotkey(new KeyboardEvent('keydown', { key, code, ...modifiers }));

it('is written as chords are, by the letter or, on other layouts, by its place', () => {
  expect(press('p', 'KeyP', { ctrlKey: true, altKey: true })).toEqual({ chord: 'Ctrl+Alt+P' });
  expect(press('з', 'KeyP', { metaKey: true })).toEqual({ chord: 'Super+P' });
  expect(press('a', 'KeyQ', { ctrlKey: true })).toEqual({ chord: 'Ctrl+A' });
  expect(press('!', 'Digit1', { ctrlKey: true, shiftKey: true })).toEqual({ chord: 'Ctrl+Shift+1' });
  expect(press('&', 'Digit1', { ctrlKey: true })).toEqual({ chord: 'Ctrl+&' });
  expect(press(' ', 'Space', { ctrlKey: true, shiftKey: true })).toEqual({ chord: 'Ctrl+Shift+Space' });
  expect(press('F9', 'F9')).toEqual({ chord: 'F9' });
});

it('is nothing that somebody types, and no modifier alone', () => {
  expect(press('p', 'KeyP')).toBe('typed');
  expect(press('P', 'KeyP', { shiftKey: true })).toBe('typed');
  expect(press('Escape', 'Escape')).toBe('typed');
  expect(press('Control', 'ControlLeft', { ctrlKey: true })).toBeNull();
});
