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

test('what is copied there waits until the window has the focus, and only the last of it comes', async () => {
  engine.clipboard = 'here';
  engine.focused = false;
  await clipboard.receive('one');
  await clipboard.receive('two');
  expect([engine.clipboard, clipboard.text]).toEqual(['here', 'two']);
  engine.focused = true;
  await clipboard.deliver();
  expect(engine.clipboard).toBe('two');
  expect(await clipboard.unsent()).toBeNull();
  await clipboard.deliver();
  expect(engine.callsOf('write_clipboard').filter(([text]) => text === 'two')).toHaveLength(2);
});

test('what was copied here meanwhile is newer than what waits', async () => {
  expect(await copyHere('a')).toBe('a');
  engine.focused = false;
  await clipboard.receive('there');
  engine.focused = true;
  expect(await copyHere('b')).toBe('b');
  await clipboard.deliver();
  expect(engine.clipboard).toBe('b');
});

test('what was here before does not win over what waits', async () => {
  expect(await copyHere('a')).toBe('a');
  engine.focused = false;
  await clipboard.receive('there');
  engine.focused = true;
  expect(await clipboard.unsent()).toBeNull();
  await clipboard.deliver();
  expect(engine.clipboard).toBe('there');
});

test.each([
  ['off', null, 'here'],
  ['to_server', 'here', 'here'],
  ['from_server', null, 'there'],
  ['both', 'here', 'there'],
] as const)('%s: goes only the ways that are allowed', async (sharing, sent, after) => {
  engine.session = { ...engine.session, clipboard_unchosen: sharing };
  expect(await copyHere('here')).toBe(sent);
  await clipboard.receive('there');
  expect([engine.clipboard, clipboard.text]).toEqual([after, 'there']);
});

test('what waits comes as soon as it is allowed', async () => {
  engine.session = { ...engine.session, clipboard_unchosen: 'off' };
  await clipboard.receive('there');
  expect(engine.clipboard).toBeNull();
  engine.session = { ...engine.session, clipboard_unchosen: 'both' };
  await clipboard.deliver();
  expect(engine.clipboard).toBe('there');
});

test('texts that follow each other fast are written in their order', async () => {
  let write = () => {};
  engine.delays.set('write_clipboard', new Promise<void>((resolve) => (write = resolve)));
  const writing = [clipboard.receive('one'), clipboard.receive('two')];
  write();
  await Promise.all(writing);
  expect(engine.callsOf('write_clipboard')).toEqual([['one'], ['two']]);
  expect(engine.clipboard).toBe('two');
});

test('a text of no length takes nothing away', async () => {
  engine.clipboard = 'here';
  expect(await clipboard.receive('')).toBe(false);
  expect(engine.clipboard).toBe('here');
});
