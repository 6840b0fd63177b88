// What the list is made of: rows, some of which are shown as cards.

import type { Discovered } from '../../ipc/bindings/Discovered';
import type { HostId } from '../../ipc/bindings/HostId';
import type { HostView } from '../../ipc/bindings/HostView';
import type { OpenSession } from '../../ipc/bindings/OpenSession';
import type { SessionId } from '../../ipc/bindings/SessionId';

/** A saved host; with its session where it stands among those that are open. */
export interface HostRow {
  key: HostId;
  host: HostView;
  session: OpenSession | null;
}

/** An open session of no saved host, or of a favourite, which has its own place. */
export interface SessionRow {
  key: `session-${SessionId}`;
  session: OpenSession;
}

/** The address in the search box. */
export interface AddressRow {
  key: typeof CONNECT;
  address: string;
}

/** A machine in the network that is not in the list. */
export interface NearbyRow {
  key: `nearby-${number}`;
  machine: Discovered;
}

export type Row = HostRow | SessionRow | AddressRow | NearbyRow;

/** The key of the row that connects to an address without saving it. */
export const CONNECT = 'connect';

export function hostRow(host: HostView, session: OpenSession | null = null): HostRow {
  return { key: host.id, host, session };
}

export function sessionRow(session: OpenSession): SessionRow {
  return { key: `session-${session.id}`, session };
}

export function nearbyRow(machine: Discovered): NearbyRow {
  return { key: `nearby-${machine.number}`, machine };
}
