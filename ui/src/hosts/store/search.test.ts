import { describe, expect, it } from 'vitest';
import type { HostView } from '../../ipc/bindings/HostView';
import { machine } from '../../ipc/fixtures';
import { folded, index, marked, noteOf, parse, search, sortedByName, tagsIn, toggledTag } from './search';

function host(name: string, facts: Partial<HostView> = {}): HostView {
  return machine(name, 'x.example', facts);
}

function look(hosts: HostView[], query: string, open: HostView[] = []) {
  return search(index(sortedByName(hosts)), parse(query), new Set(open.map(({ id }) => id)));
}

function found(hosts: HostView[], query: string, open: HostView[] = []): string[] {
  const { rows: matches, alike } = look(hosts, query, open);
  return alike ? [] : matches.map(({ host }) => host.name);
}

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
      host('noted', { notes: 'beside the\nstudio' }),
      host('tagged', { tags: ['Studio'] }),
      host('studio'),
    ];
    expect(found(hosts, 'stu')).toEqual(['studio', 'the studio', 'by address', 'tagged', 'prestudio', 'noted']);
  });

  it('keeps favourites first among equal matches', () => {
    expect(found([host('node a'), host('node b', { favourite: true })], 'node')).toEqual(['node b', 'node a']);
  });

  it('answers in a blink with ten thousand hosts', () => {
    const hosts = Array.from({ length: 10_000 }, (_, n) => host(`Node ${n}`, { address: `10.0.${n}.example` }));
    const prepared = index(sortedByName(hosts));
    // Of the processor: others have it, too.
    const begun = process.cpuUsage();
    expect(search(prepared, parse('node 99'), new Set()).rows).not.toHaveLength(0);
    // None has it, so all are looked at closely.
    expect(search(prepared, parse('nodde 777'), new Set()).alike).toBe(true);
    // Measured at a few milliseconds; a search that is quadratic takes seconds.
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1000).toBeLessThan(500);
  });
});

describe('filters', () => {
  const hosts = [
    host('a', { tags: ['Lab', 'rack 4'], ssh_jump: 'ann@jump1', favourite: true }),
    host('b', { tags: ['lab'], ssh_jump: 'jump2' }),
    host('c', { tags: ['labour', 'Büro'], proxy: 'socks5://Gate.example' }),
  ];
  it.each([
    ['a tag as a whole', 'tag:lab', ['a', 'b']],
    ['the beginning of a tag', 'tag:labo', ['c']],
    ['while it is being typed', 'tag:la', ['a', 'b', 'c']],
    ['before anything is typed', 'tag:', ['a', 'b', 'c']],
    ['a tag of two words', 'tag:"rack 4"', ['a']],
    ['a tag with accents and a wide colon', 'TAG：buro', ['c']],
    ['both tags', 'tag:lab tag:"rack 4"', ['a']],
    ['the SSH host', 'via:jump', ['a', 'b']],
    ['a part of it', 'via:jump1', ['a']],
    ['a proxy', 'via:gate', ['c']],
    ['open sessions', 'is:open', ['b']],
    ['favourites', 'is:fav', ['a']],
    ['with words', 'tag:lab rack', ['a']],
    ['one that there is not', 'is:on-fire', []],
    ['a phrase', '"rack 4"', ['a']],
  ])('%s: %s', (_, query, names) => {
    expect(found(hosts, query, hosts.slice(1, 2))).toEqual(names);
  });

  it('are put into the text and taken out of it', () => {
    expect(toggledTag('', 'lab')).toBe('tag:lab ');
    expect(toggledTag('box', 'rack 4')).toBe('box tag:"rack 4" ');
    expect(toggledTag('box tag:"rack 4" tag:LAB x', 'lab')).toBe('box tag:"rack 4" x');
    expect(toggledTag('tag:"Rack 4"', 'rack 4')).toBe('');
    expect([...tagsIn('tag:Lab via:x tag:"rack 4" y')]).toEqual(['lab', 'rack 4']);
  });
});

describe('where none matches', () => {
  const hosts = ['Studio', 'Living room', 'Build server', '会议室'].map((name) => host(name));
  it.each([
    ['letters between', 'lvngrm', 'Living room'],
    ['two letters changed places', 'stuido', 'Studio'],
    ['a wrong letter', 'stadio', 'Studio'],
    ['a letter too many', 'sttudio', 'Studio'],
    ['a wrong first letter', 'ztudio', 'Studio'],
    ['one of two words', 'build servre', 'Build server'],
    ['letters between in Chinese', '会室', '会议室'],
  ])('those come that are alike: %s', (_, query, name) => {
    const { rows: matches, alike } = look(hosts, query);
    expect(alike).toBe(true);
    expect(matches[0]?.host.name).toBe(name);
  });

  it('tags and user names are looked at where no name and no address is alike', () => {
    const tagged = host('One', { tags: ['laboratory', 'rack 4'] });
    const used = host('Two', { username: 'margaret' });
    const named = host('Labo-ratory');
    const names = (query: string, hosts: HostView[]) => look(hosts, query).rows.map(({ host }) => host.name);
    expect(names('laboratry', [tagged, used])).toEqual(['One']);
    expect(names('margret', [tagged, used])).toEqual(['Two']);
    expect(names('oen laboratry', [tagged, used])).toEqual([]);
    expect(names('laboratroy', [tagged, used, named])).toEqual(['Labo-ratory']);
  });

  it('what is not alike does not come', () => {
    for (const query of ['my old pc', 'zzz', 'x9']) expect(look(hosts, query).rows, query).toEqual([]);
  });

  it('the nearest comes first', () => {
    const near = [host('s-t-u-d-i-o'), host('studi-o'), host('Stud--io')];
    expect(look(near, 'studoi').rows[0]?.host.name).toBe('studi-o');
    expect(look(near, 'studio').rows.map(({ host }) => host.name)).toEqual(['studi-o', 'Stud--io', 's-t-u-d-i-o']);
  });
});

describe('marks', () => {
  const show = (text: string, query: string, alike = false) =>
    marked(text, parse(query).words, alike)
      .map((part) => (part.marked ? `[${part.text}]` : part.text))
      .join('');
  it.each([
    ['Build server', 'ser bu', '[Bu]ild [ser]ver'],
    ['Café Büro', 'cafe buro', '[Café] [Büro]'],
    ['Ｓｔｕｄｉｏ 1', 'studio', '[Ｓｔｕｄｉｏ] 1'],
    ['aXaXa', 'a', '[a]X[a]X[a]'],
    ['ﬁle', 'fi', '[ﬁ]le'],
    ['会议室', '议', '会[议]室'],
    ['👩‍🔧 box', 'box', '👩‍🔧 [box]'],
    ['Studio', 'nowhere', 'Studio'],
    ['Studio', 'tag:studio', 'Studio'],
    ['', 'a', ''],
  ])('of %s for %s', (text, query, expected) => {
    expect(show(text, query)).toBe(expected);
  });

  it('are on the letters that are alike', () => {
    expect(show('Living room', 'lvrm', true)).toBe('[L]i[v]ing [r]oo[m]');
    expect(show('Studio', 'stuido', true)).toBe('[Stud]i[o]');
  });

  it('a note is shown where nothing else has the word', () => {
    const noted = host('Studio', { notes: 'first line\nthe switch is behind the big plant, Ann has the key' });
    expect(noteOf(noted, ['studio'])).toBeNull();
    expect(noteOf(noted, ['studio', 'ann'])).toBe('…behind the big plant, Ann has the key');
    expect(noteOf(noted, ['first'])).toBe('first line');
    expect(noteOf(host('a'), ['first'])).toBeNull();
  });
});

/** What the search means, without what makes it fast. */
function meant(hosts: readonly HostView[], words: readonly string[]): string[] {
  const strict = (host: HostView, word: string): number => {
    const [name, address, username, notes] = [host.name, host.address, host.username, host.notes].map(folded);
    const tags = host.tags.map(folded);
    const parts = [name, address, username, ...tags];
    if (name?.startsWith(word)) return 0;
    if (
      [...(name ?? '')].some(
        (_, at) => at > 0 && /[^\p{L}\p{N}]/u.test(name?.[at - 1] ?? '') && name?.startsWith(word, at),
      )
    )
      return 1;
    if (address?.startsWith(word)) return 2;
    if (tags.some((tag) => tag.startsWith(word))) return 3;
    if (parts.some((part) => part?.includes(word))) return 4;
    return notes?.includes(word) ? 5 : Infinity;
  };
  const spread = (text: string, letters: string): number => {
    const distances = [...text].flatMap((letter, start) => {
      if (letter !== letters[0]) return [];
      let at = start;
      for (const next of letters.slice(1)) at = at < 0 ? -1 : text.indexOf(next, at + 1);
      const distance = at - start + 1 - letters.length;
      return at >= 0 && distance <= 2 * letters.length ? [distance] : [];
    });
    return Math.min(Infinity, ...distances);
  };
  const near = (text: string, word: string): number => {
    if (word.length < 2) return Infinity;
    const whole = spread(text, word);
    if (whole < Infinity || word.length < 4) return whole;
    return Math.min(...[...word].map((_, out) => spread(text, word.slice(0, out) + word.slice(out + 1)) + 4));
  };
  const alike = (host: HostView, word: string) =>
    Math.min(near(folded(host.name), word), 1 + near(folded(host.address), word));
  const sorted = (distance: (host: HostView, word: string) => number) =>
    hosts
      .map((host) => ({ host, far: words.reduce((sum, word) => sum + distance(host, word), 0) }))
      .filter(({ far }) => far < Infinity)
      .sort((a, b) => a.far - b.far || Number(b.host.favourite) - Number(a.host.favourite))
      .map(({ host }) => host.id);
  const found = sorted(strict);
  if (found.length > 0) return found;
  const byName = sorted(alike);
  const labels = (host: HostView) => [...host.tags, host.username].map(folded);
  const byAll = (host: HostView, word: string) =>
    Math.min(alike(host, word), ...labels(host).map((label) => 2 + near(label, word)));
  return (byName.length > 0 ? byName : sorted(byAll)).slice(0, 50);
}

it('finds in any list what it means to, in that order', () => {
  let seed = 7;
  const below = (limit: number) => ((seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 8) % limit;
  const letters = ['a', 'b', 'c', 'd', 'e', '-', ' ', '1', '会', '室', 'É'];
  const text = (length: number) => Array.from({ length: below(length) }, () => letters[below(letters.length)]).join('');
  const seen = { words: 0, alike: 0, cut: 0 };
  for (let list = 0; list < 30; list++) {
    const hosts = Array.from({ length: 20 + below(400) }, () =>
      machine(text(12), text(14), {
        tags: Array.from({ length: below(3) }, () => text(5)),
        notes: text(20),
        username: text(4),
        favourite: below(5) === 0,
      }),
    );
    const sorted = sortedByName(hosts);
    const prepared = index(sorted);
    for (let n = 0; n < 25; n++) {
      const query = parse(`${text(5)} ${below(2) ? text(9) : ''}`);
      if (query.words.length === 0) continue;
      const { rows: found, alike } = search(prepared, query, new Set());
      expect(
        found.map(({ key }) => key),
        query.words.join(' '),
      ).toEqual(meant(sorted, query.words));
      if (found.length === 50 && alike) seen.cut += 1;
      else if (found.length > 0) seen[alike ? 'alike' : 'words'] += 1;
    }
  }
  // Each way was gone.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
});
