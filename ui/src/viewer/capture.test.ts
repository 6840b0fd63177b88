// Pictures and recordings: what the page asks for, and what it says.

import { userEvent } from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { t } from '../i18n';
import { backend as engine } from '../ipc/fake';
import { playedSession, savedSession } from '../ipc/fixtures';
import { toBytes, toWindows } from './capture.svelte';
import { FakeRfb } from './novnc/fake';
import { draw, find, open, reach, ready, setUpViewer, settle, violations } from './testSetup';

setUpViewer();

const text = () => document.querySelector('#toast')?.textContent ?? '';
const press = async (code: string) => {
  const event = { code, ctrlKey: true, altKey: true, shiftKey: true, cancelable: true, bubbles: true };
  document.body.dispatchEvent(new KeyboardEvent('keydown', event));
  await settle();
  await new Promise((resolve) => setTimeout(resolve));
  await settle();
};

async function live() {
  engine.session = { ...savedSession };
  await open();
  await reach(ready);
  await draw();
}

test('a picture is saved by its chord, and shown in its folder', async () => {
  await live();
  await press('KeyS');
  expect(engine.callsOf('save_screenshot')).toEqual([[2]]);
  expect(text()).toContain('Pictures/Studio 2026-01-02 03.04.05.png');
  await userEvent.click(find('#toast button'));
  expect(engine.callsOf('show_saved')).toHaveLength(1);
  await press('KeyC');
  expect(engine.callsOf('copy_screenshot')).toEqual([[2]]);
  expect(text()).toContain(t('capture.picture_copied'));
});

test('a recording begins behind what the page was sent, is marked, and says where it lies', async () => {
  await live();
  await press('KeyR');
  expect(engine.callsOf('prepare_recording')).toHaveLength(1);
  expect(engine.callsOf('begin_recording')).toEqual([[12 + 6 * 2]]);
  expect(find('#recording').textContent).toContain('0:00');
  expect(await violations()).toEqual([]);
  await press('KeyR');
  expect(engine.callsOf('stop_recording')).toHaveLength(1);
  expect(document.querySelector('#recording')).toBeNull();
  expect(text()).toContain('Videos/Studio 2026-01-02 03.04.05.plrec');
});

test('where it cannot be written, that is said', async () => {
  await live();
  await press('KeyR');
  const path = '/home/ann/Videos/x.plrec';
  engine.record({ state: 'failed', number: 1, error: { code: 'recording_too_slow', path } });
  await settle();
  expect(text()).toContain(path);
  engine.refusals.set('prepare_recording', { code: 'recording_not_begun' });
  await press('KeyR');
  expect(text()).toContain(t('error.recording_not_begun'));
});

test('a recording is played behind its windows, without a toolbar', async () => {
  engine.session = playedSession;
  await open();
  await reach(ready);
  await settle();
  expect(FakeRfb.all[0]?.begun).toHaveLength(6);
  expect(FakeRfb.all[0]?.viewOnly).toBe(true);
  await draw();
  expect(document.querySelector('#toolbar')).toBeNull();
  expect(find('#player').textContent).toContain('12:34');
  await userEvent.click(find('#play'));
  expect(engine.callsOf('play').at(-1)).toEqual([{ wish: 'play', on: false }]);
  await userEvent.selectOptions(find('#speed'), '4');
  expect(engine.callsOf('play').at(-1)).toEqual([{ wish: 'speed', times: 4 }]);
  await userEvent.keyboard('{ArrowRight}');
  const seek = engine.callsOf('play').at(-1)?.[0] as { wish: string; position: number };
  expect(seek.wish).toBe('seek');
  expect(seek.position).toBeGreaterThanOrEqual(67_000);
  expect(await violations()).toEqual([]);
  // There is nothing to record.
  await press('KeyR');
  expect(engine.callsOf('prepare_recording')).toEqual([]);
});

test('what the engine is told is what it tells', () => {
  const windows = [new Uint8Array([1, 2, 3]), new Uint8Array(0), new Uint8Array(32_768).fill(7)];
  const bytes = toBytes({ at: 2 ** 40, width: 640, height: 480, windows });
  expect([...bytes.slice(0, 14)]).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 2, 128, 1, 224, 0, 3]);
  expect(toWindows(bytes.slice(12).buffer)).toEqual(windows);
});
