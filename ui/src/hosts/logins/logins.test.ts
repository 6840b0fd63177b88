// Logins that several machines use: chosen in forms, managed in the settings.

import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemText, t } from '../../i18n';
import { backend as current, reset } from '../../ipc/fake';
import type { FakeBackend } from '../../ipc/fake/backend';
import { machine } from '../../ipc/fixtures';
import type { HostDraft } from '../../ipc/bindings/HostDraft';
import { draftOf, mergedDraft } from '../fields';
import HostsWindow from '../HostsWindow.svelte';

let backend: FakeBackend = current;
const user = userEvent.setup();
const lab = { id: 'lab', name: 'Lab', username: 'ann', has_password: true, machines: 0 };
const vnc = { id: 'vnc', name: 'Only a password', username: '', has_password: true, machines: 0 };

beforeEach(() => {
  backend = reset();
  backend.logins = [lab, vnc];
});
afterEach(cleanup);

const byId = (id: string) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return found;
};

async function edit(name: string) {
  await user.click(await screen.findByText(name));
  await user.keyboard('{F2}');
  await screen.findByRole('heading', { name: t('editor.edit_title', { name }) });
  await user.click(byId('section-login').querySelector('summary') as HTMLElement);
}

const draft = () => backend.callsOf('save_host').at(-1)?.[0] as HostDraft;

describe('in the form', () => {
  it('one takes the place of a password, and of a user name where it has one', async () => {
    backend.hosts = [machine('Studio', 'studio.local', { username: 'own', password_command: 'pass show x' })];
    render(HostsWindow);
    await edit('Studio');
    expect(byId('login-from')).toHaveValue('command');
    await user.selectOptions(byId('login-from'), 'Lab');
    for (const id of ['password', 'password-command', 'username']) expect(document.getElementById(id)).toBeNull();
    expect(byId('login-from-hint')).toHaveTextContent(t('logins.as', { username: 'ann' }));
    const summary = byId('section-login').querySelector('summary') as HTMLElement;
    await user.click(summary);
    expect(summary).toHaveTextContent('Lab');
    await user.click(summary);
    await user.selectOptions(byId('login-from'), 'Only a password');
    expect(byId('username')).toHaveValue('own');
    expect((await axe.run(byId('editor'))).violations).toEqual([]);
    await user.click(byId('save'));
    await waitFor(() =>
      expect(draft()).toMatchObject({ login: 'vnc', login_chosen: true, password_command: '', username: 'own' }),
    );
  });

  it('one that is there is not chosen anew by saving something else', async () => {
    backend.hosts = [machine('Studio', 'studio.local', { login: 'lab' })];
    render(HostsWindow);
    await edit('Studio');
    expect(byId('login-from')).toHaveValue('lab');
    await user.type(byId('name'), '!');
    await user.click(byId('save'));
    await waitFor(() => expect(draft()).toMatchObject({ name: 'Studio!', login: 'lab', login_chosen: false }));
  });

  it('a new one is made and chosen, or not', async () => {
    backend.hosts = [machine('Studio', 'studio.local')];
    render(HostsWindow);
    await edit('Studio');
    await user.selectOptions(byId('login-from'), 'new');
    await user.click(byId('login-cancel'));
    expect(byId('login-from')).toHaveValue('own');
    await user.selectOptions(byId('login-from'), 'new');
    backend.refusals.set('save_login', { code: 'fields', fields: [{ field: 'login', problem: 'taken' }] });
    await user.type(byId('login-name'), 'Rack 4');
    await user.type(byId('login-password'), 'secret{Enter}');
    expect(await screen.findByText(problemText({ field: 'login', problem: 'taken' }))).toBeVisible();
    await user.type(byId('login-password'), '{Enter}');
    await waitFor(() => expect(document.getElementById('login')).toBeNull());
    await waitFor(() => expect(byId('login-from')).toHaveDisplayValue('Rack 4'));
    expect(backend.callsOf('save_host')).toEqual([]);
    await user.click(byId('save'));
    await waitFor(() => expect(draft()).toMatchObject({ login: backend.logins.at(-1)?.id, login_chosen: true }));
  });

  it('of several machines one is chosen for all', async () => {
    backend.hosts = [
      machine('Alpha', 'a', { login: 'vnc' }),
      machine('Beta', 'b', { password_command: 'pass show b' }),
      machine('Gamma', 'c'),
    ];
    render(HostsWindow);
    await user.click(await screen.findByText('Alpha'));
    await user.keyboard('{Control>}a{/Control}{F2}');
    await user.click((await screen.findByText(t('editor.section.login'))).closest('summary') as HTMLElement);
    expect(byId('login-from')).toHaveValue('mixed');
    await user.selectOptions(byId('login-from'), 'Lab');
    await user.click(byId('save-several'));
    await waitFor(() =>
      expect(backend.callsOf('change_several').at(-1)?.[1]).toEqual({
        login: 'lab',
        tags_added: [],
        tags_removed: [],
        on_new_address: 'ask',
      }),
    );
  });

  it('one is chosen only for the server that the form has shown', () => {
    const host = machine('Studio', 'studio.local');
    const before = draftOf(host);
    const typed = { ...before, login: 'lab', login_chosen: true };
    expect(mergedDraft(before, typed, { ...host, notes: 'x' }).draft.login_chosen).toBe(true);
    const moved = mergedDraft(before, typed, { ...host, address: 'evil' }).draft;
    expect(moved).toMatchObject({ address: 'evil', login: 'lab', login_chosen: false });
  });
});

describe('in the settings', () => {
  it('they are added, changed and removed, and it is said how many machines use them', async () => {
    backend.hosts = [machine('Alpha', 'a', { login: 'lab' }), machine('Beta', 'b', { login: 'lab' })];
    render(HostsWindow);
    await screen.findByText('Alpha');
    await user.click(byId('window-menu'));
    await user.click(await screen.findByRole('menuitem', { name: (name) => name.startsWith(t('settings.open')) }));
    const list = within(byId('named-logins').querySelector('ul') as HTMLElement);
    expect(list.getByText('Lab').closest('li')).toHaveTextContent(t('logins.used', { count: 2 }));
    expect(list.getByText('Only a password').closest('li')).toHaveTextContent(t('logins.unused'));
    await user.click(list.getAllByRole('button', { name: t('logins.edit') })[0] as HTMLElement);
    expect(byId('login')).toHaveTextContent(t('logins.changes_all', { count: 2 }));
    await user.type(byId('login-password'), 'new');
    expect((await axe.run(byId('login'))).violations).toEqual([]);
    await user.click(byId('login-save'));
    await waitFor(() =>
      expect(backend.callsOf('save_login')).toEqual([['lab', 'Lab', 'ann', { change: 'set', password: 'new' }]]),
    );
    await waitFor(() => expect(byId('login-done')).toHaveTextContent(t('logins.changed', { name: 'Lab' })));
    await user.click(list.getByRole('button', { name: t('logins.remove_label', { name: 'Lab' }) }));
    expect(byId('remove-login')).toHaveTextContent(t('logins.remove_text', { count: 2 }));
    await user.click(byId('remove-login-act'));
    await waitFor(() => expect(list.queryByText('Lab')).toBeNull());
    expect((await axe.run(byId('settings'))).violations).toEqual([]);
    await waitFor(() => expect(byId('login-done')).toHaveTextContent(t('logins.removed', { name: 'Lab' })));
    await user.click(within(byId('login-done')).getByRole('button', { name: t('toast.undo') }));
    await waitFor(() => expect(list.getByText('Lab')).toBeVisible());
    expect(document.getElementById('login-done')).toBeNull();
  });

  it('what was done to one is undone', async () => {
    render(HostsWindow);
    await user.click(byId('window-menu'));
    await user.click(await screen.findByRole('menuitem', { name: (name) => name.startsWith(t('settings.open')) }));
    const list = within(byId('named-logins').querySelector('ul') as HTMLElement);
    const undo = () => user.click(within(byId('login-done')).getByRole('button', { name: t('toast.undo') }));

    await user.click(list.getAllByRole('button', { name: t('logins.edit') })[0] as HTMLElement);
    expect(byId('login-password-hint')).toHaveTextContent(t('logins.password_replace'));
    await user.click(byId('login-save'));
    expect(backend.callsOf('save_login'), 'nothing was changed').toEqual([]);
    expect(document.getElementById('login-done')).toBeNull();

    await user.click(list.getAllByRole('button', { name: t('logins.edit') })[0] as HTMLElement);
    await user.type(byId('login-name'), 'oratory');
    await user.click(byId('login-save'));
    await waitFor(() => expect(list.getByText('Laboratory')).toBeVisible());
    await waitFor(() => expect(byId('login-done')).toHaveTextContent(t('logins.changed', { name: 'Laboratory' })));
    await undo();
    await waitFor(() => expect(list.getByText('Lab')).toBeVisible());

    await user.click(byId('add-login'));
    await user.type(byId('login-name'), 'Hall{Enter}');
    await waitFor(() => expect(byId('login-done')).toHaveTextContent(t('logins.added', { name: 'Hall' })));
    await undo();
    await waitFor(() => expect(list.queryByText('Hall')).toBeNull());
  });

  it('one is chosen that is offered to machines without a login', async () => {
    render(HostsWindow);
    await user.click(byId('window-menu'));
    await user.click(await screen.findByRole('menuitem', { name: (name) => name.startsWith(t('settings.open')) }));
    await waitFor(() => expect(byId('offered-login')).toBeEnabled());
    expect(byId('offered-login')).toHaveDisplayValue(t('logins.offered_none'));
    await user.selectOptions(byId('offered-login'), 'Lab');
    await waitFor(() => expect(backend.preferences.offered_login).toBe('lab'));
    await user.selectOptions(byId('offered-login'), t('logins.offered_none'));
    await waitFor(() => expect(backend.preferences.offered_login).toBeNull());
  });
});
