// Which way text is copied between the two clipboards, as two choices.

import type { ClipboardSharing } from '../ipc/bindings/ClipboardSharing';

/** Whether the remote machine gets what is copied here. */
export function sends(sharing: ClipboardSharing): boolean {
  return sharing === 'to_server' || sharing === 'both';
}

/** Whether what is copied on the remote machine comes here. */
export function receives(sharing: ClipboardSharing): boolean {
  return sharing === 'from_server' || sharing === 'both';
}

export function sharingOf(sends: boolean, receives: boolean): ClipboardSharing {
  if (sends) return receives ? 'both' : 'to_server';
  return receives ? 'from_server' : 'off';
}
