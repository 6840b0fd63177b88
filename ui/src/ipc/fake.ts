// The same functions as index.ts, in memory: for the tests, and for looking at the windows in a plain browser
// (`npm run dev`, with a ?scene= out of scenes.ts). Never part of a production build.

import type { AddressProblem } from './bindings/AddressProblem';
import type { Answer } from './bindings/Answer';
import type { EngineError } from './bindings/EngineError';
import type { HostDraft } from './bindings/HostDraft';
import type { HostId } from './bindings/HostId';
import type { HostListView } from './bindings/HostListView';
import type { HostView } from './bindings/HostView';
import type { ImportSource } from './bindings/ImportSource';
import type { Listening } from './bindings/Listening';
import type { ListeningView } from './bindings/ListeningView';
import type { PasswordChange } from './bindings/PasswordChange';
import type { PasswordOutcome } from './bindings/PasswordOutcome';
import type { Preview } from './bindings/Preview';
import type { Report } from './bindings/Report';
import type { Saved } from './bindings/Saved';
import type { SessionState } from './bindings/SessionState';
import type { SessionView } from './bindings/SessionView';
import type { SiteChange } from './bindings/SiteChange';
import { arrange, asksForLogin } from './scenes';

export type Stop = () => void;

/** What stands behind the windows; tests arrange it and look at it. */
export class Backstage {
  hosts: HostView[] = [];
  notices: EngineError[] = [];
  /** Hosts that were removed and can still be restored. */
  removed = new Map<HostId, HostView>();
  /** Passwords by host, as the keyring would have them. */
  passwords = new Map<HostId, string>();
  /** Why the keyring keeps nothing; null where it works. */
  keyring: EngineError | null = null;
  /** What the next command is refused with, by its name. */
  refusals = new Map<string, EngineError>();
  /** What a command waits for before it answers, by its name. */
  delays = new Map<string, Promise<unknown>>();
  /** Each command that was given, in order, with what was given. */
  calls: [command: string, ...facts: unknown[]][] = [];
  session: SessionView = { name: 'Studio', address: 'studio.local', view_only: false, saved: true };
  state: SessionState = { state: 'connecting', stage: 'dialing' };
  clipboard: string | null = null;
  listening: Listening = { on: false, address: '0.0.0.0', port: 5500 };
  /** What other programs' files have. */
  found: Preview[] = [];
  /** What testing a connection finds out; null: that the server asks for a login. */
  report: Report | null = null;

  #changed = new Set<() => void>();
  #closing = new Set<() => void>();
  #watching = new Set<(state: SessionState) => void>();

  /** The engine says that the list changed. */
  announceHosts(): void {
    this.#changed.forEach((tell) => tell());
  }
  /** The user closes the hosts window. */
  announceClosing(): void {
    this.#closing.forEach((tell) => tell());
  }
  /** The session reaches a state. */
  reach(state: SessionState): void {
    this.state = state;
    this.#watching.forEach((tell) => tell(state));
  }
  /** The facts of each call of `command`. */
  callsOf(command: string): unknown[][] {
    return this.calls.filter(([name]) => name === command).map(([, ...facts]) => facts);
  }

  onChanged = (tell: () => void): Promise<Stop> => hearing(this.#changed, tell);
  onClosing = (tell: () => void): Promise<Stop> => hearing(this.#closing, tell);
  watch(tell: (state: SessionState) => void): void {
    this.#watching.add(tell);
    tell(this.state);
  }
}

/** The one behind the functions below. */
export let backstage = new Backstage();

if (import.meta.env.MODE === 'fake') arrange(backstage, new URLSearchParams(location.search).get('scene'));

/** Begins anew, for the next test. */
export function reset(): Backstage {
  return (backstage = new Backstage());
}

// ---- the hosts window

export const listHosts = (): Promise<HostListView> =>
  command('list_hosts', [], () => ({
    hosts: backstage.hosts.map((host) => ({ ...host })),
    notices: backstage.notices,
  }));

export const saveHost = (draft: HostDraft, change: PasswordChange): Promise<Saved> =>
  command('save_host', [draft, change], () => {
    const address = canonical(draft.address);
    const former = draft.id === null ? undefined : find(draft.id);
    const host: HostView = {
      id: former?.id ?? crypto.randomUUID(),
      name: draft.name.trim() || address,
      address,
      username: draft.username.trim(),
      view_only: draft.view_only,
      favourite: draft.favourite,
      repeater_id: draft.repeater_id.trim(),
      ca_file: draft.ca_file.trim(),
      ssh_jump: draft.ssh_jump.trim(),
      mac: draft.mac.trim(),
      has_site: former?.has_site ?? false,
      reconnect: draft.reconnect,
      has_password: former?.has_password ?? false,
      last_opened: former?.last_opened ?? null,
      demo: false,
    };
    const password = keep(host.id, change);
    host.has_password = backstage.passwords.has(host.id);
    backstage.hosts = former
      ? backstage.hosts.map((other) => (other.id === host.id ? host : other))
      : [...backstage.hosts, host];
    backstage.announceHosts();
    return { host, password };
  });

export const saveSite = (id: HostId, site: SiteChange): Promise<void> =>
  command('save_site', [id, site], () => change(id, { has_site: site.change === 'set' }));

export const duplicateHost = (id: HostId, name: string): Promise<HostView> =>
  command('duplicate_host', [id, name], () => {
    const copy: HostView = { ...find(id), id: crypto.randomUUID(), name, last_opened: null };
    const password = backstage.passwords.get(id);
    if (password !== undefined) backstage.passwords.set(copy.id, password);
    backstage.hosts = [...backstage.hosts, copy];
    backstage.announceHosts();
    return { ...copy };
  });

export const removeHost = (id: HostId): Promise<void> =>
  command('remove_host', [id], () => {
    backstage.removed.set(id, find(id));
    backstage.hosts = backstage.hosts.filter((host) => host.id !== id);
    backstage.announceHosts();
  });

export const restoreHost = (id: HostId): Promise<void> =>
  command('restore_host', [id], () => {
    const host = backstage.removed.get(id);
    if (!host) throw refusal({ code: 'no_such_host' });
    backstage.removed.delete(id);
    backstage.hosts = [...backstage.hosts, host];
    backstage.announceHosts();
  });

export const favourHost = (id: HostId, favourite: boolean): Promise<void> =>
  command('favour_host', [id, favourite], () => change(id, { favourite }));

export const openHost = (id: HostId): Promise<void> =>
  command('open_host', [id], () => change(id, { last_opened: Math.floor(Date.now() / 1000) }));

export const openAddress = (text: string): Promise<void> => command('open_address', [text], () => void canonical(text));

export const wakeHost = (id: HostId): Promise<void> => command('wake_host', [id], () => void find(id));

export const listening = (): Promise<ListeningView> =>
  command('listening', [], () => ({ listening: backstage.listening, addresses: ['192.168.1.5'] }));

export const listen = (listening: Listening): Promise<void> =>
  command('listen', [listening], () => void (backstage.listening = listening));

export const previewImport = (source: ImportSource): Promise<Preview[]> =>
  command('preview_import', [source], () => backstage.found);

export const readAddress = (text: string): Promise<string> => command('read_address', [text], () => canonical(text));

export const testConnection = (draft: HostDraft, change: PasswordChange): Promise<Report> =>
  command('test_connection', [draft, change], () => {
    const target = canonical(draft.address);
    return backstage.report ?? { ...asksForLogin, target };
  });

export const chooseClosing = (choice: 'tray' | 'quit'): Promise<void> => command('choose_closing', [choice], () => {});

export const onHostsChanged = (changed: () => void): Promise<Stop> => backstage.onChanged(changed);

export const onClosing = (closing: () => void): Promise<Stop> => backstage.onClosing(closing);

// ---- a viewer window

export const attach = (onState: (state: SessionState) => void): Promise<SessionView> =>
  command('attach', [], () => {
    backstage.watch(onState);
    return backstage.session;
  });

export const answer = (given: Answer): Promise<void> =>
  command('answer', [given], () => backstage.reach({ state: 'connecting', stage: 'authenticating' }));

export const again = (): Promise<void> =>
  command('again', [], () => backstage.reach({ state: 'connecting', stage: 'dialing' }));

export const close = (): Promise<void> => command('close', [], () => backstage.reach({ state: 'ended', error: null }));

export const closeWindow = (): Promise<void> => command('close_window', [], () => {});

export const setFullscreen = (on: boolean): Promise<void> => command('set_fullscreen', [on], () => {});

export const readClipboard = (): Promise<string | null> => command('read_clipboard', [], () => backstage.clipboard);

export const writeClipboard = (text: string): Promise<void> =>
  command('write_clipboard', [text], () => {
    backstage.clipboard = text;
  });

export const viewerFailed = (detail: string): Promise<void> =>
  command('viewer_failed', [detail], () =>
    backstage.reach({ state: 'ended', error: { code: 'viewer_failed', detail } }),
  );

// ---- details

async function command<Result>(name: string, facts: unknown[], run: () => Result): Promise<Result> {
  backstage.calls.push([name, ...facts]);
  const refused = backstage.refusals.get(name);
  if (refused) {
    backstage.refusals.delete(name);
    throw refusal(refused);
  }
  await backstage.delays.get(name);
  return run();
}

// The engine rejects with plain objects, so the twin does.
function refusal(error: EngineError): EngineError {
  return error;
}

function find(id: HostId): HostView {
  const host = backstage.hosts.find((host) => host.id === id);
  if (!host) throw refusal({ code: 'no_such_host' });
  return host;
}

function change(id: HostId, facts: Partial<HostView>): void {
  find(id);
  backstage.hosts = backstage.hosts.map((host) => (host.id === id ? { ...host, ...facts } : host));
  backstage.announceHosts();
}

function keep(id: HostId, change: PasswordChange): PasswordOutcome {
  if (change.change === 'keep') return { outcome: 'kept' };
  if (change.change === 'forget') {
    backstage.passwords.delete(id);
    return { outcome: 'forgotten' };
  }
  if (backstage.keyring) return { outcome: 'not_stored', error: backstage.keyring };
  backstage.passwords.set(id, change.password);
  return { outcome: 'stored' };
}

/** A rough reading of addresses: enough for tests and looks, the engine has the real one. */
function canonical(text: string): string {
  const typed = text.trim().replace(/^vnc:\/\//, '');
  const unreadable = (problem: AddressProblem) =>
    refusal({ code: 'fields', fields: [{ field: 'address', problem }] } satisfies EngineError);
  if (!typed) throw unreadable('empty');
  if (typed.length > 300) throw unreadable('too_long');
  if (typed.startsWith('/') || /^wss?:\/\//.test(typed)) return typed;
  if (typed.includes('://')) throw unreadable('scheme');
  if (typed.includes('/')) throw unreadable('path');
  const [, name = '', , port] = /^(\[[0-9a-f:.%]+\]|[^:[\]]*)(::?(.*))?$/i.exec(typed) ?? [];
  if (!name && /[[\]]|:.*:/.test(typed)) throw unreadable('brackets');
  if (!/^(\[.*\]|[\p{L}\p{N}.-]+)$/u.test(name)) throw unreadable('hostname');
  if (port !== undefined && !(Number(port) <= 65_535 && /^\d+$/.test(port))) throw unreadable('port');
  return port === undefined || port === '5900' || port === '0' ? name : `${name}:${port}`;
}

function hearing(listeners: Set<() => void>, tell: () => void): Promise<Stop> {
  listeners.add(tell);
  return Promise.resolve(() => void listeners.delete(tell));
}
