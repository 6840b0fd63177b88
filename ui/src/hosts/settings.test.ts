// What the user prefers for all machines, and its keys.

import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorText, t } from '../i18n';
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

async function choose(item: string) {
  await user.click(byId('window-menu'));
  await user.click(await screen.findByRole('menuitem', { name: (name) => name.startsWith(item) }));
}

describe('settings', () => {
  it('are in force at once, and stay as they were where they cannot be saved', async () => {
    render(HostsWindow);
    await choose(t('settings.open'));
    const flash = await screen.findByRole<HTMLInputElement>('radio', { name: t('settings.bell.flash') });
    await user.click(flash);
    await waitFor(() => expect(backend.preferences).toMatchObject({ bell: 'flash', order: 'name' }));
    const full = { code: 'system', detail: 'disk full' } as const;
    backend.refusals.set('set_preferences', full);
    await user.click(screen.getByRole('radio', { name: t('settings.bell.nothing') }));
    expect(await screen.findByText(errorText(full))).toBeVisible();
    await waitFor(() => expect(flash).toBeChecked());
  });

  it('have a password command, which is checked when it is left', async () => {
    render(HostsWindow);
    await choose(t('settings.open'));
    const command = await screen.findByRole('textbox', { name: t('settings.password_command') });
    await waitFor(() => expect(command).toBeEnabled());
    await user.type(command, 'pass show vnc/%h');
    await user.tab();
    await waitFor(() => expect(backend.preferences.password_command).toBe('pass show vnc/%h'));
    const wrong = { code: 'fields', fields: [{ field: 'password_command', problem: 'quotes' }] } as const;
    backend.refusals.set('set_preferences', { ...wrong, fields: [...wrong.fields] });
    await user.type(command, "'");
    await user.tab();
    await waitFor(() => expect(command).toBeInvalid());
    expect(screen.getByText(t('problem.password_command.quotes'))).toBeVisible();
    expect(command).toHaveValue("pass show vnc/%h'");
  });

  it('are searched, whatever part they are in', async () => {
    render(HostsWindow);
    await user.keyboard('{Control>},{/Control}');
    const search = await screen.findByRole('textbox', { name: t('settings.search') });
    const groups = () =>
      [...document.querySelectorAll('#settings section:not([hidden])')].map(
        (group) => group.ariaLabel ?? group.querySelector('h2')?.textContent,
      );
    await waitFor(() => expect(groups()).toHaveLength(7));
    await user.type(search, 'BELL flash');
    await waitFor(() => expect(groups()).toEqual([t('settings.group.machines')]));
    expect(byId('bell')).toBeVisible();
    expect(byId('scaling')).not.toBeVisible();
    await user.clear(search);
    await user.type(search, 'Ctrl+Alt+Shift+G');
    await waitFor(() => expect(groups()).toEqual([t('settings.group.keys')]));
    const shown = [...document.querySelectorAll<HTMLElement>('#settings dl > div')].filter(({ hidden }) => !hidden);
    expect(shown.map(({ firstElementChild }) => firstElementChild?.textContent)).toEqual([t('viewer.send_shortcuts')]);
    await user.clear(search);
    // What a title says is said of each of its settings.
    await user.type(search, `${t('settings.group.looks')} 简体`);
    await waitFor(() => expect(groups()).toEqual([t('settings.group.looks')]));
    expect(byId('language')).toBeVisible();
    expect(byId('theme')).not.toBeVisible();
    await user.type(search, ' nowhere');
    expect(await screen.findByText(t('settings.none'))).toBeVisible();
  });

  it('hold for all machines: language, colours, size, quality and copying', async () => {
    render(HostsWindow);
    await choose(t('settings.open'));
    await screen.findByRole('radio', { name: '简体中文' });
    for (const [group, name] of [
      ['language', '简体中文'],
      ['theme', t('settings.theme.dark')],
      ['scaling', t('viewer.scale_actual')],
      ['default-quality', t('quality.good')],
      ['default-clipboard', t('settings.clipboard.off')],
      ['on-close', t('settings.on_close.quit')],
    ] as const) {
      await user.click(within(byId(group)).getByRole('radio', { name }));
    }
    const chosen = {
      language: 'zh-CN',
      theme: 'dark',
      scaling: 'actual',
      quality: 'good',
      clipboard: 'off',
      on_close: 'quit',
    };
    await waitFor(() => expect(backend.preferences).toMatchObject(chosen));
  });

  it('are reset after a question, and the list is shown as it was at first', async () => {
    backend.preferences = { ...backend.preferences, bell: 'flash', order: 'tag' };
    render(HostsWindow);
    await choose(t('settings.open'));
    await waitFor(() => expect(byId('bell')).toBeEnabled());
    await user.click(byId('reset-settings'));
    await user.click(byId('reset-leave'));
    expect(backend.callsOf('reset_preferences')).toEqual([]);
    await user.click(byId('reset-settings'));
    await user.click(byId('reset-act'));
    await waitFor(() => expect(screen.getByRole('radio', { name: t('settings.bell.sound') })).toBeChecked());
    await user.click(byId('export-settings'));
    await waitFor(() => expect(backend.callsOf('export_preferences')).toHaveLength(1));
  });

  it('are imported once it was seen what would change, and put back', async () => {
    backend.preferences = { ...backend.preferences, password_command: 'pass show %h' };
    const { preferences: before } = backend;
    const imported = {
      ...before,
      theme: 'dark',
      scaling: { percent: 150 },
      nearby: 'off',
      hotkey: 'Ctrl+Alt+P',
      tags: [{ tag: 'prod', frame: 'red', view_only: true, ask_lines: false }],
    } as const;
    backend.foundPreferences = {
      preferences: { ...imported, tags: [...imported.tags] },
      password_command: 'curl https://files.example',
      left_out: ['bell', 'telepathy'],
    };
    render(HostsWindow);
    await choose(t('settings.open'));
    await waitFor(() => expect(byId('import-settings')).toBeEnabled());
    expect(document.getElementById('put-back-settings')).toBeNull();
    await user.click(byId('import-settings'));
    const dialog = await screen.findByRole('dialog', { name: t('settings.import_title') });
    const rows = within(dialog)
      .getAllByRole('row')
      .map((row) => [...row.children].map((cell) => cell.textContent));
    expect(rows.slice(1)).toEqual([
      [t('settings.theme'), t('settings.theme.system'), t('settings.theme.dark')],
      [t('viewer.scaling'), t('viewer.scale'), t('viewer.scale_percent', { percent: 150 })],
      [
        t('caution.tags'),
        t('settings.nothing'),
        `prod (${t('caution.frame')}: ${t('colour.red')}; ${t('editor.view_only')})`,
      ],
      [t('settings.nearby'), t('settings.on'), t('settings.off')],
      [t('hotkey.label'), t('settings.nothing'), 'Ctrl+Alt+P'],
    ]);
    expect(within(dialog).getByText('curl https://files.example')).toBeVisible();
    const names = `${t('settings.bell')}, telepathy`;
    expect(within(dialog).getByText(t('settings.import_left_out', { names }))).toBeVisible();
    expect((await axe.run(dialog, { rules: { 'color-contrast': { enabled: false } } })).violations).toEqual([]);
    expect(byId('import-settings-leave')).toHaveFocus();
    await user.click(byId('import-settings-leave'));
    expect(backend.callsOf('import_preferences')).toEqual([]);

    await user.click(byId('import-settings'));
    await user.click(await screen.findByRole('button', { name: t('settings.import_act') }));
    await waitFor(() => expect(backend.preferences).toMatchObject({ ...imported, password_command: 'pass show %h' }));
    await waitFor(() => expect(screen.getByRole('radio', { name: t('settings.theme.dark') })).toBeChecked());
    await user.click(byId('put-back-settings'));
    await waitFor(() => expect(backend.preferences).toEqual(before));
    await waitFor(() => expect(document.getElementById('put-back-settings')).toBeNull());

    backend.foundPreferences = { preferences: before, password_command: null, left_out: [] };
    await user.click(byId('import-settings'));
    expect(await screen.findByText(t('settings.import_same'))).toBeVisible();
    expect(document.getElementById('import-settings-act')).toBeNull();
    await user.click(byId('import-settings-leave'));
    const wrong = { code: 'no_settings', path: '/home/ann/hosts.json' } as const;
    backend.refusals.set('preview_preferences', wrong);
    await user.click(byId('import-settings'));
    expect(await screen.findByText(errorText(wrong))).toBeVisible();
  });

  it('are shown where a viewer’s keys ask for them, and a form stays beside the help', async () => {
    backend.wishes = [{ wish: 'settings' }];
    render(HostsWindow);
    await waitFor(() => expect(document.getElementById('settings')).not.toBeNull());
    expect((await axe.run(byId('settings'), { rules: { 'color-contrast': { enabled: false } } })).violations).toEqual(
      [],
    );
    await user.click(byId('close-settings'));
    await user.keyboard('{Control>}w{/Control}');
    expect(backend.callsOf('close_list')).toHaveLength(1);
    await user.keyboard('{Control>}n{/Control}');
    backend.wish({ wish: 'help' });
    await waitFor(() => expect(document.getElementById('help')).not.toBeNull());
    expect(document.getElementById('editor')).not.toBeNull();
  });
});
