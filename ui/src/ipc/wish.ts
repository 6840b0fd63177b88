// What the hosts window is wanted for, as src-tauri/src/windows/hosts.rs says it.

import type { HostId } from './bindings/HostId';
import type { ImportPreview } from './bindings/ImportPreview';

export type Wish =
  | { wish: 'edit'; host: HostId; address: string | null }
  | { wish: 'new' }
  | { wish: 'import'; preview: ImportPreview }
  | { wish: 'sessions' }
  | { wish: 'settings' }
  | { wish: 'help' }
  | { wish: 'quit'; sessions: number }
  | { wish: 'close' };

/** What a viewer's keys may want of the hosts window. */
export type ListWish = 'settings' | 'help' | 'quit';
