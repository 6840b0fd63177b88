// Which rows of the list are selected: one, that the keys move, or several.

import type { HostView } from '../../ipc/bindings/HostView';
import type { Row } from './rows';

export class Selection {
  readonly #rows: () => Row[];
  readonly #unchosen: () => number;
  /** The row that the keys move; null where none was chosen. */
  #cursor = $state<string | null>(null);
  /** Where a range begins. */
  #anchor: string | null = null;
  /** What was selected together. */
  #together = $state.raw<ReadonlySet<string>>(new Set());
  /** What of it is still in the list: several hosts, or one, which the cursor is at then; empty where there is only a cursor. */
  #several: ReadonlySet<string> = $derived.by(() => {
    if (this.#together.size === 0) return this.#together;
    return new Set(this.#rows().flatMap(({ key }) => (this.#together.has(key) ? [key] : [])));
  });

  /** The cursor's place; -1 in an empty list. */
  at: number = $derived.by(() => {
    const [first] = this.#several;
    const at = this.#placeOf(this.#several.size === 1 && first ? first : this.#cursor);
    return at < 0 && this.#rows().length > 0 ? this.#unchosen() : at;
  });
  row: Row | undefined = $derived.by(() => this.#rows()[this.at]);
  /** The selected hosts, in the order of the rows. */
  hosts: HostView[] = $derived.by(() => {
    if (!this.isSeveral) return this.row && 'host' in this.row ? [this.row.host] : [];
    return this.#rows().flatMap((row) => ('host' in row && this.#several.has(row.key) ? [row.host] : []));
  });

  /** `unchosen` is the cursor's place where no row was chosen. */
  constructor(rows: () => Row[], unchosen: () => number = () => 0) {
    this.#rows = rows;
    this.#unchosen = unchosen;
  }

  has(key: string): boolean {
    return this.isSeveral ? this.#several.has(key) : this.row?.key === key;
  }

  get isSeveral(): boolean {
    return this.#several.size > 1;
  }

  /** Whether the user has chosen a row. */
  get isChosen(): boolean {
    return this.#cursor !== null;
  }

  /** One row, and no other. */
  select(key: string | null): void {
    this.#cursor = this.#anchor = key;
    if (this.#together.size > 0) this.#together = new Set();
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
    this.#together = several.size > 1 ? several : new Set();
  }

  all(): void {
    this.#together = new Set(this.#rows().flatMap((row) => ('host' in row ? [row.key] : [])));
  }

  #range(to: number): void {
    const rows = this.#rows();
    const from = this.#placeOf(this.#anchor);
    const start = from < 0 ? this.at : from;
    this.#anchor = rows[start]?.key ?? null;
    this.#cursor = rows[to]?.key ?? null;
    const range = rows.slice(Math.min(start, to), Math.max(start, to) + 1);
    this.#together = new Set(range.flatMap((row) => ('host' in row ? [row.key] : [])));
  }

  #placeOf(key: string | null): number {
    return key === null ? -1 : this.#rows().findIndex((row) => row.key === key);
  }

  #bounded(place: number): number {
    return Math.max(0, Math.min(this.#rows().length - 1, place));
  }
}
