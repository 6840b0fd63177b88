// The last minutes: when they are kept, how they are opened, and what is done in the window that shows them.

import { userEvent } from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { t } from '../../i18n';
import { backend as engine } from '../../ipc/fake';
import { rewoundSession, savedSession } from '../../ipc/fixtures';
import { FakeRfb } from '../novnc/fake';
import { draw, find, open, reach, ready, setUpViewer, settle, violations } from '../testSetup';

setUpViewer();

const text = () => document.querySelector('#toast')?.textContent ?? '';
const press = async (code: string) => {
  const event = { code, ctrlKey: true, altKey: true, shiftKey: true, cancelable: true, bubbles: true };
  document.body.dispatchEvent(new KeyboardEvent('keydown', event));
  await settle();
};

async function live(facts: Partial<typeof savedSession> = {}) {
  engine.session = { ...savedSession, ...facts };
  await open();
  await reach(ready);
  await draw();
}

async function choose(label: string) {
  await userEvent.click(find('#capture'));
  const items = [...document.querySelectorAll<HTMLElement>('[role=menu] button')];
  const item = items.find(({ innerText, textContent }) => (innerText || textContent || '').includes(label));
  await userEvent.click(item as HTMLElement);
  await settle();
}

test('a chord shows them in a window of their own', async () => {
  await live();
  await press('KeyB');
  expect(engine.callsOf('rewind')).toHaveLength(1);
  engine.refusals.set('rewind', { code: 'nothing_kept' });
  await press('KeyB');
  await vi.waitFor(() => expect(text()).toContain(t('error.nothing_kept')));
});

test('where they are not kept, that is said, and turned on here', async () => {
  await live({ rewind_unchosen: 'off' });
  await press('KeyB');
  expect(engine.callsOf('rewind')).toHaveLength(0);
  expect(text()).toContain(t('rewind.off'));
  await choose(t('rewind.keep'));
  // A connection that began without them has a place of its own now.
  await vi.waitFor(() => expect(engine.callsOf('begin_rewind')).toEqual([[12 + 6 * 2]]));
  await choose(t('rewind.keep_no_longer'));
  expect(text()).toContain(t('rewind.now_off'));
});

test('what was chosen for a machine can be as for all machines again', async () => {
  await live({ rewind_unchosen: 'kept' });
  await choose(t('rewind.keep_no_longer'));
  expect(text()).toContain(t('rewind.now_off'));
  await choose(t('rewind.as_for_all'));
  expect(engine.callsOf('set_display').at(-1)).toEqual([expect.objectContaining({ rewind: null })]);
  expect(text()).toContain(t('rewind.now_kept'));
  await userEvent.click(find('#capture'));
  expect(document.querySelector('[role=menu]')?.textContent).not.toContain(t('rewind.as_for_all'));
});

test('a new connection begins with a picture, and has another place only when much has come', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  await live();
  const rfb = FakeRfb.all.at(-1) as FakeRfb;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(engine.callsOf('prepare_rewind')).toHaveLength(0);
  rfb.arrived = 9 * 1024 * 1024;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(engine.callsOf('prepare_rewind')).toHaveLength(1);
  // A window out of sight keeps what it has.
  await vi.advanceTimersByTimeAsync(10_000);
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  rfb.arrived *= 3;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(engine.callsOf('prepare_rewind')).toHaveLength(1);
  vi.restoreAllMocks();
});

test('the window with them saves a picture, a film of a stretch, and leads back', async () => {
  engine.session = { ...rewoundSession };
  await open();
  await reach(ready);
  await draw();
  expect(document.querySelector('#toolbar')).toBeNull();
  expect(await violations()).toEqual([]);
  await userEvent.click(find('#save-film'));
  await vi.waitFor(() => expect(engine.callsOf('save_film')).toEqual([[0, 600_000]]));
  await settle();
  expect(text()).toContain('Videos/Studio');
  const bar = find('#position') as HTMLInputElement;
  const hold = async (at: number) => {
    bar.value = String(at);
    bar.dispatchEvent(new Event('input', { bubbles: true }));
    await settle();
  };
  await hold(100_000);
  await userEvent.click(find('#film-from'));
  await hold(160_000);
  await userEvent.click(find('#film-to'));
  expect(find('#save-film').textContent).toContain('1:00');
  await userEvent.click(find('#save-film'));
  await vi.waitFor(() => expect(engine.callsOf('save_film')[1]).toEqual([100_000, 160_000]));
  // It cannot end before it begins.
  await hold(50_000);
  await userEvent.click(find('#film-to'));
  await userEvent.click(find('#save-film'));
  await vi.waitFor(() => expect(engine.callsOf('save_film')[2]).toEqual([0, 50_000]));
  await userEvent.click(find('#save-picture'));
  await vi.waitFor(() => expect(engine.callsOf('save_screenshot')).toHaveLength(1));
  // Its own past is not kept.
  await press('KeyB');
  expect(engine.callsOf('rewind')).toHaveLength(0);
  await userEvent.click(find('#back-to-live'));
  expect(engine.callsOf('back_to_live')).toHaveLength(1);
  expect(FakeRfb.all.at(-1)?.viewOnly).toBe(true);
});

test('the bar and what was chosen there stay while it goes back', async () => {
  engine.session = { ...rewoundSession };
  await open();
  await reach(ready);
  await draw();
  const bar = find('#position') as HTMLInputElement;
  bar.value = '100000';
  bar.dispatchEvent(new Event('input', { bubbles: true }));
  await settle();
  await userEvent.click(find('#film-to'));
  await reach({ state: 'connecting', stage: 'handshake' });
  expect(find('#position')).toBe(bar);
  await reach({ ...ready, url: 'ws://127.0.0.1:4000/other' });
  await draw();
  expect(find('#save-film').textContent).toContain('1:40');
});
