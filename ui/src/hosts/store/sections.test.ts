import { describe, expect, it } from 'vitest';
import type { HostView } from '../../ipc/bindings/HostView';
import type { OpenSession } from '../../ipc/bindings/OpenSession';
import type { OpenState } from '../../ipc/bindings/OpenState';
import type { Order } from '../../ipc/bindings/Order';
import { machine } from '../../ipc/fixtures';
import { sortedByName } from './search';
import { arranged, type Cards } from './sections';

const host = (name: string, facts: Partial<HostView> = {}) => machine(name, 'x.example', facts);

function shown(
  hosts: HostView[],
  order: Order = 'name',
  cards: Cards | null = null,
  sessions: OpenSession[] = [],
): string[] {
  return arranged(sortedByName(hosts), sessions, order, cards).map(
    ({ kind, tag, rows }) =>
      `${tag ?? kind}: ${rows.map((row) => ('host' in row ? row.host.name : row.key)).join(' ')}`,
  );
}

describe('the list', () => {
  it('has favourites in their own order, whatever was used last; then what was used last; then the rest', () => {
    const hosts = [
      host('a', { favourite: true, favourite_place: 1, last_opened: 99 }),
      host('b', { favourite: true, favourite_place: 0 }),
      host('d', { favourite: true }),
      host('c', { favourite: true, last_opened: 100 }),
      host('n10'),
      host('n9'),
      host('r1', { last_opened: 1 }),
      host('r2', { last_opened: 2 }),
    ];
    expect(shown(hosts)).toEqual(['favourites: b a c d', 'recent: r2 r1', 'others: n9 n10']);
  });

  it('has the five that were used last above', () => {
    const hosts = Array.from({ length: 8 }, (_, n) => host(`n${n}`, { last_opened: n }));
    expect(shown(hosts)).toEqual(['recent: n7 n6 n5 n4 n3', 'others: n0 n1 n2']);
  });

  it('has the rest in the order that was chosen', () => {
    const hosts = [
      host('a', { times_opened: 1, tags: ['rack 10', 'x'] }),
      host('b', { times_opened: 5, tags: ['Rack 9'] }),
      host('c', { times_opened: 5, tags: ['rack 9'], last_opened: 3 }),
      host('d', { last_opened: 4 }),
      host('e'),
    ];
    expect(shown(hosts, 'last_used')).toEqual(['others: d c a b e']);
    expect(shown(hosts, 'most_used')).toEqual(['recent: d c', 'others: b a e']);
    expect(shown(hosts, 'tag')).toEqual(['recent: d c', 'Rack 9: b', 'rack 10: a', 'untagged: e']);
    expect(shown([], 'tag')).toEqual([]);
  });

  it('has what is open first, as cards and as rows, each machine once, and favourites where they are', () => {
    const hosts = [
      host('f', { favourite: true }),
      host('o', { last_opened: 9 }),
      host('r', { last_opened: 3 }),
      host('x'),
    ];
    const open = (id: number, name: string, host: string | null, state: OpenState = 'live'): OpenSession => ({
      id,
      host,
      name,
      address: name,
      state,
      picture: null,
    });
    const [f, o, r] = hosts.map(({ id }) => id);
    const sessions = [
      open(1, 'f', f ?? ''),
      open(2, 'o', o ?? ''),
      open(3, 'typed', null),
      open(4, 'r', r ?? '', 'ended'),
    ];
    const cards = { recent: 4 };
    const first = ['open: session-1 o session-3', 'favourites: f'];
    expect(shown(hosts, 'name', cards, sessions)).toEqual([...first, 'others: r x']);
    expect(arranged(hosts, sessions, 'name', cards).every(({ cards }) => cards)).toBe(true);
    expect(shown(hosts, 'name', null, sessions)).toEqual([...first, 'recent: r', 'others: x']);
    expect(arranged(hosts, sessions, 'name', null).some(({ cards }) => cards)).toBe(false);
    const many = Array.from({ length: 13 }, (_, n) => host(`n${n}`, { last_opened: n < 3 ? n : null }));
    const sections = arranged(many, [], 'name', { recent: 2 });
    expect(sections.map(({ kind, cards, rows }) => [kind, cards, rows.length])).toEqual([
      ['recent', true, 2],
      ['others', false, 11],
    ]);
  });
});
