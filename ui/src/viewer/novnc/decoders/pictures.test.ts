import { beforeEach, expect, test, vi } from 'vitest';
import type { Display, FrameEntry } from '../internals';
import { decodePictures } from './pictures';

// Pictures of a screen of 300x300: one picture and its decoding are not there in this environment.
let decoded: string[] = [];
let queue: FrameEntry[] = [];
let display: Display;

beforeEach(() => {
  decoded = [];
  queue = [];
  vi.stubGlobal(
    'Image',
    class {
      src = '';
      width = 300;
      height = 50;
      decode(): Promise<void> {
        decoded.push(this.src);
        return Promise.resolve();
      }
    },
  );
  let files = 0;
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:${files++}`);
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => {});
  display = {
    width: 300,
    height: 300,
    _renderQPush: (entry: FrameEntry) => queue.push(entry),
    flip: () => {},
  } as unknown as Display;
  decodePictures(display, () => {});
});

const picture = (y: number) => display.imageRect(0, y, 300, 50, 'image/png', new Uint8Array([y]));

test('the pictures of an update are decoded when it ends, whatever messages they came in', async () => {
  picture(0);
  await Promise.resolve();
  expect(decoded).toHaveLength(0);
  expect(queue).toHaveLength(1);
  display.flip();
  expect(decoded).toHaveLength(1);
  display.flip();
  expect(decoded).toHaveLength(1);
});

test('a third of the screen does not wait for the rest', () => {
  picture(0);
  expect(decoded).toHaveLength(0);
  picture(50);
  expect(decoded).toHaveLength(2);
});

test('many small pictures do not wait, as noVNC reads no further where too much is queued', () => {
  for (let at = 0; at < 250; at++) display.imageRect(at, 0, 1, 1, 'image/png', new Uint8Array([at]));
  expect(decoded).toHaveLength(250);
});
