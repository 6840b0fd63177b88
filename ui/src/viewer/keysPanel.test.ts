// The keys of the toolbar: chords, modifiers that are held, a text that is typed.

import { screen } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { t } from '../i18n';
import type { EngineError } from '../ipc/bindings/EngineError';
import { backend as engine } from '../ipc/fake';
import { PACES } from './keyboard/typist.svelte';
import { CONSENT_DELAY_MS } from './consent';
import type { FakeRfb } from './novnc/fake';
import type { Session } from './session.svelte';
import { draw, find, open, reach, ready, setUpViewer, settle, violations } from './testSetup';

const lost: EngineError = { code: 'connection_lost', address: 'studio.local', detail: 'reset' };

let session: Session;

setUpViewer();

async function live(): Promise<FakeRfb> {
  session = await open();
  await reach(ready);
  return draw();
}

const button = (name: string) => screen.getByRole('button', { name });

test('a chord is picked in taps: modifiers are down at once, and the key lets them go', async () => {
  const rfb = await live();
  await userEvent.click(find('#keys'));
  expect(await violations()).toEqual([]);
  expect(button('Ctrl')).toHaveFocus();
  await userEvent.click(button('Ctrl'));
  await userEvent.click(button('Alt'));
  expect(rfb.taken.map(([, code, down]) => [code, down])).toEqual([
    ['ControlLeft', true],
    ['AltLeft', true],
  ]);
  expect(button('Ctrl')).toHaveAttribute('aria-pressed', 'true');
  expect(find('#held')).toHaveTextContent(t('keys.held', { keys: 'Ctrl+Alt' }));
  await userEvent.click(find('[name="key-group"][value="f13"]'));
  await userEvent.click(find('[data-key="F13"]'));
  expect(rfb.sent.map(([, code]) => code)).toEqual(['F13', 'F13']);
  expect(rfb.taken.slice(2).map(([, code, down]) => [code, down])).toEqual([
    ['AltLeft', false],
    ['ControlLeft', false],
  ]);
  expect(button('Ctrl')).toHaveAttribute('aria-pressed', 'false');
  expect(document.querySelector('#held')).toBeNull();

  // What was picked can be kept, in every window, and goes again.
  await userEvent.click(find('#keep-chord'));
  await settle();
  expect(engine.chords).toEqual(['Ctrl+Alt+F13']);
  expect(await violations()).toEqual([]);
  await userEvent.click(button(t('keys.drop', { chord: 'Ctrl+Alt+F13' })));
  await settle();
  expect(engine.chords).toEqual([]);

  // A letter is picked by typing it.
  await userEvent.type(find('#key-letter'), 'q');
  expect(rfb.sent.at(-1)).toEqual([0x71, null, false]);
  expect(find<HTMLInputElement>('#key-letter').value).toBe('');

  // A whole chord gives the keyboard back.
  await userEvent.click(find('[data-chord="Alt+Tab"]'));
  await settle();
  expect(rfb.sent.slice(-4).map(([, code]) => code)).toEqual(['AltLeft', 'Tab', 'Tab', 'AltLeft']);
  expect(rfb.canvas).toHaveFocus();
});

test('modifiers that are held go up with the panel closed, whatever ends it', async () => {
  const rfb = await live();
  const hold = async () => {
    await userEvent.click(find('#keys'));
    await userEvent.click(button('Ctrl'));
    await userEvent.keyboard('{Escape}');
    await settle();
    expect(rfb.canvas).toHaveFocus();
    expect(find('#held')).toBeInTheDocument();
  };
  const isUp = async () => {
    await settle();
    expect(document.querySelector('#held')).toBeNull();
    expect(rfb.taken.at(-1)?.slice(1)).toEqual(['ControlLeft', false]);
  };
  await hold();
  await userEvent.click(find('#release-keys'));
  await isUp();
  expect(rfb.canvas).toHaveFocus();
  await hold();
  find('#disconnect').focus();
  await isUp();
  await hold();
  await userEvent.click(find('#view-only'));
  await isUp();
  await userEvent.click(find('#view-only'));
  await hold();
  session.keyboard.grabNow();
  await isUp();
  await hold();
  await reach({ state: 'reconnecting', error: lost, seconds: 2 });
  expect(document.querySelector('#held')).toBeNull();
});

test('a text is typed from its panel, and Escape stops it', async () => {
  const rfb = await live();
  await userEvent.click(find('#keys'));
  await userEvent.click(find('#type-text'));
  await settle();
  expect(find('#text-to-type')).toHaveFocus();
  expect(find('#type')).toBeDisabled();
  await userEvent.type(find('#text-to-type'), 'a漢{Enter}b');
  expect(find('#type-notes')).toHaveTextContent(t('typing.unicode', { letters: '漢' }));
  expect(find('#type-notes')).toHaveTextContent(t('typing.lines', { count: 2 }));
  expect(await violations()).toEqual([]);
  vi.useFakeTimers();
  find('#type').click();
  await settle();
  expect(find('#stop-typing')).toHaveFocus();
  await vi.advanceTimersByTimeAsync(PACES.steady);
  expect(rfb.sent.map(([keysym]) => keysym)).toEqual([0x61, 0x61, 0x1006f22, 0x1006f22]);
  find('#stop-typing').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
  await vi.advanceTimersByTimeAsync(PACES.steady);
  await settle();
  expect(document.querySelector('#typing')).toBeNull();
  expect(find('#toast')).toHaveTextContent(t('typing.stopped', { count: 4, done: 2 }));
  expect(rfb.sent).toHaveLength(4);
  expect(rfb.canvas).toHaveFocus();
});

test('a layout is chosen once for a machine, and what it has not is said before', async () => {
  const rfb = await live();
  rfb.takesPlaces = true;
  await userEvent.click(find('#keys'));
  await userEvent.click(find('#type-text'));
  await userEvent.selectOptions(find('#layout'), 'de');
  await userEvent.type(find('#text-to-type'), 'aé');
  await settle();
  expect(engine.callsOf('set_display').at(-1)).toMatchObject([{ layout: 'de' }]);
  expect(engine.callsOf('strokes').at(-1)).toEqual(['aé', 'de', true]);
  expect(find('#type-notes')).toHaveTextContent(t('typing.not_on_layout', { letters: 'é' }));
  find('#type').click();
  await settle();
  expect(rfb.sent).toEqual([
    [0x61, 'KeyA', true],
    [0x61, 'KeyA', false],
  ]);
});

/** Opens the panel for texts of a machine whose password is known. */
async function openTyping(isPrivate: boolean): Promise<void> {
  Object.assign(engine.session, { can_type_password: true, private: isPrivate });
  await live();
  await userEvent.click(find('#keys'));
  await userEvent.click(find('#type-text'));
  await settle();
}

test('the password and the clipboard are typed by the engine: the page never has them', async () => {
  await openTyping(true);
  expect(await violations()).toEqual([]);
  await userEvent.click(find('#type-password'));
  await settle();
  expect(engine.callsOf('type_password')).toEqual([[{ pace: 'steady', by_place: false }, false]]);
  expect(find('#toast')).toHaveTextContent(t('typing.unseen_done'));

  engine.typesAll = false;
  await userEvent.click(find('#keys'));
  await userEvent.click(find('#type-text'));
  await userEvent.click(find('#type-clipboard'));
  await settle();
  expect(engine.callsOf('type_clipboard')).toEqual([[{ pace: 'steady', by_place: false }]]);
  expect(engine.callsOf('read_clipboard')).toEqual([]);
  expect(find('#toast')).toHaveTextContent(t('typing.unseen_stopped'));
});

test('a password that others can read on the way is typed only after that was said', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await openTyping(false);
  await userEvent.click(find('#type-password'));
  await settle();
  expect(engine.callsOf('type_password')).toEqual([]);
  expect(screen.getByRole('alert')).toHaveTextContent(t('typing.readable'));
  expect(await violations()).toEqual([]);
  await vi.advanceTimersByTimeAsync(CONSENT_DELAY_MS);
  await userEvent.click(find('#type-readably'));
  await settle();
  expect(engine.callsOf('type_password')).toEqual([[{ pace: 'steady', by_place: false }, true]]);
});

test('a secret of the machine is typed once to be kept, and from then on by the engine', async () => {
  engine.session.can_keep_secret = true;
  await openTyping(true);
  await userEvent.click(find('#add-secret'));
  expect(find('#secret')).toHaveFocus();
  expect(find('#secret')).toHaveAttribute('type', 'password');
  expect(find('#keep-secret')).toBeDisabled();
  await userEvent.type(find('#secret'), 'quince');
  await userEvent.type(find('#secret-name'), 'sudo');
  expect(await violations()).toEqual([]);
  engine.refusals.set('keep_secret', { code: 'keyring_locked' });
  await userEvent.click(find('#keep-secret'));
  await settle();
  expect(find('#new-secret')).toHaveTextContent(t('error.keyring_locked'));
  expect(engine.callsOf('type_secret')).toEqual([]);
  await userEvent.click(find('#keep-secret'));
  await settle();
  expect(engine.callsOf('keep_secret').at(-1)).toEqual(['sudo', 'quince']);
  expect(engine.callsOf('type_secret')).toEqual([[{ pace: 'steady', by_place: false }, false]]);

  await userEvent.click(find('#keys'));
  await userEvent.click(find('#type-text'));
  expect(find('#type-secret')).toHaveTextContent(t('typing.secret_named', { name: 'sudo' }));
  expect(document.querySelector('#add-secret')).toBeNull();
  await userEvent.click(find('#type-secret'));
  await settle();
  expect(engine.callsOf('type_secret')).toHaveLength(2);
});

test('while the engine types it is to be seen, and a key stops it', async () => {
  await live();
  let end: (whole: boolean) => void = () => {};
  void session.typist.typeUnseen(() => new Promise((resolve) => (end = resolve)));
  await settle();
  expect(find('#typing')).toHaveTextContent(t('typing.unseen'));
  expect(find('#stop-typing')).toHaveFocus();
  find('#stop-typing').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
  expect(engine.callsOf('stop_typing')).toHaveLength(1);
  end(false);
  await settle();
  expect(document.querySelector('#typing')).toBeNull();
});

test('nothing is offered where there is no password, and no text goes there', async () => {
  engine.session.clipboard_unchosen = 'off';
  await live();
  await userEvent.click(find('#keys'));
  await userEvent.click(find('#type-text'));
  await settle();
  expect(document.querySelector('#unseen')).toBeNull();
});
