// The mark of protection in the toolbar, and what is behind it.

import { userEvent } from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { t } from '../../i18n';
import type { Level } from '../../ipc/bindings/Level';
import type { Protection } from '../../ipc/bindings/Protection';
import { backend as engine } from '../../ipc/fake';
import { certificate } from '../../ipc/fixtures';
import { violations, draw, find, open, reach, ready, setUpViewer, settle } from '../testSetup';

setUpViewer();

async function goLive(facts: Partial<Protection>) {
  await open();
  await reach({ ...ready, protection: { ...ready.protection, ...facts } });
  return draw();
}

test.each<[Level, boolean, string, string]>([
  ['identified', false, 'identified and encrypted', 'good'],
  ['identified', true, 'identified and encrypted', 'good'],
  ['encrypted', false, 'encrypted, server not identified', 'plain'],
  ['encrypted', true, 'encrypted, server not identified', 'plain'],
  ['password', false, 'not encrypted', 'careful'],
  ['clear', false, 'not encrypted', 'careful'],
  ['password', true, 'not encrypted, stays on this computer', 'plain'],
  ['clear', true, 'not encrypted, stays on this computer', 'plain'],
])('%s, local %s: %s', async (level, local, words, tone) => {
  await goLive({ level, local });
  const mark = find('#toolbar #protection');
  expect(mark.textContent.trim()).toBe(words);
  expect(mark).toHaveClass(tone);
  expect(mark).toHaveAccessibleName(`Protection: ${words}`);
  expect(mark).toHaveAttribute('data-level', level);
});

test('its details open and close by mouse and by keyboard, and give the keyboard back', async () => {
  const rfb = await goLive({
    level: 'identified',
    security_type: 'X509Vnc',
    tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
    identity: certificate,
  });
  await userEvent.click(find('#protection'));
  const panel = find('#protection-panel');
  expect(panel).toHaveFocus();
  expect(find('#protection')).toHaveAttribute('aria-expanded', 'true');
  for (const words of ['X509Vnc', 'TLSv1.3 TLS_AES_256_GCM_SHA384', certificate.subject, t('meaning.identified')])
    expect(panel).toHaveTextContent(words);
  expect(document.querySelector('#password-unasked')).toBeNull();
  expect(await violations()).toEqual([]);
  await userEvent.click(find(`[aria-label="${t('identity.copy', { what: t('identity.certificate') })}"]`));
  expect(engine.clipboard).toBe(certificate.sha256);

  await userEvent.keyboard('{Escape}');
  await settle();
  expect(document.querySelector('#protection-panel')).toBeNull();
  expect(rfb.canvas).toHaveFocus();

  rfb.canvas.dispatchEvent(
    new KeyboardEvent('keydown', {
      key: 'T',
      code: 'KeyT',
      ctrlKey: true,
      altKey: true,
      shiftKey: true,
      bubbles: true,
    }),
  );
  expect(find('#protection')).toHaveFocus();
  await userEvent.keyboard('{Enter}');
  expect(find('#protection-panel')).toHaveFocus();
  await userEvent.click(find('#clipboard'));
  expect(document.querySelector('#protection-panel')).toBeNull();
  expect(find('#clipboard-panel')).toBeVisible();
  await userEvent.click(find('#protection'));
  await userEvent.click(find('#protection'));
  await settle();
  expect(document.querySelector('[role=dialog]')).toBeNull();
});

test('TLS to a website in front of the machine is in the details', async () => {
  await goLive({ site_tls: 'TLSv1.1 AES128-SHA', site_old: ['version'] });
  await userEvent.click(find('#protection'));
  expect(find('#site-tls')).toHaveTextContent('TLSv1.1 AES128-SHA');
  expect(find('#protection-panel .old')).toHaveTextContent(t('viewer.site_old_tls.version'));
});

test('how SASL was used, and what is old about TLS, is in the details', async () => {
  await goLive({
    level: 'encrypted',
    security_type: 'X509SASL',
    mechanism: 'SCRAM-SHA-256',
    old: ['version', 'signature'],
  });
  await userEvent.click(find('#protection'));
  const panel = find('#protection-panel');
  for (const words of ['X509SASL', 'SCRAM-SHA-256', t('viewer.old_tls.version'), t('viewer.old_tls.signature')])
    expect(panel).toHaveTextContent(words);
  expect(await violations()).toEqual([]);
});

test('the panel goes when the screen is clicked', async () => {
  const rfb = await goLive({});
  await userEvent.click(find('#protection'));
  await userEvent.click(rfb.canvas);
  expect(document.querySelector('#protection-panel')).toBeNull();
});

test('a saved password that the server did not ask for is mentioned', async () => {
  await goLive({ level: 'clear', security_type: 'None', password_unasked: true });
  await userEvent.click(find('#protection'));
  expect(find('#password-unasked')).toHaveTextContent(t('viewer.password_unasked'));
  expect(await violations()).toEqual([]);
});

test('the details say what the mark leaves out: only the password is not sent readably', async () => {
  await goLive({ level: 'password' });
  await userEvent.click(find('#protection'));
  expect(find('#protection-panel [data-level]')).toHaveTextContent(t('level.password'));
  expect(find('#protection-meaning')).toHaveTextContent(t('meaning.password'));
});

test('a session that stays on this computer has no warning', async () => {
  await goLive({ level: 'clear', local: true });
  await userEvent.click(find('#protection'));
  expect(find('#protection-meaning')).toHaveTextContent(t('meaning.local'));
});

test.each([
  ['clear', false, 5_000],
  ['clear', true, 2_000],
  ['identified', false, 2_000],
] as const)('the toolbar stays long enough to be read: %s, local %s, %i ms', async (level, local, ms) => {
  vi.useFakeTimers();
  await goLive({ level, local });
  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(find('#toolbar')).toHaveClass('shown');
  await vi.advanceTimersByTimeAsync(1);
  expect(find('#toolbar')).not.toHaveClass('shown');
});

test('another session has its own mark', async () => {
  await goLive({ level: 'identified' });
  await reach({ state: 'ended', error: null });
  await reach({ ...ready, url: 'ws://127.0.0.1:4000/other' });
  await draw();
  expect(find('#protection')).toHaveTextContent('not encrypted');
});
