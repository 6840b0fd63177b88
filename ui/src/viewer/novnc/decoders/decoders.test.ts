// Our decoders against noVNC's: the same pixels, from what real servers sent.

import { constants, deflateSync } from 'node:zlib';
import { beforeAll, expect, test, vi } from 'vitest';
import type { Decoder, Internals } from '../internals';
import { replaceDecoders } from '.';
import { Framebuffer, ofNovnc, recording, replay, WorkerHere } from './replay';

const RECORDINGS = [
  'raw',
  'hextile',
  'hextile-x11vnc',
  'tight',
  'tight-jpeg',
  'tight-x11vnc',
  'zlib',
  'zrle',
  'zrle-x11vnc',
];

let novnc: Record<string, new () => Decoder>;
beforeAll(async () => {
  const names = { 0: 'raw', 1: 'copyrect', 5: 'hextile', 6: 'zlib', 7: 'tight', 16: 'zrle' };
  const loaded = Object.entries(names).map(async ([number, name]) => [
    number,
    (await ofNovnc(`decoders/${name}.js`)).default,
  ]);
  novnc = Object.fromEntries(await Promise.all(loaded));
});

function theirs(): Record<number, Decoder> {
  return Object.fromEntries(Object.entries(novnc).map(([number, Their]) => [number, new Their()]));
}

function ours(display: Framebuffer, fail: (detail: string) => boolean, worker = new WorkerHere()) {
  return oursWithStreams(display, fail, worker).decoders;
}

function oursWithStreams(display: Framebuffer, fail: (detail: string) => boolean, worker = new WorkerHere()) {
  const rfb = { _decoders: theirs(), _display: display, _fail: fail } as unknown as Internals;
  const { imageRect } = display;
  const { streams } = replaceDecoders(rfb, worker as unknown as Worker);
  // There are no pictures without a browser: what is compared is what would be decoded.
  display.imageRect = imageRect;
  return { decoders: rfb._decoders, streams };
}

const fail = (detail: string): never => {
  throw new Error(detail);
};

test.each(RECORDINGS)('%s gives the same pixels, in pieces of any size', async (name) => {
  const played = recording(name);
  const expected = new Framebuffer(played.width, played.height);
  await replay(played, theirs(), expected, played.bytes.length);
  expect(new Set(expected.pixels).size + expected.pictures.length).toBeGreaterThan(3);

  for (const size of [played.bytes.length, 65_483, 1_000, ...(played.bytes.length < 50_000 ? [1] : [])]) {
    const display = new Framebuffer(played.width, played.height);
    await replay(played, ours(display, fail), display, size);
    expect(display.pictures).toEqual(expected.pictures);
    expect(Buffer.from(display.pixels.buffer).equals(Buffer.from(expected.pixels.buffer)), `pieces of ${size}`).toBe(
      true,
    );
  }
});

test.each(['tight', 'tight-jpeg', 'tight-x11vnc', 'zlib', 'zrle', 'zrle-x11vnc'])(
  '%s goes on from its middle, behind the windows of its streams',
  async (name) => {
    const played = recording(name);
    const scratch = new Framebuffer(played.width, played.height);
    const begins = await replay(played, theirs(), scratch, played.bytes.length);
    const middle = begins.find((at) => at >= played.bytes.length / 2) ?? begins.at(-1) ?? 0;
    expect(middle).toBeGreaterThan(0);
    const whole = new Framebuffer(played.width, played.height);
    const { decoders, streams } = oursWithStreams(whole, fail);
    const [first, second] = [played.bytes.slice(0, middle), played.bytes.slice(middle)];
    await replay({ ...played, bytes: first }, decoders, whole, middle);
    const [windows, before] = [await streams?.windows(), whole.pixels.slice()];
    expect(windows?.some(({ length }) => length > 0)).toBe(true);
    await replay({ ...played, bytes: second }, decoders, whole, played.bytes.length);

    const later = new Framebuffer(played.width, played.height);
    later.pixels.set(before);
    const begun = oursWithStreams(later, fail);
    begun.streams?.begin(windows ?? []);
    await replay({ ...played, bytes: second }, begun.decoders, later, played.bytes.length);
    expect(Buffer.from(later.pixels.buffer).equals(Buffer.from(whole.pixels.buffer))).toBe(true);
    // Once more the same windows: they go on, too.
    expect(await begun.streams?.windows()).toEqual(await streams?.windows());
  },
);

test.each([
  ['zrle', /broken|end/],
  ['zlib', /broken|end|longer/],
  ['tight-x11vnc', /broken|end|longer/],
])('broken data in %s ends the session with a reason', async (name, words) => {
  const played = recording(name);
  // Behind the headers and the first bytes of the stream.
  played.bytes.fill(0x5a, 200, 400);
  const display = new Framebuffer(played.width, played.height);
  const reason = vi.fn<(detail: string) => boolean>(() => false);
  // Never done, as what cannot be decompressed is never drawn.
  void replay(played, ours(display, reason), display, played.bytes.length).catch((caught) => reason(String(caught)));
  await vi.waitFor(() => expect(reason).toHaveBeenCalledWith(expect.stringMatching(words)), 5_000);
});

/** A rectangle of Tight with one stream and the gradient filter, as no server of the recordings sends it. */
test('the gradient filter gives the same pixels', async () => {
  const [width, height] = [37, 11];
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * at * 31 + at) >> 3);
  const data = deflateSync(rgb, { finishFlush: constants.Z_SYNC_FLUSH });
  const head = [0, 0, 0, 1, 0, 2, 0, 3, 0, width, 0, height, 0, 0, 0, 7];
  const length = [(data.length & 127) | 128, data.length >> 7];
  const bytes = Uint8Array.from([...head, 0x40, 2, ...length, ...data]);
  const played = { width: 64, height: 32, bytes };
  const expected = new Framebuffer(64, 32);
  await replay(played, theirs(), expected, bytes.length);
  for (const size of [bytes.length, 1]) {
    const display = new Framebuffer(64, 32);
    await replay(played, ours(display, fail), display, size);
    expect(display.pixels).toEqual(expected.pixels);
  }
});

test('all rectangles that arrive together go to the worker together', async () => {
  const played = recording('tight');
  const worker = new WorkerHere();
  const display = new Framebuffer(played.width, played.height);
  await replay(played, ours(display, fail, worker), display, played.bytes.length);
  expect(worker.messages).toBeLessThan(display.draws / 2);
});

// Where one of these fails, noVNC has become better, or has changed: look whether the replacement is still needed.
test('noVNC by itself does what its decoders are replaced for', async () => {
  const raw = recording('raw');
  const lines = new Framebuffer(raw.width, raw.height);
  await replay(raw, theirs(), lines, raw.bytes.length);
  const whole = new Framebuffer(raw.width, raw.height);
  await replay(raw, ours(whole, fail), whole, raw.bytes.length);
  expect(lines.draws).toBeGreaterThan(whole.draws * 20);

  const hextile = recording('hextile');
  const tiles = new Framebuffer(hextile.width, hextile.height);
  await replay(hextile, theirs(), tiles, hextile.bytes.length);
  const rectangles = new Framebuffer(hextile.width, hextile.height);
  await replay(hextile, ours(rectangles, fail), rectangles, hextile.bytes.length);
  expect(tiles.draws).toBeGreaterThan(rectangles.draws * 10);

  const { default: Inflator } = await ofNovnc('inflator.js');
  expect(Object.values(new (await ofNovnc('decoders/tight.js')).default()).flat()).toContainEqual(expect.any(Inflator));
  for (const name of ['zrle', 'zlib']) {
    const decoder = new (await ofNovnc(`decoders/${name}.js`)).default();
    expect(Object.values(decoder)).toContainEqual(expect.any(Inflator));
  }
  const { default: Display } = await ofNovnc('display.js');
  expect(String(Display.prototype.imageRect)).toContain('"data: "');
});

test('noVNC still has the parts that are reached', async () => {
  const { default: Display } = await ofNovnc('display.js');
  for (const name of ['fillRect', 'blitImage', 'imageRect', 'drawImage', 'pending', '_renderQPush']) {
    expect(Display.prototype).toHaveProperty(name);
  }
  const { default: Socket } = await ofNovnc('websock.js');
  for (const name of [
    'rQwait',
    'rQlen',
    'rQpeek8',
    'rQpeekBytes',
    'rQskipBytes',
    'rQshift8',
    'rQshift32',
    'rQshiftBytes',
  ]) {
    expect(Socket.prototype).toHaveProperty(name);
  }
  expect(String(Display.prototype._scanRenderQ)).toMatch(/'frame':\s+if \(a\.frame\.ready\)/);
  const { default: RFB } = await ofNovnc('rfb.js');
  expect(RFB.prototype).toHaveProperty('_fail');
  expect(String(RFB)).toContain('this._decoders[encodings.encodingTight]');
});
