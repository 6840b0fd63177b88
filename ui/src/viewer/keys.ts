// Key combinations that the toolbar sends, and the keys that are held down on the screen.

/** One key going down or up, as noVNC's `sendKey` takes it. */
export interface Stroke {
  keysym: number;
  code: string;
  down: boolean;
}

const keys = {
  Alt: [0xffe9, 'AltLeft'],
  Backspace: [0xff08, 'Backspace'],
  Ctrl: [0xffe3, 'ControlLeft'],
  Del: [0xffff, 'Delete'],
  Esc: [0xff1b, 'Escape'],
  F1: [0xffbe, 'F1'],
  F2: [0xffbf, 'F2'],
  F4: [0xffc1, 'F4'],
  Print: [0xff61, 'PrintScreen'],
  Super: [0xffeb, 'MetaLeft'],
  Tab: [0xff09, 'Tab'],
} as const satisfies Record<string, readonly [keysym: number, code: string]>;

export type Chord = keyof typeof keys | `${'Ctrl' | 'Alt' | 'Ctrl+Alt'}+${keyof typeof keys}`;

/** Combinations that the local desktop takes for itself when they are typed. */
export const chords: readonly Chord[] = [
  'Super',
  'Alt+Tab',
  'Alt+F4',
  'Ctrl+Esc',
  'Print',
  'Ctrl+Alt+F1',
  'Ctrl+Alt+F2',
  'Ctrl+Alt+Backspace',
];

/** All keys of a chord go down in the order in which they are named, then up the other way round. */
export function strokes(chord: Chord): Stroke[] {
  const named = chord.split('+').map((name) => keys[name as keyof typeof keys]);
  const down = named.map(([keysym, code]) => ({ keysym, code, down: true }));
  return [...down, ...down.map((stroke) => ({ ...stroke, down: false })).reverse()];
}

/** Which other session's window Ctrl+Alt+Shift+Page Up or Page Down asks for; null where another key was pressed. */
export function otherSession({ ctrlKey, altKey, shiftKey, metaKey, code }: KeyboardEvent): 'before' | 'after' | null {
  if (!ctrlKey || !altKey || !shiftKey || metaKey) return null;
  return code === 'PageUp' ? 'before' : code === 'PageDown' ? 'after' : null;
}

/** The only chord that is not sent to the remote machine: it gives the focus to the toolbar. */
export const TOOLBAR_CHORD = 'Ctrl+Alt+Shift+T';

export function isToolbarChord(event: KeyboardEvent): boolean {
  return event.ctrlKey && event.altKey && event.shiftKey && event.code === 'KeyT';
}

/**
 * The keys that are down on an element. noVNC lets go of them when the window loses the focus, but not when another
 * element takes it or when it becomes view only: the remote machine would believe them held for good.
 */
export class HeldKeys {
  #held = new Map<string, KeyboardEvent>();

  note(event: KeyboardEvent): void {
    const name = event.code || event.key;
    if (event.type === 'keydown') this.#held.set(name, event);
    else this.#held.delete(name);
  }

  /** Dispatches a `keyup` for each held key. */
  release(element: EventTarget): void {
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const { key, code, keyCode, location } of held) {
      element.dispatchEvent(new KeyboardEvent('keyup', { key, code, keyCode, location, bubbles: true }));
    }
  }
}

/** {@link otherSession} in words. */
export const SESSIONS_CHORD = 'Ctrl+Alt+Shift+PgUp/PgDn';
