import { beforeEach, expect, test } from 'vitest';
import { reset } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { SharedClipboard } from './clipboard.svelte';

let engine: FakeBackend;
let clipboard: SharedClipboard;

beforeEach(() => {
  engine = reset();
  clipboard = new SharedClipboard();
});

async function copyHere(text: string | null): Promise<string | null> {
  engine.clipboard = text;
  return clipboard.unsent();
}

test('passes each text on once', async () => {
  expect(await copyHere('a')).toBe('a');
  expect(await copyHere('a')).toBeNull();
  expect(await copyHere('b')).toBe('b');
  expect(await copyHere('a')).toBe('a');
});

test('no text is no news', async () => {
  expect(await copyHere(null)).toBeNull();
  expect(await copyHere('')).toBeNull();
});

test('what came from there is not sent back, and what went there is not written back', async () => {
  await clipboard.receive('there');
  expect(await clipboard.unsent()).toBeNull();
  await copyHere('here');
  await clipboard.receive('here');
  clipboard.write('typed');
  await clipboard.receive('typed');
  expect(engine.callsOf('write_clipboard')).toEqual([['there']]);
});

test.each([
  ['with other line ends', 'one\r\ntwo', 'one\ntwo'],
  ['with the letters lost that Latin-1 has not', 'naïve 你好 🙂', 'naïve ?? ?'],
])('an echo %s is an echo', async (_, sent, echoed) => {
  await copyHere(sent);
  await clipboard.receive(echoed);
  expect(engine.clipboard).toBe(sent);
  expect(await clipboard.unsent()).toBeNull();
});

test('shows the last text of either side', async () => {
  await copyHere('here');
  expect(clipboard.text).toBe('here');
  await clipboard.receive('there');
  expect(clipboard.text).toBe('there');
});

test('a new session’s machine has nothing yet', async () => {
  await copyHere('a');
  clipboard.begin();
  expect(await clipboard.unsent()).toBe('a');
});
