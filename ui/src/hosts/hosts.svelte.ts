// What the hosts window shows, and what can be done with it. The components below it only draw and pass on.

import { errorText, problemText, t } from '../i18n';
import * as engine from '../ipc';
import type { EngineError } from '../ipc/bindings/EngineError';
import type { HostDraft } from '../ipc/bindings/HostDraft';
import type { HostId } from '../ipc/bindings/HostId';
import type { HostView } from '../ipc/bindings/HostView';
import type { PasswordChange } from '../ipc/bindings/PasswordChange';
import type { Preview } from '../ipc/bindings/Preview';
import type { SiteChange } from '../ipc/bindings/SiteChange';
import { toEngineError } from '../ipc/error';
import { index, search } from './search';

/** A line of the list: a saved host, or the address that the query spells. */
export type Row = { key: HostId; host: HostView } | { key: typeof CONNECT; address: string };

/** What the toast says, and what its button undoes. */
export interface Message {
  text: string;
  undo?: () => Promise<void>;
}

/** A host in the editor, as it was when it was opened. */
export interface Editing {
  draft: HostDraft;
  hasPassword: boolean;
  hasSite: boolean;
}

/** The key of the row that connects to an address without saving it. */
export const CONNECT = 'connect';

export class Hosts {
  /** Null until the list has come. */
  all = $state.raw<HostView[] | null>(null);
  notices = $state.raw<EngineError[]>([]);
  /** Hosts, and `CONNECT`, that are on their way to a window. */
  opening = $state.raw<ReadonlySet<string>>(new Set());
  message = $state.raw<Message | null>(null);
  /** What the editor shows; null while it is closed. */
  editing = $state.raw<Editing | null>(null);
  /** Whether the user is being asked what closing means. */
  closing = $state(false);

  #query = $state('');
  #chosen = $state<string | null>(null);
  // What the query spells as an address, or why it spells none. Belongs to `of`; until an answer about the present query
  // comes, the former one stays, so that the row does not flicker while typing.
  #spelled = $state.raw<Spelled>({ of: '' });

  #index = $derived(index(this.all ?? []));
  #found = $derived(search(this.#index, this.#query));
  rows: Row[] = $derived.by(() => {
    const rows: Row[] = this.#found.map((host) => ({ key: host.id, host }));
    if (this.#query.trim() && this.#spelled.address) rows.push({ key: CONNECT, address: this.#spelled.address });
    return rows;
  });
  /** The selected row's place; 0 where nothing was chosen, -1 in an empty list. */
  at = $derived.by(() => {
    const at = this.rows.findIndex((row) => row.key === this.#chosen);
    return at < 0 && this.rows.length > 0 ? 0 : at;
  });
  selected = $derived(this.rows[this.at]);

  #load: Promise<void> | null = null;
  #stale = false;
  #said = new Set<string>();
  #removed: { host: HostView; at: number }[] = [];
  #hush: ReturnType<typeof setTimeout> | undefined;

  // ---- the list

  /** Fetches the list. Calls that come while it is being fetched share one more fetch. */
  load(): Promise<void> {
    this.#stale = true;
    this.#load ??= this.#fetch().finally(() => (this.#load = null));
    return this.#load;
  }

  /** Follows the engine until the returned function is called. */
  follow(): () => void {
    const stops = [engine.onHostsChanged(() => void this.load()), engine.onClosing(() => (this.closing = true))];
    void this.load();
    return () => {
      clearTimeout(this.#hush);
      for (const stop of stops) void stop.then((stop) => stop());
    };
  }

  dismiss(notice: EngineError): void {
    this.notices = this.notices.filter((other) => other !== notice);
  }

  // ---- search and selection

  get query(): string {
    return this.#query;
  }

  set query(query: string) {
    this.#query = query;
    this.#chosen = null;
    void this.#spell(query);
  }

  /** Why the query is not an address; null where it is one, or where that is not known yet. */
  get problem(): string | null {
    return this.#spelled.of === this.#query ? (this.#spelled.problem ?? null) : null;
  }

  select(key: string): void {
    this.#chosen = key;
  }

  /** Moves the selection by so many rows; it stops at the ends. */
  move(by: number): void {
    const to = Math.max(0, Math.min(this.rows.length - 1, this.at + by));
    this.#chosen = this.rows[to]?.key ?? null;
  }

  // ---- what can be done

  /** Opens the selected row; where nothing matches, what was typed as an address. */
  async enter(): Promise<void> {
    const row = this.selected;
    if (row && row.key !== CONNECT) await this.open(row.key);
    else if (this.#query.trim()) await this.connect();
  }

  async open(id: HostId): Promise<void> {
    await this.#whileOpening(id, () => engine.openHost(id));
  }

  /** Wakes the machine up, and opens it when it answers. */
  async wake(id: HostId): Promise<void> {
    await this.#whileOpening(id, () => engine.wakeHost(id));
  }

  /** Connects to the address that the query spells, without saving it. */
  async connect(): Promise<void> {
    const typed = this.#query;
    await this.#whileOpening(CONNECT, () => engine.openAddress(typed));
  }

  add(): void {
    // What was typed as an address and found no host is what is to be added.
    const address = this.#found.length === 0 ? (this.#spelled.address ?? '') : '';
    this.editing = { draft: { ...nothing, address }, hasPassword: false, hasSite: false };
  }

  edit({
    id,
    name,
    address,
    username,
    view_only,
    favourite,
    repeater_id,
    ca_file,
    ssh_jump,
    mac,
    reconnect,
    has_password,
    has_site,
  }: HostView): void {
    const draft = { id, name, address, username, view_only, favourite, repeater_id, ca_file, ssh_jump, mac, reconnect };
    this.editing = { draft, hasPassword: has_password, hasSite: has_site };
  }

  /** Saves what the editor has; throws an EngineError for it to show. */
  async save(draft: HostDraft, change: PasswordChange, site: SiteChange | null = null): Promise<void> {
    const { host, password } = await engine.saveHost({ ...draft }, change);
    // Once more with its id, should the next step fail.
    draft.id = host.id;
    if (site) await engine.saveSite(host.id, site);
    this.editing = null;
    if (password.outcome === 'not_stored') {
      const reason = errorText(password.error);
      this.#say({ text: t('toast.password_not_stored', { name: host.name, reason }) }, null);
    }
    await this.#reveal(host);
  }

  /** Adds machines that were found in another program's files; throws an EngineError at the first that cannot be. */
  async import(found: Preview[]): Promise<void> {
    try {
      for (const { name, address } of found) await engine.saveHost({ ...nothing, name, address }, { change: 'keep' });
      this.#say({ text: t('toast.imported', { count: found.length }) });
    } finally {
      await this.load();
    }
  }

  async duplicate(host: HostView): Promise<void> {
    await this.#attempt(async () => {
      const copy = await engine.duplicateHost(host.id, this.#freeName(host.name));
      this.#say({ text: t('toast.duplicated', { name: copy.name }) });
      await this.#reveal(copy);
    });
  }

  async remove(host: HostView): Promise<void> {
    await this.#attempt(async () => {
      if (this.selected?.key === host.id) {
        this.#chosen = (this.rows[this.at + 1] ?? this.rows[this.at - 1])?.key ?? null;
      }
      await engine.removeHost(host.id);
      const now = Date.now();
      this.#removed = [...this.#restorable(now), { host, at: now }];
      const others = this.#removed.length - 1;
      const text = others
        ? t('toast.removed_more', { name: host.name, count: others })
        : t('toast.removed', { name: host.name });
      this.#say({ text, undo: () => this.#restore() }, UNDO_MS);
      await this.load();
    });
  }

  async favour(host: HostView): Promise<void> {
    await this.#attempt(async () => {
      this.#chosen = host.id;
      await engine.favourHost(host.id, !host.favourite);
      await this.load();
    });
  }

  async chooseClosing(choice: 'tray' | 'quit'): Promise<void> {
    this.closing = false;
    await this.#attempt(() => engine.chooseClosing(choice));
  }

  hush(): void {
    clearTimeout(this.#hush);
    this.message = null;
  }

  // ---- details

  async #fetch(): Promise<void> {
    await this.#attempt(async () => {
      while (this.#stale) {
        this.#stale = false;
        const { hosts, notices } = await engine.listHosts();
        this.all = hosts;
        this.#notify(notices);
      }
    });
    this.all ??= [];
  }

  /** Each notice is said once, also where the engine repeats it with every list. */
  #notify(notices: EngineError[]): void {
    const news = notices.filter((notice) => !this.#said.has(JSON.stringify(notice)));
    if (news.length === 0) return;
    for (const notice of news) this.#said.add(JSON.stringify(notice));
    this.notices = [...this.notices, ...news];
  }

  async #spell(query: string): Promise<void> {
    let spelled: Spelled = { of: query };
    if (query.trim()) {
      try {
        spelled = { of: query, address: await engine.readAddress(query) };
      } catch (caught) {
        const error = toEngineError(caught);
        const field = error.code === 'fields' ? error.fields[0] : undefined;
        spelled = { of: query, problem: field ? problemText(field) : errorText(error) };
      }
    }
    if (query === this.#query) this.#spelled = spelled;
  }

  async #restore(): Promise<void> {
    const removed = this.#restorable(Date.now());
    this.#removed = [];
    this.hush();
    await this.#attempt(async () => {
      for (const { host } of removed) await engine.restoreHost(host.id);
    });
    this.#chosen = removed.at(-1)?.host.id ?? null;
    await this.load();
  }

  #restorable(now: number): { host: HostView; at: number }[] {
    return this.#removed.filter(({ at }) => now - at < UNDO_MS);
  }

  /** Selects a host, and gives up the query where it hides it. */
  async #reveal(host: HostView): Promise<void> {
    await this.load();
    if (!this.rows.some((row) => row.key === host.id)) this.query = '';
    this.#chosen = host.id;
  }

  async #whileOpening(key: string, open: () => Promise<void>): Promise<void> {
    if (this.opening.has(key)) return;
    this.#chosen = key;
    this.opening = new Set([...this.opening, key]);
    await this.#attempt(open);
    this.opening = new Set([...this.opening].filter((other) => other !== key));
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (caught) {
      this.#say({ text: errorText(toEngineError(caught)) }, null);
    }
  }

  /** Says it for so long; null: until it is dismissed. */
  #say(message: Message, ms: number | null = MESSAGE_MS): void {
    this.hush();
    this.message = message;
    if (ms !== null) this.#hush = setTimeout(() => this.hush(), ms);
  }

  #freeName(name: string): string {
    const taken = new Set(this.all?.map((host) => host.name));
    const stem = [...name].slice(0, STEM).join('');
    let copy = t('hosts.copy_name', { name: stem });
    for (let number = 2; taken.has(copy); number++) copy = t('hosts.copy_name_again', { name: stem, number });
    return copy;
  }
}

/** What a query reads as. */
interface Spelled {
  of: string;
  address?: string;
  problem?: string;
}

/** As long as the engine keeps a removed host. */
const UNDO_MS = 10_000;
const MESSAGE_MS = 5_000;
/** So many characters of a name go into its copy's: with what is added it stays within the engine's 200. */
const STEM = 180;

/** What a new host begins with. */
const nothing = {
  id: null,
  name: '',
  username: '',
  repeater_id: '',
  ca_file: '',
  ssh_jump: '',
  mac: '',
  view_only: false,
  favourite: false,
  reconnect: true,
};
