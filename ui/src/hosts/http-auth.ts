// What is typed about the HTTP login and headers for a website: the one in front of a machine, or the one that a list is on.

import type { HttpAuthChange } from '../ipc/bindings/HttpAuthChange';
import type { HttpHeader } from '../ipc/bindings/HttpHeader';

export interface HttpAuthForm {
  /** What is saved cannot be read back, so it is kept, replaced as a whole, or forgotten. */
  mode: 'keep' | 'replace' | 'forget';
  username: string;
  password: string;
  /** One header a line, `Name: value`. */
  headers: string;
}

/** The form before anything is typed. */
export function emptyHttpAuth(saved: boolean): HttpAuthForm {
  return { mode: saved ? 'keep' : 'replace', username: '', password: '', headers: '' };
}

/** The change to save; null where the keyring stays as it is. */
export function changeOf({ mode, username, password, headers }: HttpAuthForm): HttpAuthChange | null {
  if (mode === 'forget') return { change: 'forget' };
  if (mode === 'keep' || !(username || password || headers.trim())) return null;
  return { change: 'set', username, password, headers: headersOf(headers) };
}

function headersOf(text: string): HttpHeader[] {
  const lines = text.split('\n').filter((line) => line.trim());
  return lines.map((line) => {
    const [name = '', ...value] = line.split(':');
    return { name: name.trim(), value: value.join(':').trim() };
  });
}
