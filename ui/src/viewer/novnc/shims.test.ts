// The shims, each against the noVNC that they are for where it can be reached.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { nameSuperKey, captureErrors, removeVideoDecoder } from './shims';

const core = dirname(createRequire(import.meta.url).resolve('@novnc/novnc'));
const ofNovnc = (file: string) => import(/* @vite-ignore */ join(core, file));

test('noVNC finds no video decoder', () => {
  const scope: { VideoDecoder?: unknown } = { VideoDecoder: () => {} };
  removeVideoDecoder(scope);
  expect('VideoDecoder' in scope).toBe(false);
});

test('the Windows key has a keysym for noVNC under WebKitGTK’s name too', async () => {
  const { getKeysym } = await ofNovnc('input/util.js');
  const press = (key: string, code: string, location = 0) =>
    new KeyboardEvent('keydown', { key, code, location, keyCode: 65 });
  expect(getKeysym(press('Super', 'OSLeft', 1))).toBeNull();
  nameSuperKey(KeyboardEvent.prototype);
  expect(getKeysym(press('Super', 'OSLeft', 1))).toBe(0xffeb);
  expect(getKeysym(press('Hyper', 'OSRight', 2))).toBe(0xffec);
  expect(press('a', 'KeyA').key).toBe('a');
});

test('errors on the console that a module bound while it loaded are reported, and no others', async () => {
  const shown = vi.spyOn(console, 'error').mockImplementation(() => {});
  const before = console.error;
  const reported: string[] = [];
  const report = await captureErrors(
    async () => console.error.bind(console),
    (message) => reported.push(message),
  );
  expect(console.error).toBe(before);
  console.error('the page');
  report('Failed while connected:', 'Unknown message');
  expect(reported).toEqual(['Failed while connected: Unknown message']);
  expect(shown.mock.calls).toEqual([['the page'], ['Failed while connected:', 'Unknown message']]);
});

test('the page has its console back where loading fails', async () => {
  const before = console.error;
  await expect(
    captureErrors(
      () => Promise.reject(new Error('gone')),
      () => {},
    ),
  ).rejects.toThrow('gone');
  expect(console.error).toBe(before);
});

// Where one of these fails, look whether its shim is still needed. The Windows key's is above.
test('noVNC by itself waits for a video decoder before it loads, and tells why it ended only on the console', async () => {
  const core = (file: string) =>
    readFileSync(join(dirname(createRequire(import.meta.url).resolve('@novnc/novnc')), file), 'utf8');
  expect(core('util/browser.js')).toMatch(/^supportsWebCodecsH264Decode = await /m);
  expect(core('rfb.js')).toMatch(/"disconnect", \{ detail:\s+\{ clean: this\._rfbCleanDisconnect \} \}/);
  expect(core('util/logging.js')).toMatch(/Error = console\.error\.bind\(window\.console\)/);
});

test('noVNC has what we use of it', async () => {
  removeVideoDecoder(window as { VideoDecoder?: unknown });
  const { default: RFB } = await import('@novnc/novnc');
  const names = ['viewOnly', 'showDotCursor', 'background', 'addEventListener', 'disconnect'];
  for (const name of [...names, 'sendKey', 'clipboardPasteFrom', 'focus']) expect(name in RFB.prototype).toBe(true);
});
