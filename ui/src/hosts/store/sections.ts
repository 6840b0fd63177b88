// The list without a search: favourites in the person's own order, the latest machines, and the rest in an order that was
// chosen. Pure.

import type { HostView } from '../../ipc/bindings/HostView';
import type { OpenSession } from '../../ipc/bindings/OpenSession';
import type { Order } from '../../ipc/bindings/Order';
import { hostRow, sessionRow, type Row } from './rows';
import { folded } from './search';

export interface Section {
  /** What its heading says; a tag's name is in `tag`. */
  kind: 'open' | 'favourites' | 'recent' | 'others' | 'tag' | 'untagged' | 'found' | 'nearby';
  tag?: string;
  rows: Row[];
  /** Shown as cards with pictures. */
  cards: boolean;
}

/** So many of the latest machines are shown as cards. */
export interface Cards {
  recent: number;
}

/** Machines that were opened last, at most, where they are rows. */
const RECENT = 5;
/** So few machines are all shown as cards. */
const FEW = 12;

/** The sections, none of them empty. `byName` is sorted. Each machine is in one of them; a favourite that is open in two. */
export function arranged(
  byName: readonly HostView[],
  sessions: readonly OpenSession[],
  order: Order,
  cards: Cards | null,
): Section[] {
  const favourites = favouritesOf(byName);
  let rest = byName.filter((host) => !host.favourite);
  const open = openRows(sessions, rest);
  const shown = new Set<string>(open.map(({ key }) => key));
  if (open.length > 0) rest = rest.filter(({ id }) => !shown.has(id));
  const latest = rest.filter((host) => host.last_opened !== null).sort(byLastUse);
  let recent: HostView[] = [];
  const isCards = cards !== null;
  // So few are found without being sorted twice.
  const isFew = isCards && byName.length <= FEW && order !== 'tag';
  if (order !== 'last_used' && !isFew) {
    recent = latest.slice(0, cards?.recent ?? RECENT);
    const shown = new Set(recent);
    rest = rest.filter((host) => !shown.has(host));
  }
  const sections: Section[] = [
    { kind: 'open', rows: open, cards: isCards },
    { kind: 'favourites', rows: rowsOf(favourites), cards: isCards },
    { kind: 'recent', rows: rowsOf(recent), cards: isCards },
    ...(order === 'tag' ? byTag(rest) : [{ kind: 'others' as const, rows: rowsOf(sorted(rest, order)), cards: isFew }]),
  ];
  return sections.filter(({ rows }) => rows.length > 0);
}

function rowsOf(hosts: readonly HostView[]): Row[] {
  return hosts.map((host) => hostRow(host));
}

/** The sessions that are not over, in the order in which they began. */
function openRows(sessions: readonly OpenSession[], others: readonly HostView[]): Row[] {
  return sessions
    .filter(({ state }) => state !== 'ended')
    .map((session) => {
      const host = others.find(({ id }) => id === session.host);
      return host ? hostRow(host, session) : sessionRow(session);
    });
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
  const untagged: Section = { kind: 'untagged', rows: [], cards: false };
  for (const host of hosts) {
    const [tag] = host.tags;
    const row = hostRow(host);
    if (tag === undefined) {
      untagged.rows.push(row);
      continue;
    }
    const section = tagged.get(folded(tag));
    if (section) section.rows.push(row);
    else tagged.set(folded(tag), { kind: 'tag', tag, rows: [row], cards: false });
  }
  return [...tagged.values()].sort((a, b) => byName.compare(a.tag ?? '', b.tag ?? '')).concat(untagged);
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
