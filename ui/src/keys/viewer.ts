// The keys that a viewer window takes for itself: one table for pressing them, for what shows them, and for the list of all.

import type { Key } from '../i18n';

interface Chord {
  /** The keys as shown. */
  keys: string;
  label: Key;
  /** `KeyboardEvent.code`: they are where they are on any keyboard layout. */
  codes: readonly string[];
}

/** With Ctrl, Alt and Shift. None of them is sent to the remote machine. */
export const chords = {
  /** Gives the focus to the toolbar. */
  toolbar: { keys: 'Ctrl+Alt+Shift+T', label: 'key.toolbar', codes: ['KeyT'] },
  /** All keys go to the remote machine from now on, or no longer. */
  grab: { keys: 'Ctrl+Alt+Shift+G', label: 'viewer.send_shortcuts', codes: ['KeyG'] },
  /** Ends view only, or begins it. */
  touch: { keys: 'Ctrl+Alt+Shift+V', label: 'key.touch', codes: ['KeyV'] },
  /** All of a monitor, or a window again. */
  fullScreen: { keys: 'Ctrl+Alt+Shift+F', label: 'viewer.full_screen', codes: ['KeyF'] },
  picture: { keys: 'Ctrl+Alt+Shift+S', label: 'capture.save_picture', codes: ['KeyS'] },
  copy: { keys: 'Ctrl+Alt+Shift+C', label: 'capture.copy_picture', codes: ['KeyC'] },
  record: { keys: 'Ctrl+Alt+Shift+R', label: 'capture.record', codes: ['KeyR'] },
  /** Shows the last minutes. */
  rewind: { keys: 'Ctrl+Alt+Shift+B', label: 'rewind.open', codes: ['KeyB'] },
  /** Another session's window comes to the front. */
  sessions: { keys: 'Ctrl+Alt+Shift+PgUp/PgDn', label: 'viewer.sessions', codes: ['PageUp', 'PageDown'] },
  info: { keys: 'Ctrl+Alt+Shift+I', label: 'info.show', codes: ['KeyI'] },
} as const satisfies Record<string, Chord>;

export type ChordName = keyof typeof chords;

/** The chord that was pressed. */
export function chordOf({ ctrlKey, altKey, shiftKey, code }: KeyboardEvent): ChordName | null {
  if (!ctrlKey || !altKey || !shiftKey) return null;
  const names = Object.keys(chords) as ChordName[];
  return names.find((name) => (chords[name].codes as readonly string[]).includes(code)) ?? null;
}

interface LocalKey {
  keys: string;
  label: Key;
  /** `KeyboardEvent.key`. */
  key: string;
  ctrl: boolean;
}

/** Keys that mean here what they mean in the list, where the remote machine has not the keyboard. */
export const localKeys = {
  close: { keys: 'Ctrl+W', label: 'key.close', key: 'w', ctrl: true },
  quit: { keys: 'Ctrl+Q', label: 'key.quit', key: 'q', ctrl: true },
  settings: { keys: 'Ctrl+,', label: 'settings.open', key: ',', ctrl: true },
  help: { keys: 'F1', label: 'help.open', key: 'F1', ctrl: false },
} as const satisfies Record<string, LocalKey>;

export type LocalKeyName = keyof typeof localKeys;

/** The key of these that was pressed. */
export function localKeyOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): LocalKeyName | null {
  if (altKey || shiftKey) return null;
  const names = Object.keys(localKeys) as LocalKeyName[];
  const isIt = (wanted: LocalKey) =>
    wanted.ctrl === (ctrlKey || metaKey) && wanted.key.toLowerCase() === key.toLowerCase();
  return names.find((name) => isIt(localKeys[name])) ?? null;
}
