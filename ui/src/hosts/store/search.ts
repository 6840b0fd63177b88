// Which hosts match a query, in which order. Pure.

import type { HostView } from '../../ipc/bindings/HostView';

/** Hosts in the order of a list without a query, with their texts folded for searching. */
export type Index = readonly Entry[];

interface Entry {
  host: HostView;
  name: string;
  address: string;
  username: string;
}

/** Favourites first, then what was opened last, then by name. */
export function index(hosts: readonly HostView[]): Index {
  return hosts
    .map((host) => ({
      host,
      name: folded(host.name),
      address: folded(host.address),
      username: folded(host.username),
    }))
    .sort(
      (a, b) =>
        Number(b.host.favourite) - Number(a.host.favourite) ||
        (b.host.last_opened ?? 0) - (a.host.last_opened ?? 0) ||
        byName.compare(a.host.name, b.host.name),
    );
}

/** The hosts that have every word of the query in name, address or user name; the best match first. */
export function search(index: Index, query: string): HostView[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return index.map((entry) => entry.host);
  const found: { host: HostView; distance: number }[] = [];
  for (const entry of index) {
    const distance = words.reduce((sum, word) => sum + distanceOf(entry, word), 0);
    if (distance < Infinity) found.push({ host: entry.host, distance });
  }
  // The sort is stable: equally good matches stay in the order of the index.
  return found.sort((a, b) => a.distance - b.distance).map(({ host }) => host);
}

/** 0 where the name begins with the word, up to 3; infinite where no text has it. */
function distanceOf({ name, address, username }: Entry, word: string): number {
  if (name.startsWith(word)) return 0;
  if (beginsAWord(name, word)) return 1;
  if (address.startsWith(word)) return 2;
  if (name.includes(word) || address.includes(word) || username.includes(word)) return 3;
  return Infinity;
}

function beginsAWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at > 0 && !/[\p{L}\p{N}]/u.test(text.charAt(at - 1))) return true;
  }
  return false;
}

// Case, accents, and the wide letters of East Asian keyboards make no difference.
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
