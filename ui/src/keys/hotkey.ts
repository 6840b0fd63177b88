// The hotkey as it is chosen: the keys that are pressed, in the form in which chords are kept.

/** `KeyboardEvent.code` of keys that are no letters. */
const named: Record<string, string> = {
  Tab: 'Tab',
  Space: 'Space',
  Enter: 'Enter',
  NumpadEnter: 'Enter',
  Backspace: 'Backspace',
  Delete: 'Del',
  Insert: 'Ins',
  Home: 'Home',
  End: 'End',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
  PrintScreen: 'Print',
  ArrowLeft: 'Left',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowRight: 'Right',
  Pause: 'Pause',
  ContextMenu: 'Menu',
  Escape: 'Esc',
};

/** What was pressed; `typed` where it could not be typed any more if the desktop took it, null where it is only modifiers yet. */
export function pressedHotkey(event: KeyboardEvent): { chord: string } | 'typed' | null {
  const key = keyOf(event);
  if (!key) return null;
  const modifiers = [
    event.ctrlKey && 'Ctrl',
    event.altKey && 'Alt',
    event.shiftKey && 'Shift',
    event.metaKey && 'Super',
  ].filter((modifier) => modifier !== false);
  const isFunction = /^F\d+$/.test(key);
  if (!isFunction && !modifiers.some((modifier) => modifier !== 'Shift')) return 'typed';
  return { chord: [...modifiers, key].join('+') };
}

function keyOf({ key, code, shiftKey }: KeyboardEvent): string | null {
  const name = named[code];
  if (name) return name;
  if (/^F([1-9]|1\d|2[0-4])$/.test(key)) return key;
  // Where the layout has no Latin letters, the key is the one that has it on others.
  const letter = /^[a-z]$/i.test(key) ? key : /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return letter.toUpperCase();
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit && (shiftKey || !/^[!-~]$/.test(key))) return digit;
  return /^[!-~]$/.test(key) ? key : null;
}
