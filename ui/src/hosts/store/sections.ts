// The list without a search: favourites in the person's own order, the latest machines, and the rest in an order that was
// chosen. Each machine is in one section. And where each row is on the screen. Pure.

import type { HostView } from '../../ipc/bindings/HostView';
import type { Order } from '../../ipc/bindings/Order';
import { folded } from './search';

export interface Section {
  /** What its heading says; a tag's name is in `tag`. */
  kind: 'favourites' | 'recent' | 'others' | 'tag' | 'untagged' | 'found';
  tag?: string;
  hosts: HostView[];
}

/** Machines that were opened last, at most. */
const RECENT = 5;

/** The sections, none of them empty. `byName` is sorted. */
export function arranged(byName: readonly HostView[], order: Order): Section[] {
  const favourites = favouritesOf(byName);
  let rest = byName.filter((host) => !host.favourite);
  const latest = rest.filter((host) => host.last_opened !== null).sort(byLastUse);
  let recent: HostView[] = [];
  if (order !== 'last_used') {
    recent = latest.slice(0, RECENT);
    const shown = new Set(recent);
    rest = rest.filter((host) => !shown.has(host));
  }
  const sections: Section[] = [
    { kind: 'favourites', hosts: favourites },
    { kind: 'recent', hosts: recent },
    ...(order === 'tag' ? byTag(rest) : [{ kind: 'others' as const, hosts: sorted(rest, order) }]),
  ];
  return sections.filter(({ hosts }) => hosts.length > 0);
}

/** The favourites in their order; those that were given no place come last. */
export function favouritesOf(byName: readonly HostView[]): HostView[] {
  const place = ({ favourite_place }: HostView) => favourite_place ?? Number.MAX_SAFE_INTEGER;
  return byName.filter((host) => host.favourite).sort((a, b) => place(a) - place(b));
}

function sorted(hosts: HostView[], order: Order): HostView[] {
  // The sort is stable: what is equal stays in the order of names.
  if (order === 'last_used') return hosts.sort(byLastUse);
  if (order === 'most_used') return hosts.sort((a, b) => b.times_opened - a.times_opened);
  return hosts;
}

function byLastUse(a: HostView, b: HostView): number {
  return (b.last_opened ?? 0) - (a.last_opened ?? 0);
}

function byTag(hosts: readonly HostView[]): Section[] {
  const tagged = new Map<string, Section>();
  const untagged: Section = { kind: 'untagged', hosts: [] };
  for (const host of hosts) {
    const [tag] = host.tags;
    if (tag === undefined) {
      untagged.hosts.push(host);
      continue;
    }
    const section = tagged.get(folded(tag));
    if (section) section.hosts.push(host);
    else tagged.set(folded(tag), { kind: 'tag', tag, hosts: [host] });
  }
  return [...tagged.values()].sort((a, b) => byName.compare(a.tag ?? '', b.tag ?? '')).concat(untagged);
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** A row's height in pixels. */
export const ROW = 60;
/** A heading's. */
export const HEADING = 34;

/** Where rows and headings are, in pixels from the top. */
export class Layout {
  /** The row that each heading stands above. */
  readonly #firsts: readonly number[];
  readonly #count: number;

  /** For so many rows; headings stand above the rows `firsts`, in ascending order. */
  constructor(count: number, firsts: readonly number[]) {
    this.#count = count;
    this.#firsts = firsts;
  }

  get height(): number {
    return this.#count * ROW + this.#firsts.length * HEADING;
  }

  top(row: number): number {
    return row * ROW + this.#headingsUpTo(row) * HEADING;
  }

  /** Where the heading above a row is. */
  headingTop(first: number): number {
    return this.top(first) - HEADING;
  }

  /** The row at a place, or the one below a heading there. */
  rowAt(y: number): number {
    let [low, high] = [0, Math.max(0, this.#count - 1)];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.top(middle) + ROW > y) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #headingsUpTo(row: number): number {
    let [low, high] = [0, this.#firsts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#firsts[middle] ?? 0) <= row) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
