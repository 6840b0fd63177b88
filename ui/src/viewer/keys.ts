// Key combinations that the page takes for itself.

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

/** Shows what the connection does, or no longer. */
export const INFO_CHORD = 'Ctrl+Alt+Shift+I';

export function isInfoChord(event: KeyboardEvent): boolean {
  return isChord(event, 'KeyI');
}

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
