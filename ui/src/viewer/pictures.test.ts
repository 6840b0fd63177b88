// The picture that is kept of a machine, and the one that is seen while connecting.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backend as engine } from '../ipc/fake';
import { savedSession } from '../ipc/fixtures';
import { toBytes } from '../ipc/picture';
import { EVERY_MS, FIRST_MS, KeptPicture } from './keptPicture';
import { open, draw, find, reach, ready, settle, setUpViewer } from './testSetup';

setUpViewer();

/** What the web view makes of a canvas. */
let file: Blob;
let types: (string | undefined)[];

beforeEach(() => {
  file = fileOf('a', 'image/jpeg');
  types = [];
  const context = { drawImage: () => {} } as unknown as CanvasRenderingContext2D;
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation((() => context) as never);
  vi.spyOn(HTMLCanvasElement.prototype, 'toBlob').mockImplementation((done, type) => {
    types.push(type);
    // One that cannot make WebP makes PNG instead.
    done(type === file.type ? file : fileOf('p', 'image/png'));
  });
});
afterEach(() => vi.restoreAllMocks());

/** jsdom's cannot be read. */
function fileOf(text: string, type: string): Blob {
  const { buffer } = new TextEncoder().encode(text);
  return Object.assign(new Blob([text], { type }), { arrayBuffer: () => Promise.resolve(buffer) });
}

const kept = () => engine.callsOf('keep_picture').map(([bytes]) => Object.values(bytes as object));

function screenOf(width: number, height: number): HTMLCanvasElement {
  return Object.assign(document.createElement('canvas'), { width, height });
}

describe('the kept picture', () => {
  it('is taken soon, each minute where something has changed, and at the end', async () => {
    vi.useFakeTimers();
    const picture = new KeptPicture(() => 'shown');
    picture.begin(screenOf(1024, 768));
    await vi.advanceTimersByTimeAsync(FIRST_MS - 1);
    expect(kept()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(kept()).toEqual([[0, 4, 0, 3, 0, 97]]);
    expect(types).toEqual(['image/webp', 'image/jpeg']);
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(kept()).toHaveLength(1);
    expect(types.slice(2)).toEqual(['image/jpeg']);
    file = fileOf('b', 'image/jpeg');
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(kept().slice(1)).toEqual([[0, 4, 0, 3, 0, 98]]);
    file = fileOf('c', 'image/jpeg');
    picture.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(kept()).toHaveLength(3);
    file = fileOf('d', 'image/jpeg');
    await vi.advanceTimersByTimeAsync(2 * EVERY_MS);
    expect(kept()).toHaveLength(3);
  });

  it('is the last one that was taken, however long an earlier one takes', async () => {
    const picture = new KeptPicture(() => 'shown');
    picture.begin(screenOf(640, 480));
    await picture.take();
    const made: BlobCallback[] = [];
    vi.spyOn(HTMLCanvasElement.prototype, 'toBlob').mockImplementation((done) => void made.push(done));
    const both = [picture.take(), picture.take()];
    await settle();
    made[1]?.(fileOf('c', 'image/jpeg'));
    made[0]?.(fileOf('b', 'image/jpeg'));
    await settle();
    made[1]?.(fileOf('c', 'image/jpeg'));
    await Promise.all(both);
    expect(kept().map((bytes) => bytes.at(-1))).toEqual([97, 98, 99]);
    picture.end();
  });

  it('is blurred or not taken at all as is chosen, and never another kind of file', async () => {
    let choice: 'blurred' | 'off' = 'off';
    const picture = new KeptPicture(() => choice);
    await picture.take();
    picture.begin(screenOf(640, 480));
    await picture.take();
    expect(types).toEqual([]);
    choice = 'blurred';
    await picture.take();
    expect(kept().map(([blurred]) => blurred)).toEqual([1]);
    file = fileOf('x', 'image/gif');
    await picture.take();
    expect(kept()).toHaveLength(1);
    picture.end();
  });

  it('is taken when the window loses the focus, or is about to close, of saved machines only', async () => {
    engine.session = savedSession;
    await open();
    await reach(ready);
    const rfb = await draw();
    Object.assign(find('#screen canvas'), { width: 100, height: 50 });
    void rfb;
    window.dispatchEvent(new Event('blur'));
    await settle();
    expect(kept()).toHaveLength(1);
    file = fileOf('b', 'image/jpeg');
    engine.leaving = true;
    await reach({ state: 'live' });
    await vi.waitFor(() => expect(engine.callsOf('close_window')).toHaveLength(1));
    expect(kept()).toHaveLength(2);
    engine.session = { ...savedSession, saved: false };
    engine.leaving = false;
    await reach({ state: 'live' });
    file = fileOf('c', 'image/jpeg');
    window.dispatchEvent(new Event('blur'));
    await settle();
    expect(kept()).toHaveLength(2);
  });
});

describe('the former picture', () => {
  beforeEach(() => {
    vi.stubGlobal('createImageBitmap', () => Promise.resolve({ width: 48, height: 30, close: () => {} }));
    const bytes = toBytes({ blurred: false, width: 800, height: 600, file: new Uint8Array([0xff]) });
    engine.lastPicture = bytes.buffer as ArrayBuffer;
    engine.session = savedSession;
  });

  it('is seen where connecting takes its time, and gives way to the first picture', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await open();
    expect(engine.callsOf('last_picture')).toEqual([]);
    await vi.waitFor(() => find('#former canvas'));
    expect(find('#former').ariaHidden).toBe('true');
    await reach(ready);
    await draw();
    expect(find('#former').classList).toContain('leaving');
    await vi.advanceTimersByTimeAsync(200);
    await settle();
    expect(document.querySelector('#former')).toBeNull();
  });

  it('is not even asked for where the picture comes at once, or none is to be seen', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await open();
    await reach(ready);
    await draw();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(engine.callsOf('last_picture')).toEqual([]);
  });

  it('is not there for machines without one', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    engine.lastPicture = new ArrayBuffer();
    await open();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(engine.callsOf('last_picture')).toHaveLength(1);
    expect(document.querySelector('#former')).toBeNull();
  });
});
