// The viewer window, with the fake backend and a fake noVNC.

import { screen } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { errorText, t } from '../i18n';
import type { KeyNotice } from '../ipc/bindings/KeyNotice';
import type { Display } from '../ipc/bindings/Display';
import type { EngineError } from '../ipc/bindings/EngineError';
import type { SessionState } from '../ipc/bindings/SessionState';
import { backend as engine } from '../ipc/fake';
import { savedSession } from '../ipc/fixtures';
import { CONSENT_DELAY_MS } from './consent';
import { FakeRfb, fakeNovnc, FakeSocket } from './novnc/fake';
import type { LoadNovnc } from './novnc';
import { CLOSE_REASON_MS, type Session } from './session.svelte';
import {
  ask,
  violations,
  draw,
  find,
  open as openWindow,
  password,
  phase,
  reach,
  ready,
  setUpViewer,
  settle,
  twoScreens,
} from './testSetup';

const lost: EngineError = { code: 'connection_lost', address: 'studio.local', detail: 'reset' };

let session: Session;

setUpViewer();

async function open(load?: LoadNovnc): Promise<void> {
  session = await openWindow(load);
}

/** A session that cannot be read on its way. */
const private_ = { ...ready, protection: { ...ready.protection, level: 'encrypted' } } as const;

/** Up to a picture. */
async function goLive(load?: LoadNovnc, state: SessionState = ready): Promise<FakeRfb> {
  await open(load);
  await reach(state);
  return draw();
}

const failures = () => engine.callsOf('viewer_failed').map(([detail]) => detail);

// ---- what is shown when

test('says whom it connects to and how far it is', async () => {
  await open();
  expect(phase()).toBe('connecting');
  expect(document.title).toBe('Studio');
  expect(document.querySelector('#connecting'), 'it would flash up before a screen that is there at once').toBeNull();
  await vi.waitFor(() => expect(find('#connecting')).toHaveTextContent('Connecting to Studio'));
  expect(find('#stage')).toHaveTextContent(t('stage.dialing'));
  for (const stage of ['handshake', 'encrypting', 'keyring', 'authenticating'] as const) {
    await reach({ state: 'connecting', stage });
    expect(find('#stage')).toHaveTextContent(t(`stage.${stage}`));
  }
  expect(await violations()).toEqual([]);

  await userEvent.click(find('#cancel'));
  expect(engine.callsOf('close_window')).toHaveLength(1);
});

test('is live only once noVNC is through its handshake', async () => {
  await open();
  await reach(ready);
  expect(phase()).toBe('ready');
  await reach({ state: 'live' });
  expect(phase()).toBe('ready');
  expect(document.querySelector('#toolbar')).toBeNull();
  await draw();
  expect(phase()).toBe('live');
  expect(find('#toolbar')).toHaveTextContent('Studio');
  expect(document.activeElement).toBe(FakeRfb.all[0]?.canvas);
  expect(await violations()).toEqual([]);
});

test('draws the toolbar after the first picture, or without one where that is long in coming', async () => {
  vi.useFakeTimers();
  await open();
  await reach(ready);
  FakeRfb.all[0]?.emit('connect');
  await settle();
  expect(document.querySelector('#toolbar')).toBeNull();
  FakeRfb.all[0]?.socket.arrive();
  await vi.advanceTimersByTimeAsync(100);
  expect(document.querySelector('#toolbar'), 'what came is a part of the picture').toBeNull();
  FakeRfb.all[0]?.emit('picture');
  await vi.advanceTimersByTimeAsync(100);
  expect(find('#toolbar')).toBeVisible();

  await reach({ ...ready, url: 'ws://127.0.0.1:4000/next' });
  FakeRfb.all[1]?.emit('connect');
  await settle();
  expect(document.querySelector('#toolbar')).toBeNull();
  await vi.advanceTimersByTimeAsync(300);
  expect(find('#toolbar')).toBeVisible();
});

test('opens the socket once, itself, and hands it to noVNC', async () => {
  const rfb = await goLive();
  await reach({ state: 'live' });
  expect(FakeSocket.all.map(({ url, protocols }) => [url, protocols])).toEqual([
    [ready.url, ['binary.acknowledged', 'binary']],
  ]);
  expect(rfb.socket).toBe(FakeSocket.all[0]);
  expect(rfb).toMatchObject({ scaling: 'fit', viewOnly: false, cursor: 'server' });
});

test('another choice does not set the scaling anew: to follow the window asks the server', async () => {
  const rfb = await goLive();
  const scalings: unknown[] = [];
  Object.defineProperty(rfb, 'scaling', { set: (scaling) => scalings.push(scaling) });
  await userEvent.click(find('#view-only'));
  expect(rfb.viewOnly).toBe(true);
  await userEvent.click(find('#scale'));
  await userEvent.click(screen.getByRole('menuitemradio', { name: t('viewer.cursor_always_dot') }));
  await settle();
  expect(rfb.cursor).toBe('always_dot');
  expect(scalings).toEqual([]);
});

test('sends nothing to a host that is only to be watched, not even where its state comes first', async () => {
  engine.session.view_only = true;
  engine.state = ready;
  await open();
  const [rfb] = FakeRfb.all;
  expect(rfb?.viewOnly).toBe(true);
  await draw();
  for (const id of ['ctrl-alt-del', 'keys', 'clipboard']) expect(find(`#${id}`)).toBeDisabled();
  expect(find('#view-only')).toHaveAttribute('aria-pressed', 'true');
  rfb?.emit('clipboard', { text: 'seen' });
  rfb?.socket.arrive();
  window.dispatchEvent(new Event('focus'));
  await settle();
  expect(engine.callsOf('write_clipboard')).toEqual([]);
  expect(engine.callsOf('read_clipboard')).toEqual([]);
});

test('follows the host: another name and address for the next session, the user’s view only stays', async () => {
  await goLive();
  await userEvent.click(find('#view-only'));
  engine.session = { ...engine.session, name: 'Workshop', address: 'workshop.local' };
  await reach({ state: 'connecting', stage: 'dialing' });
  await vi.waitFor(() => expect(find('#connecting')).toHaveTextContent('Connecting to Workshop'));
  expect(find('#connecting')).toHaveTextContent('workshop.local');
  expect(session.viewOnly).toBe(true);
  engine.session = { ...engine.session, view_only: true };
  await reach({ state: 'connecting', stage: 'dialing' });
  engine.session = { ...engine.session, view_only: false };
  await reach({ state: 'connecting', stage: 'dialing' });
  expect(session.viewOnly).toBe(false);
});

test('shows hostile names and words as text', async () => {
  await open();
  const refused: EngineError = { code: 'auth_failed', address: '<b>a</b>', reason: '<b>no</b>', too_many: false };
  const name = '<img src=x onerror=alert(1)>';
  await ask({ ...password, problem: refused }, { name, address: '<b>a</b>', party: 'server' });
  expect(find('#prompt')).toHaveTextContent('<img src=x onerror=alert(1)>');
  expect(find('#prompt-problem')).toHaveTextContent('<b>no</b>');
  expect(document.querySelector('#prompt b, #prompt img')).toBeNull();
});

test('says why a password was not kept, until that is dismissed', async () => {
  await open();
  engine.session = { ...savedSession, storing: { storing: 'failed', error: { code: 'keyring_locked' } } };
  await reach({ state: 'connecting', stage: 'authenticating' });
  expect(find('#toast')).toHaveTextContent('');
  await reach(ready);
  FakeRfb.all[0]?.emit('connect');
  await settle();
  expect(find('#toast')).toHaveTextContent(t('error.keyring_locked'));
  await userEvent.click(find('#toast button'));
  expect(find('#toast')).toHaveTextContent('');
});

test('says that the keyring is waited for, and that it has the password then, over the picture', async () => {
  await goLive();
  for (const [storing, text] of [
    ['waiting', 'viewer.storing_waits'],
    ['done', 'viewer.password_stored'],
  ] as const) {
    engine.session = { ...savedSession, storing: { storing } };
    await reach({ state: 'live' });
    expect(find('#toast')).toHaveTextContent(t(text));
    await userEvent.click(find('#toast button'));
    await reach({ state: 'live' });
    expect(find('#toast')).toHaveTextContent('');
  }
});

// ---- the end

test('says why the session ended, over what was last seen', async () => {
  const rfb = await goLive();
  await reach({ state: 'ended', error: lost });
  expect(phase()).toBe('ended');
  expect(find('#reason')).toHaveTextContent(errorText(lost));
  expect(find('#ended h1')).toHaveTextContent(t('ended.title'));
  expect(rfb.disconnected).toBe(true);
  expect(find('#screen .last')).toContainElement(rfb.canvas);
  expect(find('#again')).toHaveFocus();
  expect(await violations()).toEqual([]);
});

test('says that the connection was lost and when it is dialled again, over the last picture', async () => {
  vi.useFakeTimers();
  const rfb = await goLive();
  await session.fullScreen.set(true);
  await reach({ state: 'reconnecting', error: lost, seconds: 2 });
  expect(phase()).toBe('reconnecting');
  expect(find('#reason')).toHaveTextContent(errorText(lost));
  expect(find('#screen .last')).toContainElement(rfb.canvas);
  expect(find('#wait')).toHaveTextContent(t('reconnecting.wait', { seconds: 2 }));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(find('#wait')).toHaveTextContent(t('reconnecting.wait', { seconds: 1 }));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(find('#wait')).toHaveTextContent(t('reconnecting.now'));
  // It is still the same look at the same machine.
  expect(session.fullScreen.on).toBe(true);
  await reach({ state: 'ended', error: lost });
  expect(find('#ended h1')).toHaveTextContent(t('ended.title'));
});

test('a lost connection is dialled at once by Enter, and no longer after Escape', async () => {
  await goLive();
  await reach({ state: 'reconnecting', error: lost, seconds: 30 });
  expect(find('#again')).toHaveFocus();
  expect(await violations()).toEqual([]);
  await userEvent.keyboard('{Enter}');
  expect(engine.callsOf('reconnect')).toHaveLength(1);
  await reach({ state: 'reconnecting', error: lost, seconds: 60 });
  expect(find('#wait')).toHaveTextContent(t('reconnecting.wait', { seconds: 60 }));
  await userEvent.keyboard('{Escape}');
  await settle();
  expect(engine.callsOf('close')).toHaveLength(1);
  expect(find('#ended h1')).toHaveTextContent(t('viewer.disconnected'));
});

test('where the connection was lost, a socket that closes later changes nothing', async () => {
  vi.useFakeTimers();
  const rfb = await goLive();
  engine.reach({ state: 'reconnecting', error: lost, seconds: 30 });
  rfb.socket.drop();
  rfb.leave(true);
  await vi.advanceTimersByTimeAsync(CLOSE_REASON_MS * 2);
  expect(failures()).toEqual([]);
  expect(phase()).toBe('reconnecting');
});

test('distinguishes a failure to connect from an end, and both from leaving', async () => {
  await open();
  await reach({ state: 'ended', error: lost });
  expect(find('#ended h1')).toHaveTextContent('Not connected to Studio');
  await reach({ state: 'ended', error: null });
  expect(find('#ended h1')).toHaveTextContent(t('viewer.disconnected'));
});

test('a page that follows one that stopped says so, and connects again', async () => {
  await open();
  await reach({ state: 'ended', error: { code: 'page_stopped' } });
  expect(find('#ended h1')).toHaveTextContent(t('ended.title'));
  expect(find('#reason')).toHaveTextContent(t('error.page_stopped'));
  await userEvent.click(find('#again'));
  expect(engine.callsOf('reconnect')).toHaveLength(1);
});

test('Enter connects again, with a new socket; the old picture goes when the new one comes', async () => {
  const first = await goLive();
  await reach({ state: 'ended', error: lost });
  await userEvent.keyboard('{Enter}');
  expect(engine.callsOf('reconnect')).toHaveLength(1);
  await reach({ ...ready, url: 'ws://127.0.0.1:4000/other' });
  expect(phase()).toBe('ready');
  expect(FakeSocket.all.map(({ url }) => url)).toEqual([ready.url, 'ws://127.0.0.1:4000/other']);
  first.emit('disconnect', { clean: true });
  first.socket.drop();
  FakeRfb.all[1]?.emit('connect');
  await settle();
  expect(phase()).toBe('live');
  expect([...document.querySelectorAll('canvas')]).toEqual([FakeRfb.all[1]?.canvas]);
});

test('Escape closes the window once the session is over', async () => {
  await goLive();
  await userEvent.keyboard('{Escape}');
  expect(engine.callsOf('close_window')).toEqual([]);
  await reach({ state: 'ended', error: null });
  await userEvent.keyboard('{Escape}');
  expect(engine.callsOf('close_window')).toHaveLength(1);
});

test('a key still held when the session ends does nothing', async () => {
  await goLive();
  await reach({ state: 'ended', error: lost });
  for (const key of ['Enter', 'Escape']) {
    const event = new KeyboardEvent('keydown', { key, repeat: true, bubbles: true, cancelable: true });
    find('#again').dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
  }
  expect(engine.callsOf('reconnect')).toEqual([]);
  expect(engine.callsOf('close_window')).toEqual([]);
});

test('where the socket closes and the engine says why, that is the reason', async () => {
  vi.useFakeTimers();
  const rfb = await goLive();
  rfb.socket.drop();
  rfb.leave(true);
  await vi.advanceTimersByTimeAsync(CLOSE_REASON_MS - 1);
  await reach({ state: 'ended', error: lost });
  await vi.advanceTimersByTimeAsync(CLOSE_REASON_MS * 2);
  expect(failures()).toEqual([]);
  expect(find('#reason')).toHaveTextContent(errorText(lost));
  expect(find('#screen .last')).toContainElement(rfb.canvas);
});

test('a socket that closed does not end the session after it', async () => {
  vi.useFakeTimers();
  const rfb = await goLive();
  rfb.socket.drop();
  await reach({ state: 'ended', error: lost });
  await reach({ state: 'connecting', stage: 'dialing' });
  await vi.advanceTimersByTimeAsync(CLOSE_REASON_MS * 2);
  expect(failures()).toEqual([]);
  expect(phase()).toBe('connecting');
});

test('where the engine ended it, a socket that closes later changes nothing', async () => {
  vi.useFakeTimers();
  const rfb = await goLive();
  await reach({ state: 'ended', error: lost });
  rfb.socket.drop();
  rfb.leave(true);
  await vi.advanceTimersByTimeAsync(CLOSE_REASON_MS * 2);
  expect(failures()).toEqual([]);
  expect(find('#reason')).toHaveTextContent(errorText(lost));
});

test('where the socket closes and the engine stays silent, the closing is the reason', async () => {
  vi.useFakeTimers();
  const rfb = await goLive();
  rfb.socket.drop(4408);
  rfb.leave(true);
  await vi.advanceTimersByTimeAsync(CLOSE_REASON_MS);
  await settle();
  expect(failures()).toEqual([t('viewer.socket_closed', { code: 4408 })]);
  expect(phase()).toBe('ended');
});

test('where noVNC gives up, its last words are the reason, at once', async () => {
  const rfb = await goLive(async (onError) => {
    onError('Failed while connected: Unknown server message type 77');
    return fakeNovnc;
  });
  expect(failures()).toEqual([]);
  rfb.leave(false);
  await settle();
  // What was said before this session is not about it.
  expect(failures()).toEqual([t('viewer.novnc_failed')]);
});

test('noVNC’s error message reaches the engine', async () => {
  let report: (message: string) => void = () => {};
  const rfb = await goLive(async (onError) => {
    report = onError;
    return fakeNovnc;
  });
  report('Unknown server message type 77');
  rfb.leave(false);
  await settle();
  expect(failures()).toEqual(['Unknown server message type 77']);
  expect(find('#screen .last')).toContainElement(rfb.canvas);
});

test('an exception while noVNC reads ends the session, once', async () => {
  const rfb = await goLive();
  rfb.read = () => {
    throw new Error('inflate failed');
  };
  rfb.socket.arrive();
  rfb.socket.arrive();
  await settle();
  expect(failures()).toEqual(['inflate failed']);
});

test('a forbidden socket is said, not thrown', async () => {
  FakeSocket.refusal = new Error('The operation is insecure.');
  await open();
  await reach(ready);
  expect(failures()).toEqual([t('viewer.socket_refused', { detail: 'The operation is insecure.' })]);
  expect(phase()).toBe('ended');
});

test('a noVNC that never loads is said after five seconds, and tried once more', async () => {
  vi.useFakeTimers();
  const load = vi.fn<LoadNovnc>(() => new Promise(() => {}));
  await open(load);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(failures()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await settle();
  expect(failures()).toEqual([t('viewer.not_loaded', { seconds: 5 })]);

  load.mockResolvedValue(fakeNovnc);
  await reach({ state: 'connecting', stage: 'dialing' });
  await reach(ready);
  expect(FakeRfb.all).toHaveLength(1);
});

test('where attaching fails, that is said', async () => {
  engine.refusals.set('attach', { code: 'system', detail: 'no session' });
  await open();
  expect(phase()).toBe('ended');
  expect(find('#reason')).toHaveTextContent('no session');
});

// ---- the toolbar

test('its buttons do what they say, and give the keyboard back', async () => {
  const rfb = await goLive();
  await userEvent.click(find('#ctrl-alt-del'));
  expect(rfb.sent.map(([, code, down]) => `${down ? '+' : '-'}${code}`)).toEqual([
    '+ControlLeft',
    '+AltLeft',
    '+Delete',
    '-Delete',
    '-AltLeft',
    '-ControlLeft',
  ]);
  await settle();
  expect(rfb.canvas).toHaveFocus();

  await userEvent.click(find('#scale'));
  await userEvent.click(screen.getByRole('menuitemradio', { name: t('viewer.scale_actual') }));
  expect(rfb.scaling).toBe('actual');
  await settle();
  expect(rfb.canvas).toHaveFocus();
  await userEvent.click(find('#view-only'));
  await settle();
  expect(rfb.viewOnly).toBe(true);
  await userEvent.click(find('#view-only'));
  await settle();
  expect(rfb.viewOnly).toBe(false);
  expect(engine.callsOf('set_view_only')).toEqual([[true], [false]]);
  await userEvent.click(find('#full-screen'));
  expect(engine.callsOf('set_fullscreen')).toEqual([[true]]);
  expect(find('#toast')).toHaveTextContent(/Ctrl\+Alt\+Shift\+F/);
  await settle();
  expect(rfb.canvas).toHaveFocus();
  const chord = { code: 'KeyF', ctrlKey: true, altKey: true, shiftKey: true, cancelable: true, bubbles: true };
  for (const on of [false, true]) {
    document.body.dispatchEvent(new KeyboardEvent('keydown', chord));
    await settle();
    expect(engine.callsOf('set_fullscreen').at(-1)).toEqual([on]);
  }

  await userEvent.click(find('#disconnect'));
  await settle();
  expect(engine.callsOf('close')).toHaveLength(1);
  expect(find('#ended h1')).toHaveTextContent(t('viewer.disconnected'));
  // The card has no button for leaving full screen.
  expect(engine.callsOf('set_fullscreen')).toEqual([[true], [false], [true], [false]]);
});

test('hides after two seconds, and comes back where the pointer rests at its place on the edge', async () => {
  vi.useFakeTimers();
  await open();
  await reach({ ...ready, protection: { ...ready.protection, level: 'encrypted' } });
  await draw();
  const toolbar = find('#toolbar');
  expect(toolbar).toHaveClass('shown');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(toolbar).not.toHaveClass('shown');
  const rest = async (clientX: number, clientY: number, ms = 300) => {
    window.dispatchEvent(new MouseEvent('pointermove', { clientX, clientY }));
    await vi.advanceTimersByTimeAsync(ms);
  };
  await rest(innerWidth / 2, 40);
  await rest(5, 0);
  await rest(innerWidth / 2, 0, 200);
  await rest(innerWidth / 2, 40);
  expect(toolbar, 'a pointer that goes by').not.toHaveClass('shown');
  await rest(innerWidth / 2, 0, 200);
  window.dispatchEvent(new MouseEvent('pointerdown', { clientX: innerWidth / 2 }));
  await vi.advanceTimersByTimeAsync(300);
  expect(toolbar, 'a click').not.toHaveClass('shown');
  await rest(innerWidth / 2, 0);
  expect(toolbar).toHaveClass('shown');
});

test('the toolbar moves to another edge, and its place is remembered', async () => {
  const item = (text: string) =>
    [...document.querySelectorAll('[role=menuitem]')].find((one) => one.textContent?.includes(text)) as Element;
  await goLive();
  await userEvent.click(find('#grip'));
  await userEvent.click(item('To the left'));
  expect(engine.callsOf('set_display').at(-1)).toMatchObject([{ toolbar: { edge: 'left', at: 0.5, handle: true } }]);
  expect(find('#toolbar')).toHaveAttribute('aria-orientation', 'vertical');
  await userEvent.click(find('#grip'));
  await userEvent.click(item('Hide its handle'));
  expect(document.querySelector('.handle')).toBeNull();
});

test('one chord leads to the toolbar and never to the remote machine; Escape leads back', async () => {
  const rfb = await goLive();
  const seen = vi.fn();
  rfb.canvas.addEventListener('keydown', seen);
  const chord = { key: 'T', code: 'KeyT', ctrlKey: true, altKey: true, shiftKey: true, bubbles: true };
  rfb.canvas.dispatchEvent(new KeyboardEvent('keydown', chord));
  expect(seen).not.toHaveBeenCalled();
  await settle();
  expect(find('#protection')).toHaveFocus();
  await userEvent.keyboard('{ArrowRight}');
  expect(find('#ctrl-alt-del')).toHaveFocus();
  await userEvent.keyboard('{ArrowLeft}{ArrowLeft}{ArrowLeft}');
  expect(find('#disconnect')).toHaveFocus();
  await userEvent.keyboard('{Escape}');
  await settle();
  expect(rfb.canvas).toHaveFocus();
});

test('keys that are down when the focus leaves the screen are let go', async () => {
  const rfb = await goLive();
  rfb.released = [];
  find('#disconnect').focus();
  expect(rfb.released).toEqual([false]);
});

test('keys that are down when it becomes view only are let go before', async () => {
  const rfb = await goLive();
  rfb.released = [];
  session.viewOnly = true;
  await settle();
  expect(rfb.released).toEqual([false]);
});

// ---- keys of the toolkit

const key: KeyNotice = {
  kind: 'press',
  keysym: 0xfe51,
  key: 13,
  down: true,
  caps_lock: false,
  num_lock: false,
  chord: false,
};
const sideButton: KeyNotice = { kind: 'side_button', forward: true, down: true, x: 5, y: 6 };

test('side buttons of the toolkit go to the screen', async () => {
  engine.givesKeys = true;
  const rfb = await goLive();
  await settle();
  engine.key(sideButton);
  expect(rfb.sideButtons).toEqual([[true, true]]);
});

test('a machine that takes movements only gets the mouse with a click, together with all keys', async () => {
  engine.givesKeys = true;
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  const rfb = await goLive();
  await settle();
  const press = () => find('#screen canvas').dispatchEvent(new MouseEvent('pointerdown', { bubbles: true }));
  press();
  expect(rfb.locked, 'no other machine does').toBe(false);
  rfb.emit('pointermode', { relative: true });
  await settle();
  expect(document.querySelector('#toast')?.textContent).toContain('Click into the screen');
  find('#screen canvas').focus();
  press();
  await settle();
  expect([rfb.locked, owners().at(-1)]).toEqual([true, 'grabbed']);
  engine.key({ kind: 'released' });
  await settle();
  expect([rfb.locked, owners().at(-1)]).toEqual([false, 'screen']);
  session.viewOnly = true;
  press();
  expect(rfb.locked).toBe(false);
});

test('the choice of screen, cursor and monitors is in the menu of sizes', async () => {
  engine.monitors = {
    sizes: [
      [1920, 1080],
      [1280, 1024],
    ],
    all: false,
    together: [[0, 1]],
    chosen: null,
  };
  const rfb = await goLive();
  rfb.emit('screens', twoScreens);
  find('#scale').click();
  await settle();
  const choose = async (label: string) => {
    if (!document.querySelector('[role=menu]')) find('#scale').click();
    await settle();
    const item = [...document.querySelectorAll<HTMLElement>('[role=menuitemradio]')].find((one) =>
      one.textContent.includes(label),
    );
    item?.click();
    await settle();
  };
  await choose('Remote screen 2');
  expect(rfb.shownScreen).toBe(2);
  await choose('Pointer: none');
  expect(rfb.cursor).toBe('nothing');
  await session.fullScreen.set(true);
  await choose('Full screen on all monitors');
  expect(session.display.monitors, 'this desktop cannot').toBe('own');
  await choose('Full screen on monitor 2');
  expect(session.display.monitors).toEqual({ one: 1 });
  await choose('Full screen on monitors 1, 2');
  expect(session.display.monitors).toEqual({ these: [0, 1] });
  // What was chosen with these monitors is remembered, and comes before what was chosen last with others.
  expect(engine.callsOf('choose_monitors')).toEqual([[{ one: 1 }], [{ these: [0, 1] }]]);
  await session.changeDisplay({ monitors: 'own' });
  expect(session.fullScreen.chosen).toEqual({ these: [0, 1] });
  expect(engine.callsOf('set_fullscreen')).toEqual([[true], [true], [true]]);
});

const owners = () => engine.callsOf('set_keyboard_owner').map(([owner]) => owner);

test('the toolkit’s keys are the remote machine’s while the screen has the keyboard', async () => {
  engine.givesKeys = true;
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  const rfb = await goLive();
  await settle();
  expect(owners().at(-1)).toBe('screen');
  engine.key(key);
  expect(rfb.taken).toEqual([[0xfe51, 'Equal', true]]);
  find('#disconnect').focus();
  await settle();
  expect(owners().at(-1)).toBe('page');
  rfb.canvas.focus();
  session.viewOnly = true;
  await settle();
  expect(owners().at(-1)).toBe('page');
});

test('what the input method of this computer has composed goes to the screen, where that was chosen', async () => {
  engine.givesKeys = true;
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  const rfb = await goLive();
  rfb.canvas.focus();
  await settle();
  expect(engine.callsOf('set_keyboard_owner').at(-1)).toEqual(['screen', false]);
  await session.changeDisplay({ composing: 'here' });
  await settle();
  expect(engine.callsOf('set_keyboard_owner').at(-1)).toEqual(['screen', true]);
  // Left to what is chosen for all machines, and that changes.
  await session.changeDisplay({ composing: null });
  await settle();
  expect(engine.callsOf('set_keyboard_owner').at(-1)).toEqual(['screen', false]);
  engine.session.composing_unchosen = 'here';
  engine.reach(engine.state);
  await settle();
  expect(engine.callsOf('set_keyboard_owner').at(-1)).toEqual(['screen', true]);
  engine.key({ kind: 'composed', text: '你é' });
  await vi.waitFor(() => expect(rfb.sent).toHaveLength(4));
  expect(rfb.sent.map(([keysym, , down]) => [keysym, down])).toEqual([
    [0x01004f60, true],
    [0x01004f60, false],
    [0xe9, true],
    [0xe9, false],
  ]);
});

test('where this desktop keeps its shortcuts, it is asked again with the focus or by the chord', async () => {
  engine.givesKeys = true;
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  await goLive();
  await session.fullScreen.set(true);
  await settle();
  engine.key({ kind: 'refused' });
  await settle();
  expect(owners().at(-1)).toBe('screen');
  expect(session.message).toContain('keeps its shortcuts');
  engine.key({ ...key, key: 34, chord: true });
  await settle();
  expect(owners().at(-1)).toBe('grabbed');
  engine.key({ kind: 'refused' });
  window.dispatchEvent(new Event('blur'));
  await settle();
  window.dispatchEvent(new Event('focus'));
  await settle();
  expect(owners().at(-1)).toBe('grabbed');
});

test('the shortcuts of this desktop go along in full screen, and come back by the chord', async () => {
  engine.givesKeys = true;
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  await goLive();
  await session.fullScreen.set(true);
  await settle();
  expect(owners().at(-1)).toBe('grabbed');
  expect(session.message).toContain('Ctrl+Alt+Shift+G');
  engine.key({ kind: 'released' });
  await settle();
  expect(owners().at(-1)).toBe('screen');
  window.dispatchEvent(new Event('blur'));
  await settle();
  expect(owners().at(-1)).toBe('page');
  window.dispatchEvent(new Event('focus'));
  engine.key({ ...key, key: 34, chord: true });
  await settle();
  expect(owners().at(-1)).toBe('grabbed');
  await session.fullScreen.set(false);
  await settle();
  expect(owners().at(-1)).toBe('screen');
  await session.changeDisplay({ grab: true });
  await settle();
  expect(owners().at(-1)).toBe('grabbed');
});

// ---- the clipboard

test('shares the clipboard once the server has spoken, and on focus only what is new', async () => {
  engine.clipboard = 'here';
  await open();
  await reach(ready);
  const rfb = FakeRfb.all[0] as FakeRfb;
  rfb.socket.arrive();
  rfb.read = () => rfb.emit('connect');
  rfb.socket.arrive();
  rfb.read = () => {};
  await settle();
  expect(engine.callsOf('read_clipboard')).toEqual([]);
  rfb.socket.arrive();
  await settle();
  expect(rfb.pasted).toEqual(['here']);
  rfb.socket.arrive();
  window.dispatchEvent(new Event('focus'));
  await settle();
  expect(rfb.pasted).toEqual(['here']);

  rfb.emit('clipboard', { text: 'there' });
  await settle();
  expect(engine.clipboard).toBe('there');
  window.dispatchEvent(new Event('focus'));
  await settle();
  expect(rfb.pasted).toEqual(['here']);

  engine.clipboard = 'new';
  window.dispatchEvent(new Event('focus'));
  await settle();
  expect(rfb.pasted).toEqual(['here', 'new']);
});

test('the panel shows the last text and sends what is typed', async () => {
  const rfb = await goLive();
  rfb.emit('clipboard', { text: 'there' });
  await userEvent.click(find('#clipboard'));
  const area = find<HTMLTextAreaElement>('#clipboard-text');
  expect(area).toHaveFocus();
  expect(area.value).toBe('there');
  expect(await violations()).toEqual([]);
  await userEvent.type(area, '!');
  expect(rfb.pasted).toEqual(['there!']);
  await userEvent.keyboard('{Escape}');
  await settle();
  expect(document.querySelector('#clipboard-panel')).toBeNull();
  expect(rfb.canvas).toHaveFocus();
});

test('nothing is copied with a machine that is not in the list until the user allows it', async () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  vi.useFakeTimers({ shouldAdvanceTime: true });
  Object.assign(engine.session, { saved: false, can_keep: true, clipboard_unchosen: 'off' });
  engine.clipboard = 'here';
  const rfb = await goLive(undefined, private_);
  rfb.socket.arrive();
  await settle();
  rfb.emit('clipboard', { text: 'there' });
  await settle();
  expect([engine.clipboard, rfb.pasted]).toEqual(['here', []]);
  expect(find('#toast')).toHaveTextContent(t('clipboard.offer_unlisted'));
  expect(await violations()).toEqual([]);

  // A click that was aimed at the screen is none for a button that has just come.
  await userEvent.click(screen.getByText(t('clipboard.allow')));
  expect(engine.callsOf('set_display')).toEqual([]);
  await vi.advanceTimersByTimeAsync(CONSENT_DELAY_MS);
  await userEvent.click(screen.getByText(t('clipboard.allow')));
  await settle();
  expect(engine.callsOf('set_display')).toMatchObject([[{ clipboard: 'both' }]]);
  expect(rfb.pasted).toEqual(['here']);
  expect(find('#toast')).toBeEmptyDOMElement();
  rfb.emit('clipboard', { text: 'next' });
  await settle();
  expect(engine.clipboard).toBe('next');
});

test('copying is offered once, and by a key that pastes too', async () => {
  engine.session.clipboard_unchosen = 'off';
  engine.givesKeys = true;
  const rfb = await goLive();
  const press = (keysym: number, number: number) => engine.key({ ...key, keysym, key: number });
  press(0xffe3, 29);
  press(0x76, 47);
  await settle();
  expect(find('#toast')).toHaveTextContent(t('clipboard.offer_readable'));
  await vi.waitFor(() => expect(rfb.taken.map(([, code]) => code)).toEqual(['ControlLeft', 'KeyV']));
  session.dismissMessage();
  press(0x76, 47);
  await settle();
  expect(find('#toast')).toBeEmptyDOMElement();
});

test('where the user has turned copying off, nothing is offered', async () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  engine.session.display = { ...engine.session.display, clipboard: 'off' };
  const rfb = await goLive();
  rfb.emit('clipboard', { text: 'there' });
  await settle();
  expect([engine.clipboard, find('#toast').textContent.trim()]).toEqual([null, '']);
});

test('the panel says why nothing is copied, and has the choice of either way', async () => {
  engine.session.clipboard_unchosen = 'off';
  const rfb = await goLive();
  await userEvent.click(find('#clipboard'));
  expect(find('#clipboard-off')).toHaveTextContent(t('clipboard.off_readable'));
  const boxes = () => ['sends', 'receives'].map((way) => find<HTMLInputElement>(`#clipboard-${way}`).checked);
  expect(boxes()).toEqual([false, false]);
  expect(await violations()).toEqual([]);
  await userEvent.click(find('#clipboard-receives'));
  expect(document.querySelector('#clipboard-off')).toBeNull();
  expect(boxes()).toEqual([false, true]);
  await userEvent.click(find('#clipboard-sends'));
  const before = rfb.withheld;
  await userEvent.click(find('#clipboard-sends'));
  const chosen = engine.callsOf('set_display').map(([display]) => (display as Display).clipboard);
  expect(chosen).toEqual(['from_server', 'both', 'from_server']);
  await userEvent.click(find('#clipboard-as-for-all'));
  expect(engine.callsOf('set_display').at(-1)).toEqual([expect.objectContaining({ clipboard: null })]);
  expect(document.querySelector('#clipboard-as-for-all')).toBeNull();
  expect(rfb.withheld).toBeGreaterThan(before);

  Object.assign(engine.session, { clipboard_unchosen: 'off', display: { ...engine.session.display, clipboard: null } });
  await reach({ state: 'live' });
  await userEvent.click(find('#clipboard-allow'));
  expect(boxes()).toEqual([true, true]);
  expect(find('#clipboard-text')).toHaveFocus();
});

test('the panel says which letters are lost, and that an image is not copied', async () => {
  engine.clipboardImage = true;
  const rfb = await goLive();
  rfb.emit('letterslost', { letters: '光' });
  await settle();
  expect(find('#toast')).toHaveTextContent('光');
  session.dismissMessage();
  await userEvent.click(find('#clipboard'));
  await settle();
  expect(find('#clipboard-lost')).toHaveTextContent('光');
  expect(find('#clipboard-image')).toHaveTextContent(t('clipboard.image'));
  expect(await violations()).toEqual([]);
  // From then on only the panel says it.
  rfb.emit('letterslost', { letters: '🙂' });
  await settle();
  expect(find('#toast')).toBeEmptyDOMElement();
  rfb.emit('letterslost', { letters: '' });
  await settle();
  expect(document.querySelector('#clipboard-lost')).toBeNull();
});

test('a clipboard that cannot be written is said', async () => {
  const rfb = await goLive();
  engine.refusals.set('write_clipboard', { code: 'system', detail: 'no display' });
  rfb.emit('clipboard', { text: 'there' });
  await settle();
  expect(find('#toast')).toHaveTextContent('no display');
});

// ---- a server that does not answer

test('says that the server does not answer, and that keys wait, until it answers', async () => {
  const rfb = await goLive();
  const silence = async (seconds: number) => {
    rfb.emit('silence', { seconds });
    await settle();
    return find('#silence').textContent?.trim();
  };
  expect(find('#silence')).toBeEmptyDOMElement();
  expect(await silence(5)).toBe('No answer for 5 s.');
  expect(await silence(6)).toBe(`No answer for 6 s. ${t('viewer.keys_wait')}`);
  expect(await violations()).toEqual([]);
  // Nothing is offered before a minute is over; then the old connection ends, and a new one begins.
  await silence(59);
  expect(document.querySelector('#again-from-silence')).toBeNull();
  await silence(60);
  expect(await violations()).toEqual([]);
  await userEvent.click(find('#again-from-silence'));
  expect(engine.callsOf('reconnect')).toHaveLength(1);
  engine.session.called = true;
  await reach({ state: 'live' });
  await silence(60);
  expect(document.querySelector('#again-from-silence')).toBeNull();
  expect(await silence(0)).toBe('');

  await silence(5);
  await reach({ state: 'reconnecting', error: lost, seconds: 1 });
  expect(find('#silence')).toBeEmptyDOMElement();
});
