// The state of quick connect: what is typed, what that may mean, and which of it is meant. It searches as the list does.

import { errorText } from '../../i18n';
import * as engine from '../../ipc';
import type { HostId } from '../../ipc/bindings/HostId';
import type { HostView } from '../../ipc/bindings/HostView';
import { toEngineError } from '../../ipc/error';
import { Query } from '../store/query.svelte';
import { CONNECT, type AddressRow, type HostRow } from '../store/rows';
import { index, parse, search, sortedByName } from '../store/search';
import { Sources } from '../store/sources.svelte';

/** All machines with the tags that are typed. */
export interface SetRow {
  key: typeof SET;
  hosts: HostView[];
}
export type QuickRow = HostRow | AddressRow | SetRow;

const SET = 'set';
/** Rows: who sees more reads a list, and there is a window for that. */
const MAX_ROWS = 8;
/** More windows than this are asked about, as in the list. */
const MANY = 8;

export class Quick {
  readonly query = new Query();
  readonly sources = new Sources();
  failure = $state<string | null>(null);
  /** The user has chosen to open a large set, and is asked whether they mean it. */
  asks = $state(false);

  #all = $state.raw<HostView[]>([]);
  #open = $state.raw<ReadonlySet<HostId>>(new Set());
  #loading: Promise<void> | null = null;
  /** The key of the row that an arrow has led to; null where the first one that fits is meant. */
  #chosen = $state<string | null>(null);
  #isOpening = false;

  #index = $derived(index(sortedByName(this.#all), this.sources.names));
  #asked = $derived(parse(this.query.text));
  #found = $derived(search(this.#index, this.#asked, this.#open));
  rows: QuickRow[] = $derived.by(() => {
    const { address } = this.query;
    const typed: AddressRow[] = address === undefined ? [] : [{ key: CONNECT, address }];
    const set: SetRow[] = this.#isSet ? [{ key: SET, hosts: this.#found.rows.map(({ host }) => host) }] : [];
    const hosts = this.#found.rows.slice(0, MAX_ROWS - set.length - typed.length);
    return [...set, ...hosts, ...typed];
  });
  /** Nothing is typed but tags, and several machines have them. */
  #isSet = $derived(
    this.#asked.words.length === 0 &&
      this.#asked.filters.length > 0 &&
      this.#asked.filters.every(({ by }) => by === 'tag') &&
      this.#found.rows.length > 1,
  );
  /** What the machines are found by, to be marked. */
  words = $derived(this.#asked.words);
  alike = $derived(this.#found.alike);
  /** The row that Enter is about; null where there is none. A machine that is only alike is not what was typed. */
  row: QuickRow | null = $derived.by(() => {
    const chosen = this.rows.find(({ key }) => key === this.#chosen);
    const meant = this.alike ? this.rows.find(({ key }) => key === CONNECT) : this.rows[0];
    return chosen ?? meant ?? null;
  });

  isOpen(host: HostView): boolean {
    return this.#open.has(host.id);
  }

  /** Reads the list, once. */
  load(): Promise<void> {
    return (this.#loading ??= this.#attempt(async () => {
      const [{ hosts }, sessions] = await Promise.all([
        engine.listHosts(),
        engine.openSessions(false),
        this.sources.load(),
      ]);
      this.#open = new Set(sessions.flatMap(({ host }) => host ?? []));
      this.#all = hosts;
      // Painted by then.
      setTimeout(() => void engine.listShown().catch(() => {}));
    }));
  }

  search(text: string): void {
    this.query.text = text;
    this.choose(null);
  }

  choose(key: string | null): void {
    this.#chosen = key;
    this.asks = false;
    this.failure = null;
  }

  /** Chooses the row so many further on; behind the last one comes the first. */
  step(by: number): void {
    const { rows } = this;
    if (rows.length === 0) return;
    const at = rows.findIndex(({ key }) => key === this.row?.key);
    this.choose(rows[(Math.max(at, by < 0 ? 0 : -1) + by + rows.length) % rows.length]?.key ?? null);
  }

  /** Opens what is chosen, or what was typed as an address, and closes the window. */
  async enter(): Promise<void> {
    // Fast typing is ahead of the list.
    await this.load();
    const { row } = this;
    if (row && 'hosts' in row && row.hosts.length > MANY && !this.asks) {
      this.asks = true;
      return;
    }
    if (this.#isOpening || (row === null && this.query.isEmpty)) return;
    this.#isOpening = true;
    await this.#attempt(async () => {
      if (row && 'hosts' in row) await engine.openHosts(row.hosts.map(({ id }) => id));
      else if (row && 'host' in row) await engine.openHost(row.key);
      else await engine.openAddress(this.query.text);
      await engine.closeQuick();
    });
    this.#isOpening = false;
  }

  async leave(): Promise<void> {
    await this.#attempt(() => engine.closeQuick());
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    this.failure = null;
    try {
      await action();
    } catch (caught) {
      this.failure = errorText(toEngineError(caught));
    }
  }
}
