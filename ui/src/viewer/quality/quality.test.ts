// Quality and figures in the viewer window, with the fake backend and a fake noVNC.

import { userEvent } from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { t } from '../../i18n';
import { backend } from '../../ipc/fake';
import { draw, find, open, reach, ready, settle, setUpViewer, violations } from '../testSetup';

setUpViewer();

const slow = { bytes: 100_000, ms: 800, atLeast: false };

async function goLive() {
  const session = await open();
  await reach(ready);
  return { session, rfb: await draw() };
}

async function choose(label: string) {
  await userEvent.click(find('#quality'));
  const item = [...document.querySelectorAll<HTMLElement>('[role^=menuitem]')].find((one) =>
    one.textContent.includes(label),
  );
  await userEvent.click(item as HTMLElement);
  await settle();
}

test('automatic follows what is measured, a fixed quality does not', async () => {
  const { rfb } = await goLive();
  expect([rfb.qualityLevel, rfb.compressionLevel]).toEqual([6, 2]);
  for (let times = 0; times < 3; times++) rfb.transferred(slow, 0);
  await settle();
  expect([rfb.qualityLevel, rfb.compressionLevel, rfb.refreshed]).toEqual([2, 6, 0]);

  await choose(t('quality.best'));
  expect([rfb.qualityLevel, rfb.compressionLevel]).toEqual([9, 2]);
  expect(backend.callsOf('set_display').at(-1)).toMatchObject([{ quality: 'best' }]);
  // What is seen already gets better, too.
  expect(rfb.refreshed).toBe(1);
  for (let times = 0; times < 30; times++) rfb.transferred(slow, 0);
  await settle();
  expect(rfb.qualityLevel).toBe(9);
});

test('another choice in the window asks for no picture', async () => {
  const { session, rfb } = await goLive();
  await session.changeDisplay({ scaling: 'actual' });
  await settle();
  expect(rfb.refreshed).toBe(0);
});

test('what the connection does is counted only while it is shown', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { session, rfb } = await goLive();
  expect(rfb.watched).toBe(0);
  const chord = { ctrlKey: true, altKey: true, shiftKey: true, code: 'KeyI', bubbles: true };
  window.dispatchEvent(new KeyboardEvent('keydown', chord));
  await settle();
  expect(rfb.watched).toBe(1);
  expect(find('#bound')).toHaveTextContent(t('info.measuring'));
  session.screenSized({ width: 800, height: 600 });
  const encodings = new Map([['Tight JPEG', { rectangles: 1, bytes: 9000 }]]);
  rfb.counts = { ...rfb.counts, at: 1000, received: 12_000, updates: 20, waiting: 900, answer: 48, encodings };
  await vi.advanceTimersByTimeAsync(1000);
  expect(find('#bound')).toHaveTextContent(t('info.bound_network'));
  expect(find('#info-updates')).toHaveTextContent('20/s');
  expect(find('#info-received')).toHaveTextContent('12 kB/s');
  expect(find('#info-answer')).toHaveTextContent('48 ms');
  expect(find('#info-encodings')).toHaveTextContent('Tight JPEG');
  expect(find('#info-encodings')).toHaveTextContent('100% of bytes, 1 rectangle');
  expect(find('#info')).toHaveTextContent('800 × 600');
  vi.useRealTimers();
  expect(await violations()).toEqual([]);
  window.dispatchEvent(new KeyboardEvent('keydown', chord));
  await settle();
  expect(rfb.watched).toBe(0);
  expect(document.querySelector('#info')).toBeNull();
});
