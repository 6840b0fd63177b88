// noVNC, and all that Portlight changes of it from outside: its package stays unmodified.

import type RFB from '@novnc/novnc';
import { captureErrors, nameSuperKey, removeVideoDecoder } from './shims';

export type Novnc = typeof RFB;

/** Loads noVNC; `onError` gets its error messages, now and later. */
export type LoadNovnc = (onError: (message: string) => void) => Promise<Novnc>;

export async function loadNovnc(onError: (message: string) => void): Promise<Novnc> {
  removeVideoDecoder(window);
  nameSuperKey(KeyboardEvent.prototype);
  return (await captureErrors(() => import('@novnc/novnc'), onError)).default;
}
