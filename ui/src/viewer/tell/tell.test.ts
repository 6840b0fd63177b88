// Being told: a part is marked, waited for in this window, and told of once.

import { userEvent } from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { t } from '../../i18n';
import { backend as engine } from '../../ipc/fake';
import { savedSession } from '../../ipc/fixtures';
import { FakeRfb } from '../novnc/fake';
import { draw, find, open, reach, ready, setUpViewer, settle, violations } from '../testSetup';

setUpViewer();
afterEach(() => vi.useRealTimers());

const text = () => document.querySelector('#toast')?.textContent ?? '';

async function live(): Promise<FakeRfb> {
  engine.session = { ...savedSession };
  await open();
  await reach(ready);
  await draw();
  return FakeRfb.all.at(-1) as FakeRfb;
}

async function choose() {
  await userEvent.click(find('#capture'));
  const items = [...document.querySelectorAll<HTMLElement>('[role=menu] button')];
  await userEvent.click(items.find(({ textContent }) => textContent.includes(t('tell.open'))) as HTMLElement);
  await settle();
  expect(document.querySelector('[role=menu]')).toBeNull();
}

async function mark() {
  await choose();
  expect(await violations()).toEqual([]);
  const over = find('#marking .over');
  const point = (type: string, x: number, y: number) =>
    over.dispatchEvent(
      Object.assign(new Event(type, { bubbles: true }), { button: 0, pointerId: 1, clientX: x, clientY: y }),
    );
  point('pointerdown', 300, 200);
  point('pointermove', 100, 80);
  point('pointerup', 100, 80);
  await settle();
}

test('a part that was marked is waited for, and its change told of once', async () => {
  const rfb = await live();
  await mark();
  expect(await violations()).toEqual([]);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  find('#tell-begin').click();
  await settle();
  expect(rfb.watchedArea).toEqual({ x: 100, y: 80, width: 200, height: 120 });
  expect(find('#tell-mark').textContent).toContain(t('tell.waits_changed'));
  await vi.advanceTimersByTimeAsync(10_000);
  // Also where the window is out of sight.
  expect([engine.callsOf('tell').length, rfb.glances]).toEqual([0, 5]);
  rfb.light = 100;
  await vi.advanceTimersByTimeAsync(2_000);
  await settle();
  expect(engine.callsOf('tell')).toEqual([['changed']]);
  expect(text()).toContain(t('tell.changed'));
  expect(document.querySelector('#tell-mark')).toBeNull();
  rfb.light = 200;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(engine.callsOf('tell')).toHaveLength(1);
});

test('it is told when nothing has changed for as long as was chosen', async () => {
  const rfb = await live();
  await mark();
  await userEvent.click(find('input[value=still]'));
  await userEvent.clear(find('#tell-minutes'));
  await userEvent.type(find('#tell-minutes'), '2');
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  find('#tell-begin').click();
  await vi.advanceTimersByTimeAsync(100_000);
  rfb.light = 50;
  await vi.advanceTimersByTimeAsync(118_000);
  expect(engine.callsOf('tell')).toEqual([]);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(engine.callsOf('tell')).toEqual([['still']]);
});

test('it is stopped by its button, and goes with the connection', async () => {
  const rfb = await live();
  await choose();
  // What is typed now is not the remote machine's.
  expect(document.activeElement).toBe(find('#mark-all'));
  await userEvent.keyboard('{Escape}');
  expect(document.querySelector('#marking')).toBeNull();
  await mark();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  find('#tell-begin').click();
  await settle();
  find('#tell').click();
  await settle();
  expect(document.querySelector('#tell-mark')).toBeNull();
  rfb.light = 100;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(engine.callsOf('tell')).toEqual([]);
});

test('who relies on it is told that the connection is gone', async () => {
  await live();
  await mark();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  find('#tell-begin').click();
  await settle();
  vi.spyOn(document, 'hasFocus').mockReturnValue(false);
  await reach({ state: 'ended', error: null });
  await vi.advanceTimersByTimeAsync(4_000);
  await settle();
  expect(engine.callsOf('tell')).toEqual([['lost']]);
  expect(document.querySelector('#tell-mark')).toBeNull();
  vi.restoreAllMocks();
});
