import { describe, expect, it } from 'vitest';
import type { HostView } from '../../ipc/bindings/HostView';
import type { Order } from '../../ipc/bindings/Order';
import { machine } from '../../ipc/fixtures';
import { sortedByName } from './search';
import { arranged, HEADING, Layout, ROW } from './sections';

const host = (name: string, facts: Partial<HostView> = {}) => machine(name, 'x.example', facts);

function shown(hosts: HostView[], order: Order = 'name'): string[] {
  return arranged(sortedByName(hosts), order).map(
    ({ kind, tag, hosts }) => `${tag ?? kind}: ${hosts.map(({ name }) => name).join(' ')}`,
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
});

describe('the layout', () => {
  it('has headings above the rows that begin a section', () => {
    const layout = new Layout(5, [0, 2]);
    expect([0, 1, 2, 4].map((row) => layout.top(row))).toEqual([
      HEADING,
      HEADING + ROW,
      2 * HEADING + 2 * ROW,
      2 * HEADING + 4 * ROW,
    ]);
    expect(layout.headingTop(2)).toBe(HEADING + 2 * ROW);
    expect(layout.height).toBe(2 * HEADING + 5 * ROW);
  });

  it('finds the row at each place', () => {
    const layout = new Layout(1000, [0, 3, 400]);
    for (let row = 0; row < 1000; row++) {
      expect(layout.rowAt(layout.top(row))).toBe(row);
      expect(layout.rowAt(layout.top(row) + ROW - 1)).toBe(row);
    }
    expect(layout.rowAt(1e9)).toBe(999);
    expect(layout.rowAt(layout.headingTop(3))).toBe(3);
    expect(new Layout(0, []).rowAt(5)).toBe(0);
  });
});
