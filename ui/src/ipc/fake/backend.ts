// The state behind the fake commands: what the engine, the keyring and the clipboard have.

import { defaultDisplay } from '../display';
import type { EngineError } from '../bindings/EngineError';
import type { HostId } from '../bindings/HostId';
import type { HostView } from '../bindings/HostView';
import type { KeyNotice } from '../bindings/KeyNotice';
import type { Listening } from '../bindings/Listening';
import type { Preview } from '../bindings/Preview';
import type { Report } from '../bindings/Report';
import type { SessionState } from '../bindings/SessionState';
import type { SessionUpdate } from '../bindings/SessionUpdate';
import type { SessionView } from '../bindings/SessionView';

type Listeners<Event> = Set<(event: Event) => void>;

/** A test sets its fields before an action and reads them after it. */
export class FakeBackend {
  hosts: HostView[] = [];
  notices: EngineError[] = [];
  /** Hosts that were removed and can be restored. */
  removed = new Map<HostId, HostView>();
  /** Passwords in the keyring, by host. */
  passwords = new Map<HostId, string>();
  /** Why the keyring keeps nothing; null where it works. */
  keyring: EngineError | null = null;
  /** The error of the next call, by command; used once. */
  refusals = new Map<string, EngineError>();
  /** What a command waits for before it answers, by command. */
  delays = new Map<string, Promise<unknown>>();
  /** Each call in order, with its arguments. */
  calls: [command: string, ...args: unknown[]][] = [];
  session: SessionView = {
    name: 'Studio',
    address: 'studio.local',
    view_only: false,
    saved: true,
    display: defaultDisplay,
  };
  state: SessionState = { state: 'connecting', stage: 'dialing' };
  clipboard: string | null = null;
  /** Whether the toolkit tells of keys, and what listens. */
  givesKeys = false;
  key: (notice: KeyNotice) => void = () => {};
  listening: Listening = { on: false, address: '0.0.0.0', port: 5500 };
  /** The machines in other programs' files. */
  found: Preview[] = [];
  /** The result of testing a connection; null: the server asks for a login. */
  report: Report | null = null;
  /** Third-party notices. */
  licences: string[] = ['Portlight’s windows contain the following software by others.\n\nsvelte, MIT'];

  readonly hostsChanged: Listeners<void> = new Set();
  readonly closing: Listeners<void> = new Set();
  readonly updates: Listeners<SessionUpdate> = new Set();

  /** Emits the event that the list changed. */
  emitHostsChanged(): void {
    this.hostsChanged.forEach((listener) => listener());
  }

  /** Emits the event that the hosts window is being closed. */
  emitClosing(): void {
    this.closing.forEach((listener) => listener());
  }

  /** The session reaches a state. */
  reach(state: SessionState): void {
    this.state = state;
    this.updates.forEach((listener) => listener({ view: { ...this.session }, state }));
  }

  /** The arguments of each call of `command`. */
  callsOf(command: string): unknown[][] {
    return this.calls.filter(([name]) => name === command).map(([, ...args]) => args);
  }
}
