// What was open when Portlight ended, and files that come while something else has the window.

import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { t } from '../i18n';
import { backend as current, reset } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import HostsWindow from './HostsWindow.svelte';

let backend: FakeBackend = current;
const user = userEvent.setup();

beforeEach(() => {
  backend = reset();
});
afterEach(cleanup);

const byId = (id: string) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return found;
};

describe('machines that were open', () => {
  beforeEach(() => {
    backend.leftOpen = [
      { name: 'Studio', address: 'studio.example:5901' },
      { name: '192.0.2.7', address: '192.0.2.7' },
      { name: 'Rack', address: 'rack.example' },
    ];
  });

  it('are opened again, those that are wanted, and by Enter all', async () => {
    render(HostsWindow);
    await screen.findByText(t('reopen.text', { count: 3 }));
    expect((await axe.run(byId('reopen'), { rules: { 'color-contrast': { enabled: false } } })).violations).toEqual([]);
    expect(byId('reopen-open')).toHaveFocus();
    await user.click(byId('reopen-1'));
    await user.click(byId('reopen-open'));
    await waitFor(() => expect(backend.callsOf('reopen')).toEqual([[[0, 2], false]]));
    expect(document.getElementById('reopen')).toBeNull();
  });

  it('stay closed each time where that is wanted, and are asked about again where nothing is answered', async () => {
    render(HostsWindow);
    await screen.findByText(t('reopen.title'));
    await user.click(byId('reopen-always'));
    await user.click(byId('reopen-none'));
    await waitFor(() => expect(backend.callsOf('reopen')).toEqual([[[], true]]));
    cleanup();
    backend = reset();
    backend.leftOpen = [{ name: 'Studio', address: 'studio.example' }];
    render(HostsWindow);
    await screen.findByText(t('reopen.title'));
    byId('reopen').dispatchEvent(new Event('cancel', { cancelable: true }));
    await waitFor(() => expect(document.getElementById('reopen')).toBeNull());
    expect(backend.callsOf('reopen')).toEqual([]);
  });
});

it('files that are opened while a form is open wait until it is closed', async () => {
  render(HostsWindow);
  await waitFor(() => expect(document.getElementById('add-host')).not.toBeNull());
  await user.click(byId('add-host'));
  await waitFor(() => expect(document.getElementById('editor')).not.toBeNull());
  backend.wish({ wish: 'import', preview: { number: 7, files: [], entries: [] } });
  await waitFor(() => expect(backend.wishes).toEqual([]));
  expect(document.getElementById('import')).toBeNull();
  await user.keyboard('{Escape}');
  await waitFor(() => expect(document.getElementById('import')).not.toBeNull());
  expect(backend.callsOf('leave_import')).toEqual([]);
});

describe('the hotkey', () => {
  it('is what is pressed next, and the desktop’s answer is said', async () => {
    render(HostsWindow);
    await user.keyboard('{Control>},{/Control}');
    await waitFor(() => expect(document.querySelector<HTMLButtonElement>('#hotkey')?.disabled).toBe(false));
    await user.click(byId('hotkey'));
    await user.keyboard('p');
    expect(screen.getByText(t('hotkey.typed'))).toBeVisible();
    backend.hotkey = { hotkey: 'taken' };
    await user.keyboard('{Control>}{Alt>}p{/Alt}{/Control}');
    await waitFor(() => expect(backend.preferences.hotkey).toBe('Ctrl+Alt+P'));
    expect(await screen.findByText(t('hotkey.taken'))).toBeVisible();
    backend.hotkey = { hotkey: 'held', keys: 'Press Super+P' };
    backend.hotkeyChanged.forEach((listener) => listener());
    expect(await screen.findByText(t('hotkey.desktop', { keys: 'Press Super+P' }))).toBeVisible();
    await user.click(byId('hotkey-off'));
    await waitFor(() => expect(backend.preferences.hotkey).toBeNull());
  });

  it('is left as it is by Escape, which closes nothing else', async () => {
    render(HostsWindow);
    await user.keyboard('{Control>},{/Control}');
    await waitFor(() => expect(document.querySelector<HTMLButtonElement>('#hotkey')?.disabled).toBe(false));
    await user.click(byId('hotkey'));
    await user.keyboard('{Escape}');
    expect(byId('hotkey')).toHaveTextContent(t('hotkey.choose'));
    expect(document.getElementById('settings')).not.toBeNull();
    expect(backend.callsOf('set_preferences')).toEqual([]);
  });
});
