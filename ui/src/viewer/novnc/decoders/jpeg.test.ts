// Files joined into one, taken apart again. That a web view decodes them to the same pixels is seen in a real window.

import { expect, test } from 'vitest';
import { join, joinable, paddedHeight, readStrip, type Strip } from './jpeg';

const segment = (marker: number, ...body: number[]) => [0xff, marker, (body.length + 2) >> 8, body.length + 2, ...body];

interface Kind {
  width?: number;
  height?: number;
  sampling?: number;
  table?: number;
  frame?: number;
  extra?: number[];
  data?: number[];
}

/** The outline of a file that libjpeg writes: JFIF, a quantisation table, frame, Huffman table, scan. */
function file({
  width = 100,
  height = 34,
  sampling = 0x11,
  table = 1,
  frame = 0xc0,
  extra = [],
  data = [1, 2, 0xff, 0, 3],
}: Kind): Uint8Array {
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const components = [3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, 0x4a, 0x46, 0x49, 0x46),
    ...segment(0xdb, 0, table),
    ...segment(frame, 8, ...size, ...components),
    ...segment(0xc4, 0, 7),
    ...extra,
    ...segment(0xda, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0),
    ...data,
    ...[0xff, 0xd9],
  ]);
}

const strip = (kind: Kind = {}) => readStrip(file(kind));

test('strips are joined into one file, divided by restart markers', () => {
  const strips = [strip(), strip({ data: [9] }), strip({ height: 20, data: [8, 7] })] as [Strip, Strip, Strip];
  expect(joinable(strips)).toEqual([[0, 1, 2]]);
  const [first] = strips;
  // 34 lines are five blocks of eight.
  expect(paddedHeight(first)).toBe(40);
  const joined = join(strips);

  const whole = file({
    height: 100,
    extra: segment(0xdd, 0, 13 * 5),
    data: [1, 2, 0xff, 0, 3, 0xff, 0xd0, 9, 0xff, 0xd1, 8, 7],
  });
  expect([...joined]).toEqual([...whole]);
});

test('restart markers go round', () => {
  const strips = Array.from({ length: 10 }, () => strip({ height: 8, data: [5] })) as [Strip, ...Strip[]];
  const markers = [...join(strips)].filter((byte, at, all) => all[at - 1] === 0xff && byte >= 0xd0 && byte <= 0xd7);
  expect(markers).toEqual([0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd0]);
});

test('half of the columns is no obstacle, half of the lines is', () => {
  expect(strip({ sampling: 0x21 })?.blocksPerLine).toBe(7);
  expect(strip({ sampling: 0x22 })).toBeNull();
});

test.each([
  ['progressive', file({ frame: 0xc2 })],
  ['with restart markers', file({ extra: segment(0xdd, 0, 4) })],
  ['with another marker in its data', file({ data: [1, 0xff, 0xd0, 2] })],
  ['without an end', file({}).slice(0, -2)],
  ['empty', new Uint8Array(0)],
  ['noise', Uint8Array.from({ length: 300 }, (_, at) => (at * 37) & 255)],
])('a file that is %s is left alone', (_name, bytes) => {
  expect(readStrip(bytes)).toBeNull();
});

test('every beginning of a file is left alone', () => {
  const whole = file({});
  for (let length = 0; length < whole.length; length++) expect(readStrip(whole.slice(0, length))).toBeNull();
});

test('only what is alike is joined', () => {
  expect(joinable([strip(), strip({ table: 2 })])).toEqual([[0], [1]]);
  expect(joinable([strip(), strip({ width: 99 })])).toEqual([[0], [1]]);
  expect(joinable([null, strip()])).toEqual([[0], [1]]);
  // The blocks of a strip that is higher, or follows a lower one, would be counted wrong.
  expect(joinable([strip(), strip({ height: 40 })])).toEqual([[0], [1]]);
  expect(joinable([strip(), strip({ height: 20 }), strip({ height: 20 })])).toEqual([[0, 1], [2]]);
  expect(joinable([])).toEqual([]);
});

test('columns that come by turns are joined, each for itself', () => {
  const [left, right] = [{ width: 2048 }, { width: 1792 }];
  const last = { height: 20 };
  const strips = [left, right, left, right, { ...left, ...last }, { ...right, ...last }].map(strip);
  expect(joinable(strips)).toEqual([
    [0, 2, 4],
    [1, 3, 5],
  ]);
  expect(joinable([strip(), null, strip()])).toEqual([[0, 2], [1]]);
});

test('a joined picture has a bounded height, and a strip no more blocks than can be counted', () => {
  const many = Array.from({ length: 500 }, () => strip());
  const counts = joinable(many).map((group) => group.length);
  expect(counts.reduce((sum, count) => sum + count)).toBe(500);
  expect(counts[0]).toBeGreaterThan(100);
  expect(Math.max(...counts) * 40).toBeLessThanOrEqual(8_192);
  const huge = { width: 16_000, height: 300 };
  expect(joinable([strip(huge), strip(huge)])).toEqual([[0], [1]]);
});
