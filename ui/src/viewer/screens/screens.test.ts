// Each of a machine's screens in a window of its own, with the fake backend and a fake noVNC.

import { expect, test, vi } from 'vitest';
import { t } from '../../i18n';
import type { Display } from '../../ipc/bindings/Display';
import type { EngineError } from '../../ipc/bindings/EngineError';
import { backend as engine } from '../../ipc/fake';
import type { FakeRfb } from '../novnc/fake';
import type { Session } from '../session.svelte';
import { draw, find, open, reach, ready, setUpViewer, settle, twoScreens } from '../testSetup';

setUpViewer();

let session: Session;
let opened: { url: string; there: Window }[];

async function goLive(): Promise<FakeRfb> {
  opened = [];
  vi.spyOn(window, 'open').mockImplementation((url) => {
    // This environment has no window of the same page's; events do not reach this one from its document.
    const there = Object.assign(new EventTarget(), {
      document: document.implementation.createHTMLDocument(),
      ...{ innerWidth: 800, innerHeight: 600, devicePixelRatio: 1, performance },
      ...{ requestAnimationFrame, cancelAnimationFrame },
    }) as unknown as Window;
    opened.push({ url: String(url), there });
    return there;
  });
  session = await open();
  await reach(ready);
  const rfb = await draw();
  rfb.emit('screensize', { width: 1440, height: 600 });
  rfb.emit('screens', twoScreens);
  return rfb;
}

async function takeApart(): Promise<Window> {
  find('#scale').click();
  await settle();
  const items = [...document.querySelectorAll<HTMLElement>('[role=menuitemradio]')];
  items.find((item) => item.textContent.includes(t('screens.apart')))?.click();
  await settle();
  return opened[0]?.there as Window;
}

const lost: EngineError = { code: 'connection_lost', address: 'studio.local', detail: 'reset' };

test('the first screen stays, and the second one has a window', async () => {
  const rfb = await goLive();
  const there = await takeApart();
  expect(opened.map(({ url }) => url)).toEqual(['about:blank#2-800x600']);
  expect([rfb.shownScreen, rfb.mirrored]).toEqual([1, [2]]);
  expect(there.document.title).toBe('Studio: screen 2');
  // This window keeps fitting what it shows.
  expect(engine.callsOf('screen_sized')).toEqual([[640, 480]]);
  session.screens.takeApart();
  expect(opened).toHaveLength(1);
});

test('what is done there goes through the session’s own screen', async () => {
  const rfb = await goLive();
  const there = await takeApart();
  const canvas = there.document.querySelector('canvas') as HTMLCanvasElement;
  canvas.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));
  there.dispatchEvent(new MouseEvent('mouseup'));
  canvas.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyA', bubbles: true }));
  expect(rfb.done).toEqual(['mousedown', 'mouseup', 'keydown KeyA']);
  // The session's own keys are the same there.
  const chord = { code: 'KeyI', ctrlKey: true, altKey: true, shiftKey: true };
  there.dispatchEvent(new KeyboardEvent('keydown', { ...chord, cancelable: true }));
  expect([session.infoShown, rfb.done]).toEqual([true, ['mousedown', 'mouseup', 'keydown KeyA']]);
});

test('a window that goes, however it goes, is no more counted', async () => {
  const rfb = await goLive();
  let there = await takeApart();
  there.dispatchEvent(new Event('pagehide'));
  await settle();
  expect([rfb.shownScreen, rfb.mirrored, engine.callsOf('close_screen')]).toEqual([null, [], []]);
  await takeApart();
  rfb.emit('screens', twoScreens.slice(0, 1));
  await settle();
  expect([rfb.mirrored, engine.callsOf('close_screen')]).toEqual([[], [[2]]]);
  opened = [];
  rfb.emit('screens', twoScreens);
  await settle();
  there = opened[0]?.there as Window;
  (there.document.querySelector('#close') as HTMLElement).click();
  await settle();
  expect(engine.callsOf('close_screen')).toEqual([[2], [2]]);
});

test('that they were apart is remembered with the machine, until the user has them together again', async () => {
  const apart = () => engine.callsOf('set_display').map(([display]) => (display as Display).apart);
  engine.session.display = { ...engine.session.display, apart: true };
  const rfb = await goLive();
  await settle();
  expect(opened.map(({ url }) => url)).toEqual(['about:blank#2-800x600']);
  expect([rfb.mirrored, apart()]).toEqual([[2], []]);
  // A screen that is away for a while, and an end, are no choice.
  rfb.emit('screens', twoScreens.slice(0, 1));
  await settle();
  rfb.emit('screens', twoScreens);
  await settle();
  expect([opened.length, apart()]).toEqual([2, []]);
  await reach({ state: 'ended', error: lost });
  expect(apart()).toEqual([]);
  await reach(ready);
  const next = await draw();
  next.emit('screens', twoScreens);
  await settle();
  expect([opened.length, apart()]).toEqual([3, []]);
  opened[2]?.there.dispatchEvent(new Event('pagehide'));
  await settle();
  expect(apart()).toEqual([false]);
  await takeApart();
  expect(apart()).toEqual([false, true]);
  // They close together with this window.
  session.leaving = true;
  opened[3]?.there.dispatchEvent(new Event('pagehide'));
  await settle();
  expect(apart()).toEqual([false, true]);
});

test('they stay while the session connects again, and close with it', async () => {
  await goLive();
  const there = await takeApart();
  await reach({ state: 'reconnecting', error: lost, seconds: 2 });
  expect(there.document.body.textContent).toContain(t('reconnecting.title'));
  await reach(ready);
  const rfb = await draw();
  expect(rfb.mirrored).toEqual([2]);
  await reach({ state: 'ended', error: lost });
  expect(engine.callsOf('close_screen')).toEqual([[2]]);
});
