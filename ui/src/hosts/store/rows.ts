// The lines of the list.

import type { HostId } from '../../ipc/bindings/HostId';
import type { HostView } from '../../ipc/bindings/HostView';

/** A saved host, or the address in the search box. */
export type Row = { key: HostId; host: HostView } | { key: typeof CONNECT; address: string };

/** The key of the row that connects to an address without saving it. */
export const CONNECT = 'connect';
