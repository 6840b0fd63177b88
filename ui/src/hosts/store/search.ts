// Which hosts match what stands in the search box, in which order, and which letters of them. Pure.
//
// Words are looked for in name, address, user name, tags and notes; `tag:lab`, `via:jump1`, `source:team`, `is:open` and `is:nearby`
// narrow the list.
// Where no host has all words, those come that nearly have them in name or address: with letters between, or with one wrong; where
// there are none either, those that nearly have them in a tag or the user name, too.

import type { Discovered } from '../../ipc/bindings/Discovered';
import type { HostId } from '../../ipc/bindings/HostId';
import type { HostView } from '../../ipc/bindings/HostView';
import type { SourceId } from '../../ipc/bindings/SourceId';
import { lettersOf, near, nearBelow, placesOf } from './nearly';
import { hostRow, type HostRow } from './rows';

/** Hosts in the order that equally good matches have, with their texts folded for searching. */
export interface Index {
  entries: readonly Entry[];
  /** Every tag, as it was written first, by its folded form; the most used first. */
  tags: ReadonlyMap<string, TagCount>;
}

export interface TagCount {
  tag: string;
  count: number;
}

/** A tag or a user name, folded: one and the same for all who have it, of which there are many. */
interface Other {
  text: string;
  letters: number;
}

interface Entry {
  host: HostView;
  /** The same one with each search: what is drawn of it then stays. */
  row: HostRow;
  name: string;
  address: string;
  via: string;
  /** The name of the source that lists it; empty for the user's own. */
  source: string;
  tags: string[];
  /** Which letters the name has, a bit for each of 32 kinds. */
  nameLetters: number;
  addressLetters: number;
  /** Its tags and its user name, where it has one: what is looked at last where nothing matches. */
  others: readonly Other[];
  /** All that words are looked for in, a line each: name, address, user name, tags, notes. No word has the end of a line. */
  all: string;
  /** Its letters. */
  allLetters: number;
  /** Where the line before the tags ends, and where their last one does. */
  tagsFrom: number;
  tagsTo: number;
}

/** What a text asks for. */
export interface Query {
  words: readonly string[];
  filters: readonly Filter[];
}

export type Filter = { by: 'tag' | 'via' | 'source'; value: string } | { by: 'is'; value: State };

/** What `is:` asks for. */
const states = ['open', 'favourite', 'demo', 'nearby'] as const;
type State = (typeof states)[number];

export interface Found {
  /** The best match first. */
  rows: HostRow[];
  /** No host has all words: these are alike. */
  alike: boolean;
}

/** A part of a text, and whether the query is about it. */
export interface Part {
  text: string;
  marked: boolean;
}

// ---- the list, prepared

/** Favourites come first, then what was opened last, then the order of `byName`. */
export function index(byName: readonly HostView[], sources: ReadonlyMap<SourceId, string> = new Map()): Index {
  const tags = new Map<string, TagCount>();
  const others = new Map<string, Other>();
  const otherOf = (text: string): Other => {
    const other = others.get(text) ?? { text, letters: lettersOf(text) };
    others.set(text, other);
    return other;
  };
  const entries = byName.map((host): Entry => {
    const [name, address] = [folded(host.name), folded(host.address)];
    const own = host.tags.map(folded);
    own.forEach((tag, at) => {
      const known = tags.get(tag);
      if (known) known.count += 1;
      else tags.set(tag, { tag: host.tags[at] ?? tag, count: 1 });
    });
    const [nameLetters, addressLetters] = [lettersOf(name), lettersOf(address)];
    const username = folded(host.username);
    const beforeTags = `${name}\n${address}\n${username}`;
    const beforeNotes = [beforeTags, ...own].join('\n');
    const all = `${beforeNotes}\n${folded(host.notes)}`;
    return {
      host,
      row: hostRow(host),
      name,
      address,
      via: `${folded(host.ssh_jump)}\n${folded(host.proxy)}`,
      source: host.source === null ? '' : folded(sources.get(host.source) ?? ''),
      tags: own,
      others: [...own, username].filter(Boolean).map(otherOf),
      nameLetters,
      addressLetters,
      all,
      allLetters: lettersOf(all),
      tagsFrom: beforeTags.length,
      tagsTo: beforeNotes.length,
    };
  });
  entries.sort(
    (a, b) =>
      Number(b.host.favourite) - Number(a.host.favourite) || (b.host.last_opened ?? 0) - (a.host.last_opened ?? 0),
  );
  return { entries, tags: new Map([...tags].sort(([, a], [, b]) => b.count - a.count)) };
}

/** By name, with numbers as numbers. */
export function sortedByName(hosts: readonly HostView[]): HostView[] {
  return [...hosts].sort((a, b) => byName.compare(a.name, b.name));
}

// ---- the query

/** Reads the text of the search box. */
export function parse(text: string): Query {
  const words: string[] = [];
  const filters: Filter[] = [];
  for (const { by, value } of tokens(text)) {
    if (by === null) words.push(value);
    // One that is still being typed narrows nothing yet.
    else if (value === '') continue;
    else if (by !== 'is') filters.push({ by, value });
    else {
      const state = states.find((state) => state.startsWith(value));
      if (state) filters.push({ by, value: state });
      else words.push(`is:${value}`);
    }
  }
  return { words: words.filter(Boolean), filters };
}

/** The folded tags that a text asks for. */
export function tagsIn(text: string): ReadonlySet<string> {
  return new Set(tokens(text).flatMap(({ by, value }) => (by === 'tag' ? [value] : [])));
}

/** The text with the wish for a tag, or without it where it had it. */
export function toggledTag(text: string, tag: string): string {
  const wanted = folded(tag);
  const asked = tokens(text).filter(({ by, value }) => by === 'tag' && value === wanted);
  if (asked.length === 0)
    return `${text.trim()} tag:${/[\s"]/.test(tag) ? `"${tag.replaceAll('"', '')}"` : tag} `.trimStart();
  for (const { from, to } of asked.reverse()) text = text.slice(0, from) + text.slice(to);
  return text.replace(/\s+/g, ' ').trimStart();
}

interface Token {
  by: Filter['by'] | null;
  /** Folded. */
  value: string;
  from: number;
  to: number;
}

function tokens(text: string): Token[] {
  // A wide colon is what a Chinese keyboard has.
  const token = /(tag|via|source|is)[:：](?:"([^"]*)"?|(\S*))|"([^"]*)"?|(\S+)/gi;
  return [...text.matchAll(token)].map((match) => {
    const [whole, by, quotedValue, value, quotedWord, word] = match;
    return {
      by: (by?.toLowerCase() as Filter['by'] | undefined) ?? null,
      value: folded(quotedValue ?? value ?? quotedWord ?? word ?? '').trim(),
      from: match.index,
      to: match.index + whole.length,
    };
  });
}

// ---- searching

/** The rows of the hosts that have every word and pass every filter; `open` are those with an open session. */
export function search(index: Index, query: Query, open: ReadonlySet<HostId>): Found {
  const entries = query.filters.reduce(
    (left, filter) => left.filter(passes(filter, index, open)),
    index.entries as Entry[],
  );
  if (query.words.length === 0) return { rows: entries.map(({ row }) => row), alike: false };
  const wanted = query.words.reduce((letters, word) => letters | lettersOf(word), 0);
  const found = withAll(entries, query.words, wanted);
  if (found.length > 0) return { rows: found, alike: false };
  return { rows: nearest(entries, query.words), alike: true };
}

/** Whether a text asks for nothing but machines that are nearby. */
export function asksForNearby({ filters }: Query): boolean {
  return filters.some(({ value, by }) => by === 'is' && value === 'nearby');
}

/** The machines in the network that have every word, by name; what else narrows the list leaves none. */
export function searchNearby(machines: readonly Discovered[], query: Query): Discovered[] {
  if (query.filters.some(({ by, value }) => by !== 'is' || value !== 'nearby')) return [];
  const found = machines.filter(({ name, address }) => {
    const all = `${folded(name)}\n${folded(address)}`;
    return query.words.every((word) => all.includes(word));
  });
  return found.sort((a, b) => byName.compare(a.name, b.name) || a.number - b.number);
}

/** So many are shown where none matches: those behind are hardly alike. */
const MAX_ALIKE = 50;

function passes(filter: Filter, index: Index, open: ReadonlySet<HostId>): (entry: Entry) => boolean {
  const { by, value } = filter;
  if (by === 'source') return ({ source }) => source.includes(value);
  if (by === 'via') return ({ via }) => via.includes(value);
  // A tag that is written to its end is meant as a whole.
  if (by === 'tag' && index.tags.has(value)) return ({ tags }) => tags.includes(value);
  if (by === 'tag') return ({ tags }) => tags.some((tag) => tag.startsWith(value));
  if (value === 'open') return ({ host }) => open.has(host.id);
  if (value === 'nearby') return () => false;
  return ({ host }) => host[value as 'favourite' | 'demo'];
}

// ---- what has all words

/** Those that have every word, the best first; equally good ones stay in the order of the entries. */
function withAll(entries: readonly Entry[], words: readonly string[], letters: number): HostRow[] {
  const lines = words.map((word) => `\n${word}`);
  const byDistance: HostRow[][] = [];
  for (const entry of entries) {
    // Most have not even the letters.
    if ((letters & ~entry.allLetters) !== 0) continue;
    let distance = 0;
    for (let at = 0; at < words.length && distance < Infinity; at++) {
      distance += distanceOf(entry, words[at] ?? '', lines[at] ?? '');
    }
    if (distance < Infinity) (byDistance[distance] ??= []).push(entry.row);
  }
  return byDistance.flat();
}

/** 0 where the name begins with the word, up to 5; infinite where no text has it. `line` is the word at the beginning of a line. */
function distanceOf({ name, all, tagsFrom, tagsTo }: Entry, word: string, line: string): number {
  // Ten thousand times with each key: the first place says nearly all.
  const at = all.indexOf(word);
  if (at <= 0) return at < 0 ? Infinity : 0;
  if (at < name.length && beginsAWord(name, word, at)) return 1;
  if (all.startsWith(word, name.length + 1)) return 2;
  if (tagsFrom < tagsTo) {
    const tag = all.indexOf(line, tagsFrom);
    if (tag >= 0 && tag < tagsTo) return 3;
  }
  return at < tagsTo ? 4 : 5;
}

function beginsAWord(text: string, word: string, first: number): boolean {
  for (let at = first; at >= 0; at = text.indexOf(word, at + 1)) {
    if (at > 0 && !isOfAWord(text, at - 1)) return true;
  }
  return false;
}

function isOfAWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  // Folded, so these are all the small ones of ASCII; patterns take several times as long.
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
  return /[\p{L}\p{N}]/u.test(text.charAt(at));
}

// ---- what is alike

/** Those that nearly have every word in name or address, the nearest first; where there are none, those that have it with a tag or the
 * user name, which are two further. */
function nearest(entries: readonly Entry[], words: readonly string[]): HostRow[] {
  const letters = words.map(lettersOf);
  const others = words.map(() => new Map<Other, number>());
  const [named, all] = [new Nearest(), new Nearest()];
  for (const entry of entries) {
    const isAll = named.isEmpty;
    let distance = 0;
    let distanceOfAll = 0;
    for (let at = 0; at < words.length && (distance < named.limit || (isAll && distanceOfAll < all.limit)); at++) {
      const [word, has] = [words[at] ?? '', letters[at] ?? 0];
      const ofName = nearness(entry, word, has, isAll ? Infinity : named.limit - distance);
      distance += ofName;
      if (isAll) distanceOfAll += Math.min(ofName, 2 + nearnessOfOthers(entry, word, has, others[at]));
    }
    if (distance < named.limit) named.add(distance, entry.row);
    else if (isAll && distanceOfAll < all.limit) all.add(distanceOfAll, entry.row);
  }
  return (named.isEmpty ? all : named).rows;
}

/** The nearest of what is added, no more than are shown. */
class Nearest {
  readonly #byDistance: HostRow[][] = [];
  #nearer = 0;
  /** What is not nearer than this comes behind those that are found already, and need not be looked at any closer. */
  limit = Infinity;

  get isEmpty(): boolean {
    return this.#byDistance.length === 0;
  }

  get rows(): HostRow[] {
    return this.#byDistance.flat().slice(0, MAX_ALIKE);
  }

  /** Takes in what is below the limit. */
  add(distance: number, row: HostRow): void {
    (this.#byDistance[distance] ??= []).push(row);
    this.#nearer += 1;
    if (this.#nearer < MAX_ALIKE) return;
    this.limit = Math.min(this.limit, this.#byDistance.length);
    while (this.#nearer >= MAX_ALIKE) this.#nearer -= this.#byDistance[--this.limit]?.length ?? 0;
  }
}

/** How near an entry's name or address is to a word with these letters; infinite where that is not below a limit. */
function nearness(entry: Entry, word: string, letters: number, limit: number): number {
  const inName = nearBelow(limit, entry.name, entry.nameLetters, word, letters);
  // What is in the address is one further.
  const inAddress = 1 + nearBelow(Math.min(limit, inName) - 1, entry.address, entry.addressLetters, word, letters);
  return Math.min(inName, inAddress);
}

/** How near its tags and its user name are; each is looked at once, however many have it. */
function nearnessOfOthers({ others }: Entry, word: string, letters: number, known?: Map<Other, number>): number {
  let least = Infinity;
  for (const other of others) {
    const distance = known?.get(other) ?? nearBelow(Infinity, other.text, other.letters, word, letters);
    known?.set(other, distance);
    least = Math.min(least, distance);
  }
  return least;
}

// ---- marking

/** The text in parts: those that the words are about are marked. */
export function marked(text: string, words: readonly string[], alike: boolean): Part[] {
  const none = [{ text, marked: false }];
  if (words.length === 0 || text === '') return none;
  // Most texts of the rows that are drawn with each key have none.
  const fold = folded(text);
  if (!words.some((word) => fold.includes(word) || (alike && near(fold, word) !== null))) return none;
  const from = placesIn(text, fold);
  const marks = new Array<boolean>(text.length).fill(false);
  const mark = (start: number, end: number) => marks.fill(true, from(start), from(end));
  for (const word of words) {
    let found = false;
    for (let at = fold.indexOf(word); at >= 0; at = fold.indexOf(word, at + word.length)) {
      mark(at, at + word.length);
      found = true;
    }
    if (!found && alike) for (const at of placesOf(fold, word)) mark(at, at + 1);
  }
  const parts: Part[] = [];
  for (let start = 0, end = 1; end <= text.length; end++) {
    if (end < text.length && marks[end] === marks[start]) continue;
    parts.push({ text: text.slice(start, end), marked: marks[start] ?? false });
    start = end;
  }
  return parts;
}

/** The notes around the first word that is nowhere else in a host; null where there is none. */
export function noteOf(host: HostView, words: readonly string[]): string | null {
  if (!host.notes || words.length === 0) return null;
  const elsewhere = folded([host.name, host.address, host.username, ...host.tags].join('\n'));
  const word = words.find((word) => !elsewhere.includes(word));
  if (word === undefined) return null;
  const line = host.notes.split('\n').find((line) => folded(line).includes(word));
  if (line === undefined) return null;
  const fold = folded(line);
  const start = Math.max(0, placesIn(line, fold)(fold.indexOf(word)) - NOTE_BEFORE);
  // From the beginning of a word on, where there is one.
  const shown = start > 0 ? line.slice(start).replace(/^\S{0,12}\s+/, '') : line;
  return (start > 0 ? '…' : '') + shown.trim();
}

/** Letters of a note that are shown before what was found. */
const NOTE_BEFORE = 24;

/** For each place of the folded text, and its end, where that is in the text. */
function placesIn(text: string, fold: string): (place: number) => number {
  // Folding changes no length of these, and letter by letter it takes long.
  if (isAscii.test(text)) return (place) => place;
  const from: number[] = [];
  let at = 0;
  for (const letter of text) {
    for (let n = folded(letter).length; n > 0; n--) from.push(at);
    at += letter.length;
  }
  return (place) => (place < fold.length ? from[place] : undefined) ?? at;
}

/** Case, accents, and the wide letters of East Asian keyboards make no difference. */
export function folded(text: string): string {
  // Most texts have none of these, and folding ten thousand of them is waited for.
  if (isAscii.test(text)) return text.toLowerCase();
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ς', 'σ');
}

// eslint-disable-next-line no-control-regex
const isAscii = /^[\x00-\x7f]*$/;

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
