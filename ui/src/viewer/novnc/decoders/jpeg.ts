// JPEG files (ITU-T T.81, Annex B: https://www.w3.org/Graphics/JPEG/itu-t81.pdf) that lie below each other on the screen, made
// one: a server that sends a large change sends it as many flat rectangles, and for the web view each file costs more than its
// decoding. Nothing is decoded and encoded again: the files' compressed data stands one after the other, divided by restart
// markers, which let a decoder begin anew.

/** What can be joined with others like it. */
export interface Strip {
  width: number;
  height: number;
  /** Everything before the compressed data. Strips can be joined where this is the same, but for the height. */
  head: Uint8Array;
  /** Where in `head` the two bytes of the height are. */
  heightAt: number;
  /** Where in `head` the last segment begins. */
  scanAt: number;
  /** The compressed data. */
  data: Uint8Array;
  /** Blocks of {@link BLOCK} lines, one of which may hold several for some colours. */
  blocksPerLine: number;
}

/** Lines and columns of a block: a file contains whole ones only. */
const BLOCK = 8;

/** Lines of a joined picture, at most. */
const MAX_LINES = 8_192;
/** Groups that more strips can join, at most: columns of a screen. */
const MAX_OPEN = 4;

const START = 0xd8;
const END = 0xd9;
const BASELINE = 0xc0;
const SCAN = 0xda;
const RESTART_INTERVAL = 0xdd;
const FIRST_RESTART = 0xd0;

/**
 * Reads a file; null where it cannot be joined: it is not baseline, has several scans or restart markers, or its colours have
 * half of the lines only (4:2:0), as a decoder smooths these across the border.
 */
export function readStrip(file: Uint8Array): Strip | null {
  if (file[0] !== 0xff || file[1] !== START) return null;
  let frame: { width: number; height: number; heightAt: number; maxHorizontal: number } | null = null;
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff;) {
    const marker = file[at + 1] as number;
    const length = word(file, at + 2);
    if (marker === BASELINE && length >= 8) {
      const components = file[at + 9] as number;
      let maxHorizontal = 1;
      for (let component = 0; component < components; component++) {
        const sampling = file[at + 11 + component * 3] as number;
        if ((sampling & 15) !== 1) return null;
        maxHorizontal = Math.max(maxHorizontal, sampling >> 4);
      }
      // A scan of a single component has blocks of its own size.
      if (components === 1) maxHorizontal = 1;
      frame = { width: word(file, at + 7), height: word(file, at + 5), heightAt: at + 5, maxHorizontal };
    } else if (marker === RESTART_INTERVAL) {
      return null;
    } else if (marker === SCAN) {
      const data = scanData(file, at + 2 + length);
      // A first scan of all components is the only one.
      if (!frame || !data || file[at + 4] !== file[frame.heightAt + 4]) return null;
      const { width, height, heightAt, maxHorizontal } = frame;
      return {
        width,
        height,
        head: file.subarray(0, at + 2 + length),
        heightAt,
        scanAt: at,
        data,
        blocksPerLine: Math.ceil(width / (BLOCK * maxHorizontal)),
      };
    }
    at += 2 + length;
  }
  return null;
}

/**
 * Which strips become one file, by their places among all: those of a group have one height, but the last, which may be lower. A
 * group takes strips from between those of others, as a screen wider than Tight's 2,048 pixels comes in columns, by turns.
 */
export function joinable(strips: readonly (Strip | null)[]): number[][] {
  const groups: number[][] = [];
  let open: { first: Strip; members: number[] }[] = [];
  for (const [place, strip] of strips.entries()) {
    const group = strip && open.find(({ first }) => alike(first, strip) && strip.height <= first.height);
    if (group) {
      const { first, members } = group;
      members.push(place);
      const isFull = members.length * paddedHeight(first) >= MAX_LINES - first.height;
      if (isFull || strip.height < first.height) open = open.filter((other) => other !== group);
    } else {
      const members = [place];
      groups.push(members);
      if (strip && restartInterval(strip) <= 0xffff) open = [...open, { first: strip, members }].slice(-MAX_OPEN);
    }
  }
  return groups;
}

/** Where in the joined picture each strip begins: below whole blocks of the one above. */
export function paddedHeight(strip: Strip): number {
  return Math.ceil(strip.height / BLOCK) * BLOCK;
}

/** Blocks of a strip. */
function restartInterval(strip: Strip): number {
  return strip.blocksPerLine * Math.ceil(strip.height / BLOCK);
}

/** One file of all strips, which {@link joinable} has found to fit. */
export function join(strips: readonly [Strip, ...Strip[]]): Uint8Array<ArrayBuffer> {
  const [first] = strips;
  const last = strips[strips.length - 1] ?? first;
  const length = strips.reduce((sum, { data }) => sum + data.length + 2, first.head.length + 6);
  const file = new Uint8Array(length);
  let at = 0;
  const append = (bytes: ArrayLike<number>) => {
    file.set(bytes, at);
    at += bytes.length;
  };
  append(first.head.subarray(0, first.scanAt));
  file.set(toWord(paddedHeight(first) * (strips.length - 1) + last.height), first.heightAt);
  append([0xff, RESTART_INTERVAL, 0, 4, ...toWord(restartInterval(first))]);
  append(first.head.subarray(first.scanAt));
  for (const [index, { data }] of strips.entries()) {
    if (index > 0) append([0xff, FIRST_RESTART + ((index - 1) & 7)]);
    append(data);
  }
  append([0xff, END]);
  return file;
}

/** The compressed data up to the end of the file; null where another marker comes first. */
function scanData(file: Uint8Array, start: number): Uint8Array | null {
  for (let at = file.indexOf(0xff, start); at >= 0; at = file.indexOf(0xff, at + 2)) {
    const next = file[at + 1];
    if (next === 0) continue;
    return next === END ? file.subarray(start, at) : null;
  }
  return null;
}

function alike(a: Strip, b: Strip): boolean {
  if (a.head.length !== b.head.length || a.heightAt !== b.heightAt || a.scanAt !== b.scanAt) return false;
  return a.head.every((byte, at) => byte === b.head[at] || at === a.heightAt || at === a.heightAt + 1);
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function toWord(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}
