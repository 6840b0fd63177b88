// What the viewer window makes of the server's messages, with the fake backend and a fake noVNC.

import { expect, test, vi } from 'vitest';
import { t } from '../i18n';
import { backend as engine } from '../ipc/fake';
import { BELL_PAUSE_MS } from './bell';
import { ScreenTooLarge } from './novnc/screenSize';
import { draw, find, open, phase, reach, ready, setUpViewer, settle } from './testSetup';

setUpViewer();

async function goLive() {
  await open();
  await reach(ready);
  return draw();
}

test('a bell rings at once, and again only after a pause', async () => {
  const rfb = await goLive();
  vi.useFakeTimers();
  rfb.emit('bell');
  expect(engine.callsOf('ring')).toHaveLength(1);
  for (let bells = 0; bells < 5_000; bells++) rfb.emit('bell');
  expect(engine.callsOf('ring')).toHaveLength(1);
  vi.advanceTimersByTime(BELL_PAUSE_MS);
  rfb.emit('bell');
  expect(engine.callsOf('ring')).toHaveLength(2);
});

test('a bell that cannot be rung is no message', async () => {
  const rfb = await goLive();
  engine.refusals.set('ring', { code: 'system', detail: 'no sound' });
  rfb.emit('bell');
  await settle();
  expect(find('#toast')).not.toHaveTextContent('sound');
});

test('texts that are too large are told of', async () => {
  const rfb = await goLive();
  rfb.emit('texttoolarge', { from: 'server', bytes: 48_000_000, limit: 16_000_000 });
  await settle();
  expect(document.body).toHaveTextContent(t('viewer.text_not_received', { size: '48 MB' }));
  rfb.emit('texttoolarge', { from: 'here', bytes: 300_001, limit: 262_144 });
  await settle();
  expect(document.body).toHaveTextContent(t('viewer.text_not_sent', { size: '300 kB', limit: '262 kB' }));
});

test.each([
  ['while it reads', (rfb: Awaited<ReturnType<typeof draw>>) => rfb.socket.arrive()],
  [
    'where it continues reading later',
    () => window.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason: new ScreenTooLarge(9, 8) })),
  ],
])('a screen that is too large ends the session with its size, %s', async (_when, happens) => {
  const rfb = await goLive();
  rfb.read = () => {
    throw new ScreenTooLarge(9, 8);
  };
  happens(rfb);
  await settle();
  expect(engine.callsOf('screen_too_large')).toEqual([[9, 8]]);
  expect(engine.callsOf('viewer_failed')).toEqual([]);
  expect(phase()).toBe('ended');
  expect(find('#reason')).toHaveTextContent(t('error.screen_too_large', { width: 9, height: 8 }));
});
