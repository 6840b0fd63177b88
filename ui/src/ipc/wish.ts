// What the hosts window is wanted for, as src-tauri/src/windows/hosts.rs says it.

import type { HostId } from './bindings/HostId';

export type Wish =
  | { wish: 'edit'; host: HostId; address: string | null }
  | { wish: 'sessions' }
  | { wish: 'quit'; sessions: number }
  | { wish: 'close' };
