import { describe, expect, it } from 'vitest';
import type { HostView } from '../../ipc/bindings/HostView';
import { machine } from '../../ipc/fixtures';
import { index, search } from './search';

function host(name: string, facts: Partial<HostView> = {}): HostView {
  return machine(name, 'x.example', facts);
}

function found(hosts: HostView[], query: string): string[] {
  return search(index(hosts), query).map(({ name }) => name);
}

describe('without a query', () => {
  it('shows favourites first, then what was opened last, then by name', () => {
    const hosts = [
      host('node 10'),
      host('node 9'),
      host('opened long ago', { last_opened: 10 }),
      host('opened just now', { last_opened: 20 }),
      host('favourite', { favourite: true }),
      host('favourite, opened', { favourite: true, last_opened: 5 }),
    ];
    expect(found(hosts, '  ')).toEqual([
      'favourite, opened',
      'favourite',
      'opened just now',
      'opened long ago',
      'node 9',
      'node 10',
    ]);
  });
});

describe('with a query', () => {
  it.each([
    ['every word must be somewhere', 'build ada', ['Build server']],
    ['one word that is nowhere excludes', 'build grace', []],
    ['case makes no difference', 'BUILD', ['Build server']],
    ['accents make no difference', 'cafe', ['Café']],
    ['accents in the query make no difference', 'büild', ['Build server']],
    ['wide letters are letters', 'ｂｕｉｌｄ', ['Build server']],
    ['Chinese is found', '议室', ['会议室']],
    ['addresses are found', '5901', ['Café']],
    ['characters of patterns are just characters', '.*', []],
  ])('%s', (_, query, names) => {
    const hosts = [
      host('Build server', { username: 'Ada' }),
      host('Café', { address: '10.0.0.1:5901' }),
      host('会议室'),
    ];
    expect(found(hosts, query)).toEqual(names);
  });

  it('shows the beginning of a name before the beginning of a word, of an address, and the rest', () => {
    const hosts = [
      host('prestudio', { favourite: true }),
      host('by address', { address: 'studio.local' }),
      host('the studio'),
      host('studio'),
    ];
    expect(found(hosts, 'stu')).toEqual(['studio', 'the studio', 'by address', 'prestudio']);
  });

  it('keeps favourites first among equal matches', () => {
    expect(found([host('node a'), host('node b', { favourite: true })], 'node')).toEqual(['node b', 'node a']);
  });

  it('answers in a blink with ten thousand hosts', () => {
    const prepared = index(
      Array.from({ length: 10_000 }, (_, n) => host(`Node ${n}`, { address: `10.0.${n}.example` })),
    );
    const begun = performance.now();
    expect(search(prepared, 'node 99')).not.toHaveLength(0);
    // Measured at a few milliseconds; a search that is quadratic takes seconds.
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
