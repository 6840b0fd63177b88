// Which rows of the list are selected: one, that the keys move, or several.

import type { HostView } from '../../ipc/bindings/HostView';
import type { Row } from './rows';

export class Selection {
  readonly #rows: () => Row[];
  /** The row that the keys move; null: the first one. */
  #cursor = $state<string | null>(null);
  /** Where a range begins. */
  #anchor: string | null = null;
  /** Several hosts; empty where only the cursor's row is selected. */
  #several = $state.raw<ReadonlySet<string>>(new Set());

  /** The cursor's place; 0 where nothing was chosen, -1 in an empty list. */
  at: number = $derived.by(() => {
    const at = this.#placeOf(this.#cursor);
    return at < 0 && this.#rows().length > 0 ? 0 : at;
  });
  row: Row | undefined = $derived.by(() => this.#rows()[this.at]);
  /** The selected hosts, in the order of the rows. */
  hosts: HostView[] = $derived.by(() => {
    if (this.#several.size === 0) return this.row && 'host' in this.row ? [this.row.host] : [];
    return this.#rows().flatMap((row) => ('host' in row && this.#several.has(row.key) ? [row.host] : []));
  });

  constructor(rows: () => Row[]) {
    this.#rows = rows;
  }

  has(key: string): boolean {
    return this.#several.size > 0 ? this.#several.has(key) : this.row?.key === key;
  }

  get isSeveral(): boolean {
    return this.#several.size > 0 && this.hosts.length > 1;
  }

  /** One row, and no other. */
  select(key: string | null): void {
    this.#cursor = this.#anchor = key;
    if (this.#several.size > 0) this.#several = new Set();
  }

  /** Moves the cursor by so many rows; it stops at the ends. */
  move(by: number): void {
    this.select(this.#rows()[this.#bounded(this.at + by)]?.key ?? null);
  }

  /** The same, with all rows from where the range began. */
  stretch(by: number): void {
    this.#range(this.#bounded(this.at + by));
  }

  /** All rows from where the range began. */
  stretchTo(key: string): void {
    const at = this.#placeOf(key);
    if (at >= 0) this.#range(at);
  }

  /** Takes a host in, or out where it was in. */
  toggle(key: string): void {
    const several = new Set(this.hosts.map(({ id }) => id));
    if (!several.delete(key)) several.add(key);
    this.#cursor = this.#anchor = key;
    // One that is left is the cursor's, wherever that is.
    if (several.size === 1) this.#cursor = [...several][0] ?? null;
    this.#several = several.size > 1 ? several : new Set();
  }

  all(): void {
    this.#several = new Set(this.#rows().flatMap((row) => ('host' in row ? [row.key] : [])));
  }

  #range(to: number): void {
    const rows = this.#rows();
    const from = this.#placeOf(this.#anchor);
    const start = from < 0 ? this.at : from;
    this.#anchor = rows[start]?.key ?? null;
    this.#cursor = rows[to]?.key ?? null;
    const range = rows.slice(Math.min(start, to), Math.max(start, to) + 1);
    this.#several = new Set(range.flatMap((row) => ('host' in row ? [row.key] : [])));
  }

  #placeOf(key: string | null): number {
    return key === null ? -1 : this.#rows().findIndex((row) => row.key === key);
  }

  #bounded(place: number): number {
    return Math.max(0, Math.min(this.#rows().length - 1, place));
  }
}
