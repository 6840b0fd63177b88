// Messages that the session goes on after, said to the real noVNC: whole, and byte by byte.

import { deflateSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { MAX_TEXT } from './clipboard';
import { connect, long, text, word, type Connected } from './real';
import { ScreenTooLarge } from './screenSize';

const BELL = 2;
const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const update = (...rectangles: number[][]): number[] => [0, 0, ...word(rectangles.length), ...rectangles.flat()];
const rectangle = (
  x: number,
  y: number,
  width: number,
  height: number,
  encoding: number,
  ...data: number[]
): number[] => [...[x, y, width, height].flatMap(word), ...long(encoding >>> 0), ...data];
const cutText = (length: number, ...data: number[]): number[] => [3, 0, 0, 0, ...long(length), ...data];
const extended = (flags: number, ...data: number[]): number[] =>
  cutText(2 ** 32 - 4 - data.length, ...long(flags >>> 0), ...data);
const CAPS = 0x1f00_0001;
const caps = (size = 0) => extended(CAPS, ...long(size));
const [REQUEST, PEEK, NOTIFY, PROVIDE] = [0x0200_0001, 0x0400_0001, 0x0800_0001, 0x1000_0001];
const packed = (...bytes: number[]): number[] => [...deflateSync(Uint8Array.from(bytes))];

/** What the page gets: texts, and those that are too large. */
function heard({ rfb }: Connected) {
  const texts: string[] = [];
  const tooLarge: unknown[] = [];
  let bells = 0;
  // Bells that follow each other too fast are dropped.
  let seconds = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (seconds += 1) * 1000);
  rfb.addEventListener('clipboard', ({ detail }) => texts.push(detail.text));
  rfb.addEventListener('texttoolarge', ({ detail }) => tooLarge.push(detail));
  rfb.addEventListener('bell', () => bells++);
  return { texts, tooLarge, bells: () => bells };
}

const SKIPPED: [what: string, bytes: number[]][] = [
  ['a colour map', [1, 0, ...word(0), ...word(3), ...zeros(18)]],
  ['a colour map of no colours', [1, 0, ...word(0), ...word(0)]],
  ['a fence without data', [248, 0, 0, 0, ...long(0x8000_0001), 0]],
  ['a fence', [248, 0, 0, 0, ...long(0x8000_0003), 64, ...zeros(64)]],
  ['a fence with too much data', [248, 0, 0, 0, ...long(0x8000_0001), 255, ...new Array<number>(255).fill(77)]],
  ['a fence that answers nothing', [248, 0, 0, 0, ...long(1), 3, 77, 77, 77]],
  ['xvp', [250, 0, 1, 1]],
  ['a failure of xvp', [250, 0, 1, 0]],
  ['unknown xvp', [250, 0, 1, 7]],
  ['an update of nothing', update()],
  ['a text of no length', cutText(0)],
  ['capabilities', caps()],
  ['capabilities of many formats', extended(0x1f00_ffff, ...zeros(64))],
  ['capabilities without formats', extended(0x1f00_0000)],
  ['capabilities with fewer sizes than formats', extended(0x1f00_0007, ...long(1))],
  ['capabilities with more sizes than formats', extended(CAPS, ...long(1), ...new Array<number>(40).fill(77))],
  ['an extended message without flags', cutText(2 ** 32 - 2, 77, 77)],
  ['an extended message of an unknown action', extended(0x8000_0001, 77, 77)],
  ['two actions at once', extended(0x0c00_0001)],
  ['no action', extended(1)],
  ['a notice with more behind it', [...caps(), ...extended(NOTIFY, 77, 77, 77)]],
  ['a question with more behind it', [...caps(), ...extended(PEEK, 77, 77, 77)]],
  ['a request for another format', [...caps(), ...extended(0x0200_0004)]],
  ['a request though nothing is there', [...caps(), ...extended(REQUEST)]],
  ['what is not text', extended(0x1000_0004, ...packed(...long(3), 1, 2, 3))],
  ['what is not compressed', extended(PROVIDE, ...new Array<number>(50).fill(77))],
  ['nothing at all', extended(PROVIDE)],
  ['less than it says', extended(PROVIDE, ...packed(...long(1000), 65))],
  ['a name', update(rectangle(0, 0, 0, 0, -307, ...long(4), 0xff, 0xc0, 0, 10))],
  ['a cursor of no size', update(rectangle(5, 5, 0, 0, -239))],
  ['a cursor of one pixel, with its hotspot outside', update(rectangle(65535, 65535, 1, 1, -239, ...zeros(5)))],
  ['a cursor without height', update(rectangle(0, 0, 65535, 0, -239))],
  ['VMware’s cursor of no size', update(rectangle(0, 0, 0, 0, 0x574d5664, 0, 0))],
  ['VMware’s cursor with colours', update(rectangle(9, 9, 1, 1, 0x574d5664, 1, 0, 1, 2, 3, 4))],
  ['the state of the lamps', update(rectangle(0, 0, 0, 0, -261, 255))],
  ['extended keys and buttons', update(rectangle(0, 0, 0, 0, -258), rectangle(0, 0, 0, 0, -316))],
  ['the last rectangle', [0, 0, 255, 255, ...rectangle(0, 0, 0, 0, -224)]],
  ['no screens', update(rectangle(0, 0, 64, 48, -308, 0, 0, 0, 0))],
  ['many screens', update(rectangle(0, 0, 64, 48, -308, 255, 0, 0, 0, ...zeros(255 * 16)))],
  ['a refused size', update(rectangle(1, 3, 640, 480, -308, 1, 0, 0, 0, ...zeros(16)))],
  ['no size, then one', update(rectangle(0, 0, 0, 0, -223), rectangle(0, 0, 64, 48, -223))],
  ['no width', update(rectangle(0, 0, 0, 48, -223), rectangle(0, 0, 64, 0, -223))],
  ['the end of continuous updates, twice', [150, 150]],
  ['an empty raw rectangle', update(rectangle(1, 1, 0, 9, 0))],
  ['a rectangle outside', update(rectangle(65535, 65535, 1, 1, 0, 1, 2, 3, 0))],
  ['an empty copy', update(rectangle(1, 1, 0, 0, 1, ...zeros(4)))],
  ['a copy from outside', update(rectangle(1, 1, 9, 9, 1, ...word(65535), ...word(65535)))],
  ['an empty RRE', update(rectangle(1, 1, 0, 0, 2, ...zeros(8)))],
  ['an empty hextile', update(rectangle(1, 1, 0, 0, 5))],
  ['an empty tight', update(rectangle(1, 1, 0, 0, 7, 0x80, 0, 0, 0))],
];

test.each(SKIPPED)('the session goes on after %s', async (_what, bytes) => {
  const connected = await connect();
  const events = heard(connected);
  connected.say([...bytes, BELL]);
  expect(events.bells()).toBe(1);
  for (const byte of bytes) connected.say([byte]);
  connected.say([BELL]);
  expect(events.bells()).toBe(2);
  expect([
    connected.errors.filter((error) => !error.includes('XVP operation failed')),
    events.texts.filter(Boolean),
  ]).toEqual([[], []]);
});

// What each change is for: where noVNC does it itself, the change can go.
test.each(
  SKIPPED.filter(([what]) =>
    [
      'a colour map',
      'a fence that answers nothing',
      'a fence with too much data',
      'unknown xvp',
      'capabilities with more sizes than formats',
      'capabilities with fewer sizes than formats',
      'what is not text',
    ].includes(what),
  ),
)('noVNC by itself does not go on after %s', async (_what, bytes) => {
  const connected = await connect([64, 48], () => true, true);
  const events = heard(connected);
  const end = vi.fn();
  connected.rfb.addEventListener('disconnect', end);
  connected.say([...bytes, BELL]);
  expect([end.mock.calls.length, events.bells()]).not.toEqual([0, 1]);
});

test.each([
  ['a cursor', update(rectangle(0, 0, 3400, 3400, -239))],
  ['a name', update(rectangle(0, 0, 0, 0, -307, ...long(50_000_000)))],
  ['a text', cutText(48_000_000)],
])('noVNC by itself holds %s of any size', async (_what, head) => {
  const { say } = await connect([64, 48], () => true, true);
  say(head);
  const piece = new Uint8Array(1_000_000);
  expect(() => {
    for (let left = 50; left > 0; left--) say(piece);
  }).toThrow('Receive queue buffer exceeded');
});

test('noVNC by itself draws on a canvas that keeps nothing', async () => {
  const { rfb } = await connect([65535, 65535], () => false, true);
  expect(rfb._fbWidth).toBe(65535);
});

const LARGE: [what: string, head: number[], rest: number, tooLarge?: number][] = [
  ['a colour map of all colours there are', [1, 0, ...word(1), ...word(65535)], 65535 * 6],
  ['a large cursor', update(rectangle(0, 0, 3400, 3400, -239)), 3400 * 3400 * 4 + 425 * 3400],
  ['VMware’s large cursor', update(rectangle(0, 0, 3400, 3400, 0x574d5664, 1, 0)), 3400 * 3400 * 4],
  ['VMware’s large cursor of two images', update(rectangle(0, 0, 2500, 2500, 0x574d5664, 0, 0)), 2500 * 2500 * 8],
  ['a long name', update(rectangle(0, 0, 0, 0, -307, ...long(50_000_000))), 50_000_000],
  ['a text of 48 MB', cutText(48_000_000), 48_000_000, 48_000_000],
  ['an extended message of 48 MB', [...caps(), ...cutText(2 ** 32 - 48_000_000)], 48_000_000, 48_000_000],
];

test.each(LARGE)('%s goes by without being held', async (_what, head, rest, tooLarge) => {
  const connected = await connect();
  const events = heard(connected);
  connected.say(head);
  const piece = new Uint8Array(1_000_003).fill(BELL);
  for (let left = rest; left > 0; left -= piece.length) connected.say(piece.subarray(0, left));
  expect(events.bells()).toBe(0);
  connected.say([BELL]);
  expect(events.bells()).toBe(1);
  expect(connected.errors).toEqual([]);
  const limit = { from: 'server', bytes: tooLarge, limit: MAX_TEXT };
  expect([events.texts, events.tooLarge]).toEqual([[], tooLarge ? [limit] : []]);
});

test('a text of 4 GiB is told of, and not taken for an extended one', async () => {
  const connected = await connect();
  const events = heard(connected);
  connected.say(cutText(3_000_000_000));
  expect(events.tooLarge).toEqual([{ from: 'server', bytes: 3_000_000_000, limit: MAX_TEXT }]);
});

test('a text of Latin-1 is as large as it becomes in UTF-8', async () => {
  const connected = await connect();
  const events = heard(connected);
  connected.say(cutText(9_000_000));
  connected.say(new Uint8Array(9_000_000).fill(0xe9));
  expect([events.texts, events.tooLarge]).toEqual([[], [{ from: 'server', bytes: 18_000_000, limit: MAX_TEXT }]]);
  connected.say(cutText(2, 0xe9, 65));
  expect(events.texts).toEqual(['éA']);
});

test('texts come as they are', async () => {
  const connected = await connect();
  const { texts } = heard(connected);
  connected.say(cutText(5, ...text('plain')));
  connected.say(caps());
  connected.say(extended(PROVIDE, ...packed(...long(11), ...text('a\r\nb 文\r\n'), 0)));
  connected.say(extended(PROVIDE, ...packed(...long(0))));
  // With another format behind it that says it has 4 GiB.
  connected.say(extended(PROVIDE | 0xfffe, ...packed(...long(2), ...text('c'), 0, ...long(0xffff_ffff))));
  connected.say(extended(PROVIDE, ...packed(...long(3), 0xff, 65, 0)));
  expect(texts).toEqual(['plain', 'a\nb 文\n', '', 'c', '\ufffdA']);
});

test.each([
  ['Latin-1', [0xe9, 0x20, 0xdf], 'é ß'],
  ['UTF-8', text('naïve 光 🙂'), 'naïve 光 🙂'],
  ['Latin-1 that is hardly UTF-8', [0xc3, 0x20], 'Ã '],
  ['with CRLF and a NUL', text('a\r\nb\0'), 'a\nb'],
])('a text without the extension arrives as it was written: %s', async (_what, bytes, written) => {
  const connected = await connect();
  const { texts } = heard(connected);
  connected.say(cutText(bytes.length, ...bytes));
  expect(texts).toEqual([written]);
});

test('letters that the server’s clipboard has not are told of, and lines end as it wants', async () => {
  const connected = await connect();
  const lost: string[] = [];
  connected.rfb.addEventListener('letterslost', ({ detail }) => lost.push(detail.letters));
  connected.rfb.clipboardPasteFrom('é 光🙂光\r\nb');
  expect(connected.sent()).toEqual([6, 0, 0, 0, ...long(7), 0xe9, 32, 63, 63, 63, 10, 98]);
  connected.rfb.clipboardPasteFrom('é');
  connected.say(caps());
  connected.rfb.clipboardPasteFrom('光');
  expect(lost).toEqual(['光🙂', '', '']);
});

test('a text that was offered and is withheld is not given to a server that asks for it', async () => {
  const connected = await connect();
  connected.say(caps());
  connected.rfb.clipboardPasteFrom('secret');
  connected.rfb.withholdClipboard();
  const before = connected.sent().length;
  connected.say(extended(REQUEST));
  expect(connected.sent().length).toBe(before);
  connected.rfb.clipboardPasteFrom('for you');
  const offered = connected.sent().length;
  connected.say(extended(REQUEST));
  expect(connected.sent().length).toBeGreaterThan(offered);
});

test('a text that unpacks to too much is told of, and not unpacked', async () => {
  const connected = await connect();
  const events = heard(connected);
  const bomb = deflateSync(Buffer.concat([Buffer.from(long(100_000_000)), Buffer.alloc(100_000_000)]));
  connected.say([...caps(), ...cutText(2 ** 32 - 4 - bomb.length, ...long(PROVIDE))]);
  connected.say(bomb);
  expect([events.texts, events.tooLarge]).toEqual([[], [{ from: 'server', bytes: 100_000_000, limit: MAX_TEXT }]]);
  connected.say([BELL]);
  expect(events.bells()).toBe(1);
});

test('in a session that is only viewed, no text is read or told of, and nothing is left unread', async () => {
  const connected = await connect();
  const events = heard(connected);
  connected.rfb.viewOnly = true;
  for (const message of [
    caps(),
    cutText(2, 77, 77),
    extended(PROVIDE, ...packed(...long(2), 65, 0)),
    extended(NOTIFY),
  ]) {
    connected.say(message);
  }
  connected.say(cutText(48_000_000));
  for (let left = 48; left > 0; left--) connected.say(new Uint8Array(1_000_000));
  connected.say([BELL]);
  expect([events.texts, events.tooLarge, events.bells()]).toEqual([[], [], 1]);
});

test('a text that the server would not take is not offered, and told of', async () => {
  const connected = await connect();
  const events = heard(connected);
  connected.say(caps());
  connected.rfb.clipboardPasteFrom('a'.repeat(256 * 1024 - 1));
  expect(connected.sent().length).toBeGreaterThan(0);
  connected.say(caps());
  const before = connected.sent().length;
  // Each line's end is two bytes there.
  connected.rfb.clipboardPasteFrom('a\n'.repeat(100_000));
  expect(connected.sent().length).toBe(before);
  expect(events.tooLarge).toEqual([{ from: 'here', bytes: 300_001, limit: 256 * 1024 }]);
  // One that says it takes more does.
  connected.say(caps(1_000_000));
  connected.rfb.clipboardPasteFrom('a\n'.repeat(100_000));
  expect(connected.sent().length).toBeGreaterThan(before);
  expect(events.tooLarge).toHaveLength(1);
});

test('a server without the extension gets what its kind takes, and is not made to close the connection', async () => {
  const connected = await connect();
  const events = heard(connected);
  const most = 1024 * 1024;
  connected.rfb.clipboardPasteFrom('é'.repeat(most));
  const before = connected.sent().length;
  expect(before).toBeGreaterThan(most);
  connected.rfb.clipboardPasteFrom('é'.repeat(most + 1));
  expect(connected.sent().length).toBe(before);
  expect(events.tooLarge).toEqual([{ from: 'here', bytes: most + 1, limit: most }]);
});

test('wayvnc is sent no text on which it hangs', async () => {
  const connected = await connect();
  const events = heard(connected);
  Object.assign(connected.rfb, { _fbName: 'WayVNC' });
  connected.rfb.clipboardPasteFrom('a'.repeat(60_001));
  expect(events.tooLarge).toEqual([{ from: 'here', bytes: 60_001, limit: 60_000 }]);
  const before = connected.sent().length;
  connected.rfb.clipboardPasteFrom('a'.repeat(60_000));
  expect(connected.sent().length).toBeGreaterThan(before + 60_000);
});

test('an update of nothing is answered while pictures are being decoded', async () => {
  const { rfb, say, sent } = await connect();
  rfb._display.pending = () => true;
  const before = sent().length;
  say(update());
  expect(sent().slice(before)).toEqual([3, 1, ...[0, 0, 64, 48].flatMap(word)]);
  expect(rfb._display.pending()).toBe(true);
});

const fits = (width: number, height: number) => width * height <= 16384 * 16384;
test.each([
  ['DesktopSize', update(rectangle(0, 0, 20000, 20000, -223))],
  ['ExtendedDesktopSize', update(rectangle(0, 0, 20000, 20000, -308, 0, 0, 0, 0))],
])('a screen that no canvas keeps is refused: %s', async (_what, bytes) => {
  const { say } = await connect([16384, 16384], fits);
  expect(() => say(bytes)).toThrow(new ScreenTooLarge(20000, 20000));
});

test('a screen that no canvas keeps is refused from the start', async () => {
  await expect(connect([65535, 65535], fits)).rejects.toThrow(new ScreenTooLarge(65535, 65535));
});

test('a screen may have no size at first', async () => {
  const connected = await connect([0, 0]);
  connected.say(update(rectangle(0, 0, 64, 48, -223)));
  expect(connected.rfb._fbWidth).toBe(64);
});

test.each([
  ['an unknown message', [77, 0], /Unexpected server message \(type 77\)/],
  ['an unknown encoding', update(rectangle(0, 0, 1, 1, -77)), /Unsupported encoding \(encoding: -77\)/],
])('%s ends the session with its number', async (_what, bytes, words) => {
  const connected = await connect();
  const end = vi.fn();
  connected.rfb.addEventListener('disconnect', end);
  connected.say(bytes);
  expect(end).toHaveBeenCalledOnce();
  expect(connected.errors.join()).toMatch(words);
});

test('an unknown kind of VMware’s cursor ends the session with its number', async () => {
  const { say } = await connect();
  expect(() => say(update(rectangle(0, 0, 1, 1, 0x574d5664, 2, 0)))).toThrow('type: 2');
});
