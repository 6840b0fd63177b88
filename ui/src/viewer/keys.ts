// Key combinations that the toolbar sends, and those that the page takes for itself.

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

/** Gives the focus to the toolbar. It and all other chords here are not sent to the remote machine. */
export const TOOLBAR_CHORD = 'Ctrl+Alt+Shift+T';

/** All keys go to the remote machine from now on, or no longer. */
export const GRAB_CHORD = 'Ctrl+Alt+Shift+G';

/** A picture of the screen is saved, or goes into the clipboard. */
export const PICTURE_CHORD = 'Ctrl+Alt+Shift+S';
export const COPY_CHORD = 'Ctrl+Alt+Shift+C';

/** The session is recorded from now on, or no longer. */
export const RECORD_CHORD = 'Ctrl+Alt+Shift+R';

/** Another session's window comes to the front. */
export const SESSIONS_CHORD = 'Ctrl+Alt+Shift+PgUp/PgDn';

export function isToolbarChord(event: KeyboardEvent): boolean {
  return isChord(event, 'KeyT');
}

export function isGrabChord(event: KeyboardEvent): boolean {
  return isChord(event, 'KeyG');
}

function isChord(event: KeyboardEvent, code: string): boolean {
  return event.ctrlKey && event.altKey && event.shiftKey && event.code === code;
}

/** What is to be kept of the screen; null where another key was pressed. */
export function capture(event: KeyboardEvent): 'picture' | 'copy' | 'record' | null {
  if (isChord(event, 'KeyS')) return 'picture';
  if (isChord(event, 'KeyC')) return 'copy';
  return isChord(event, 'KeyR') ? 'record' : null;
}

/** Which other session is asked for; null where another key was pressed. */
export function otherSession(event: KeyboardEvent): 'before' | 'after' | null {
  if (isChord(event, 'PageUp')) return 'before';
  return isChord(event, 'PageDown') ? 'after' : null;
}
