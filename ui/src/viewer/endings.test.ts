// The ways on from the end of a session, and into the list.

import { userEvent } from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { errorText, t } from '../i18n';
import { backend as engine } from '../ipc/fake';
import { failing, savedSession, typedSession } from '../ipc/fixtures';
import type { EngineError } from '../ipc/bindings/EngineError';
import { draw, find, open, phase, reach, ready, setUpViewer, settle, violations } from './testSetup';

const refused: EngineError = { code: 'connection_refused', address: 'studio.local' };
const ended = { state: 'ended', error: refused } as const;
const click = async (selector: string) => {
  await userEvent.click(find(selector));
  await settle();
};
const has = (selector: string) => document.querySelector(selector) !== null;

setUpViewer();

test('a saved machine is edited in the list, and woken where that can be', async () => {
  engine.session = savedSession;
  await open();
  await reach(ended);
  expect([has('#edit'), has('#wake'), has('#correct'), has('#keep')]).toEqual([true, false, false, false]);
  await click('#edit');
  expect(engine.callsOf('edit_host')).toEqual([[]]);

  engine.session = { ...savedSession, can_wake: true };
  await reach({ state: 'connecting', stage: 'dialing' });
  await reach(ended);
  await click('#wake');
  expect(engine.callsOf('wake')).toHaveLength(1);
  expect(phase()).toBe('connecting');
});

test('what was tried is asked for when it is opened, and shown with the times', async () => {
  engine.tried = failing(refused).stages.slice(0, 2);
  await open();
  await reach(ended);
  expect(engine.callsOf('tried')).toEqual([]);
  const summary = find('#tried summary');
  expect(summary).toHaveTextContent(t('ended.tried'));
  find<HTMLDetailsElement>('#tried').open = true;
  await settle();
  await expect.poll(() => document.querySelectorAll('#tried li').length).toBe(2);
  expect(find('#tried li')).toHaveTextContent('3 ms');
  expect(find('#tried li')).toHaveTextContent(t('report.resolve'));
  expect(await violations()).toEqual([]);
});

test('a typed address is corrected on the card; Enter in the field connects there', async () => {
  engine.session = { ...typedSession };
  await open();
  await reach(ended);
  expect(has('#edit')).toBe(false);
  await click('#correct');
  const field = find<HTMLInputElement>('#correct-address');
  expect(field).toHaveFocus();
  expect(field.value).toBe('192.168.1.20:5901');
  await userEvent.clear(field);
  await userEvent.type(field, 'a b{Enter}');
  await settle();
  expect(find('#correct-address-problem')).toHaveTextContent(t('problem.address.hostname'));
  await userEvent.clear(field);
  await userEvent.type(field, 'studio.local{Enter}');
  await settle();
  expect(engine.callsOf('correct_address')).toEqual([['a b'], ['studio.local']]);
  expect(engine.callsOf('reconnect')).toEqual([]);
  expect(phase()).toBe('connecting');
});

test('Escape closes the form before it closes the window', async () => {
  engine.session = { ...typedSession };
  await open();
  await reach(ended);
  await click('#correct');
  await userEvent.keyboard('{Escape}');
  await settle();
  expect([has('#correct-form'), engine.callsOf('close_window').length]).toEqual([false, 0]);
  await userEvent.keyboard('{Escape}');
  expect(engine.callsOf('close_window')).toHaveLength(1);
});

test('a machine is kept from its toolbar, with its login only where that is wanted', async () => {
  engine.session = { ...typedSession, has_login: true };
  await open();
  await reach(ready);
  await draw();
  await click('#toolbar #keep');
  expect(find('#keep-login')).not.toBeChecked();
  await click('#keep-login');
  await userEvent.clear(find('#keep-name'));
  await userEvent.type(find('#keep-name'), 'Studio{Enter}');
  await settle();
  expect(engine.callsOf('keep')).toEqual([['Studio', true]]);
  expect(find('#toast')).toHaveTextContent(t('keep.added', { name: 'Studio' }));
  expect(has('#keep')).toBe(false);
  expect(has('#keep-panel')).toBe(false);
});

test('a name that cannot be one is said in the form, a password that is not kept in a message', async () => {
  engine.session = { ...typedSession, has_login: true };
  await open();
  await reach(ended);
  await click('#keep');
  const wrong: EngineError = { code: 'fields', fields: [{ field: 'name', problem: 'too_long' }] };
  engine.refusals.set('keep', wrong);
  await click('#keep-add');
  expect(find('#keep-name-problem')).toHaveTextContent(t('problem.name.too_long'));
  await click('#keep-add');
  expect(find('#toast')).toHaveTextContent(t('keep.added', { name: 'Studio' }));
  engine.session = { ...savedSession, storing: { storing: 'failed', error: { code: 'keyring_locked' } } };
  await reach(ended);
  expect(find('#toast')).toHaveTextContent(errorText({ code: 'keyring_locked' }));
  expect(has('#keep-form')).toBe(false);
  expect(engine.callsOf('keep').map(([, withLogin]) => withLogin)).toEqual([false, false]);
});

test('a call can be kept, and is no address to correct', async () => {
  engine.session = { ...typedSession, called: true };
  await open();
  await reach(ended);
  expect(has('#correct')).toBe(false);
  await click('#keep');
  expect(find('#keep-form')).toHaveTextContent(t('keep.caller'));
});

test.each([
  [typedSession, { lead: 'address', address: 'box:1', why: 'answers' }, 'lead.use'],
  [savedSession, { lead: 'address', address: 'box:1', why: 'answers' }, 'lead.edit'],
  [{ ...savedSession, can_wake: true }, { lead: 'wake' }, 'hosts.wake'],
  [savedSession, { lead: 'account' }, 'lead.enter_account'],
  [typedSession, { lead: 'accept_old', address: 'box:1' }, 'lead.accept_old_action'],
] as const)('a failure leads on, by one button which the engine knows more about', async (view, lead, action) => {
  engine.session = { ...view };
  await open();
  await reach(ended);
  expect(has('#lead')).toBe(false);
  // It is found while the card is shown.
  engine.session = { ...view, lead };
  await reach(ended);
  expect(find('#lead')).toHaveTextContent(t(action));
  expect(has('#wake')).toBe(false);
  await click('#lead');
  expect(engine.callsOf('follow_lead')).toEqual([[]]);
});

test.each([
  [null, 'Last time, Portlight reached it at box:1 through ann@gate.'],
  ['Office', '“Office”, in the same network, was last reached through ann@gate.'],
])('the SSH host of an earlier time is offered, and named', async (beside, text) => {
  engine.session = { ...savedSession, lead: { lead: 'through', address: 'box:1', through: 'ann@gate', beside } };
  await open();
  await reach(ended);
  expect(find('.lead')).toHaveTextContent(text);
  expect(find('#lead')).toHaveTextContent('Try ann@gate this once');
});

test('a report for others is made by the engine', async () => {
  engine.tried = failing(refused).stages.slice(0, 2);
  await open();
  await reach(ended);
  await click('#tried summary');
  await expect.poll(() => has('#copy-report')).toBe(true);
  await click('#copy-report');
  expect(engine.callsOf('copy_report')).toEqual([[]]);
  expect(find('#copy-report')).toHaveTextContent(t('viewer.copied'));
});

// ---- other sessions

test('what is told once more does not begin once more', async () => {
  await open();
  await reach(ready);
  const rfb = await draw();
  engine.others = 2;
  await reach(ready);
  expect(phase()).toBe('live');
  expect(rfb.disconnected).toBe(false);
  expect(has('#toolbar #sessions')).toBe(true);
});

test('other sessions are shown in the list’s window, and reached by keys', async () => {
  engine.others = 1;
  await open();
  await reach(ready);
  await draw();
  await click('#toolbar #sessions');
  expect(engine.callsOf('show_sessions')).toHaveLength(1);
  await userEvent.keyboard('{Control>}{Alt>}{Shift>}[PageDown][PageUp]{/Shift}{/Alt}{/Control}');
  expect(engine.callsOf('show_next_session')).toEqual([[false], [true]]);
  await userEvent.keyboard('{Control>}{Alt>}[PageDown]{/Alt}{/Control}');
  expect(engine.callsOf('show_next_session')).toHaveLength(2);
});

// ---- the bell

test('the bell flashes where that is preferred', async () => {
  engine.preferences = { ...engine.preferences, bell: 'flash' };
  await open();
  await reach(ready);
  const rfb = await draw();
  expect(has('#flash')).toBe(false);
  rfb.emit('bell');
  await settle();
  expect(has('#flash')).toBe(true);
});

test('keys of the list mean the same here where the remote machine has not the keyboard', async () => {
  await open();
  await reach(ended);
  const press = async (key: string) => {
    await userEvent.keyboard(key);
    await settle();
  };
  await press('{Control>},{/Control}');
  await press('{F1}');
  await press('{Control>}q{/Control}');
  expect(engine.callsOf('want_list')).toEqual([['settings'], ['help'], ['quit']]);
  await press('{Control>}w{/Control}');
  expect(engine.callsOf('close_window')).toEqual([[]]);

  await reach({ state: 'connecting', stage: 'dialing' });
  await reach(ready);
  const rfb = await draw();
  rfb.focus();
  find('canvas').focus();
  await settle();
  await press('{Control>}w{/Control}');
  expect(engine.callsOf('close_window'), 'it is the remote machine’s now').toHaveLength(1);
});
