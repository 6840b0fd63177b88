// A machine where a mistake is dear: its frame, touching it, and lines that are looked at first.

import { screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { t } from '../i18n';
import { backend as engine } from '../ipc/fake';
import { CONSENT_DELAY_MS } from './consent';
import type { Session } from './session.svelte';
import { draw, find, open, reach, ready, setUpViewer, settle, violations } from './testSetup';

setUpViewer();

async function live(): Promise<Session> {
  const session = await open();
  await reach(ready);
  await reach({ state: 'live' });
  await draw();
  return session;
}

function chord(): void {
  const keys = { ctrlKey: true, altKey: true, shiftKey: true, code: 'KeyV', bubbles: true };
  window.dispatchEvent(new KeyboardEvent('keydown', keys));
}

test('the frame has the colour that the engine says, with the name at the handle, and an unknown one is red', async () => {
  engine.session.frame = 'amber';
  await live();
  expect(find('main').dataset.frame).toBe('amber');
  expect(find('.handle.name')).toHaveTextContent('Studio');
  engine.session = { ...engine.session, frame: '#123456' };
  engine.reach(engine.state);
  await settle();
  expect(find('main').dataset.frame).toBe('red');
  engine.session = { ...engine.session, frame: null };
  engine.reach(engine.state);
  await settle();
  expect(document.querySelector('#frame')).toBeNull();
});

test('a machine that is only viewed says how it is touched, once, and a chord touches it', async () => {
  engine.session.view_only = true;
  const session = await live();
  find('#screen').dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift', bubbles: true }));
  await settle();
  expect(document.querySelector('#toast')?.textContent ?? '').not.toContain('Ctrl+Alt+Shift+V');
  find('#screen').dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true }));
  await settle();
  expect(find('#toast')).toHaveTextContent(t('viewer.touch_hint', { keys: 'Ctrl+Alt+Shift+V' }));
  session.dismissMessage();
  find('#screen').dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true }));
  await settle();
  expect(session.message).toBeNull();
  chord();
  await settle();
  expect(engine.callsOf('set_view_only')).toEqual([[false]]);
  expect(find('#toast')).toHaveTextContent(t('viewer.touched', { name: 'Studio', keys: 'Ctrl+Alt+Shift+V' }));
  chord();
  await settle();
  expect(engine.callsOf('set_view_only')).toEqual([[false], [true]]);
});

test('lines that the relay keeps back are shown, and the word about them is told with their number', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await live();
  for (const [number, go] of [
    [3, true],
    [4, false],
  ] as const) {
    const lines_asked = { number, typed: false, lines: 2, text: 'rm a\nrm b', is_cut: true };
    engine.session = { ...engine.session, lines_asked };
    engine.reach(engine.state);
    await settle();
    const dialog = screen.getByRole('dialog', { name: t('lines.title', { count: 2, name: 'Studio' }) });
    expect(dialog.querySelector('pre')?.textContent).toBe('rm a\nrm b');
    expect(dialog).toHaveTextContent(t('lines.cut'));
    expect(await violations()).toEqual([]);
    await userEvent.click(find('#send-lines'));
    expect(engine.callsOf('answer_lines')).toHaveLength(go ? 0 : 1);
    await vi.advanceTimersByTimeAsync(CONSENT_DELAY_MS);
    await userEvent.click(find(go ? '#send-lines' : '#keep-lines'));
    await settle();
    expect(engine.callsOf('answer_lines').at(-1)).toEqual([number, go]);
    expect(document.querySelector('#lines')).toBeNull();
  }
});

test('lines from the panel are shown once more where the machine asks before them', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  engine.session.ask_lines = true;
  const session = await live();
  for (const [text, asks] of [
    ['a', false],
    ['a\nb', true],
  ] as const) {
    await userEvent.click(find('#keys'));
    await userEvent.click(find('#type-text'));
    await settle();
    await userEvent.type(find('#text-to-type'), text.replace('\n', '{Enter}'));
    await userEvent.click(find('#type'));
    await settle();
    expect(document.querySelector('#lines') !== null).toBe(asks);
    expect(session.typist.progress !== null).toBe(!asks);
    session.typist.stop();
    await vi.advanceTimersByTimeAsync(CONSENT_DELAY_MS);
  }
  await userEvent.click(find('#send-lines'));
  await settle();
  expect(session.typist.progress?.total).toBe(3);
  session.typist.stop();
});
