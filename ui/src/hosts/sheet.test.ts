// The form beside the list: its keys, and that nothing typed into it is lost without a question.

import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemText, t } from '../i18n';
import { defaultDisplay } from '../ipc/display';
import { backend as current, reset } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { machine, reached } from '../ipc/fixtures';
import type { Quality } from '../ipc/bindings/Quality';
import HostsWindow from './HostsWindow.svelte';
import { choiceText, settingName } from './settings/choices';

let backend: FakeBackend = current;
const user = userEvent.setup();

const byId = (id: string) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return found;
};
const title = () => byId('editor-title').textContent;
const editing = (name: string) => t('editor.edit_title', { name });

/** Two machines, the first one in the form. */
async function edit() {
  backend.hosts = [machine('Attic', 'attic.local'), machine('Studio', 'studio.local', { username: 'ann' })];
  render(HostsWindow);
  await screen.findByText('Attic');
  await user.keyboard('{F2}');
  expect(title()).toBe(editing('Attic'));
}

beforeEach(() => {
  backend = reset();
});
afterEach(cleanup);

describe('the sheet', () => {
  it('leaves the list in reach, and follows a click on another machine', async () => {
    await edit();
    expect(document.querySelector('dialog')).toBeNull();
    await user.click(screen.getByText('Studio'));
    await waitFor(() => expect(title()).toBe(editing('Studio')));
    expect(byId('username')).toHaveValue('ann');
  });

  it('asks before a click on another machine throws away what is typed', async () => {
    await edit();
    await user.type(byId('name'), ' 2');
    await user.click(screen.getByText('Studio'));
    await user.click(await waitFor(() => byId('leaving-leave')));
    expect(byId('name')).toHaveValue('Attic 2');
    await user.click(screen.getByText('Studio'));
    await user.click(await waitFor(() => byId('leaving-act')));
    await waitFor(() => expect(title()).toBe(editing('Studio')));
    expect(byId('name')).toHaveValue('Studio');
    expect(backend.callsOf('save_host')).toEqual([]);
    // What was thrown away is not asked about again.
    await user.keyboard('{Escape}');
    expect(document.getElementById('editor')).toBeNull();
  });

  it('has the keys of the whole window within it, and none of the list’s', async () => {
    await edit();
    byId('name').focus();
    await user.keyboard('{Control>}n{/Control}{Control>}a{/Control}');
    expect(title()).toBe(editing('Attic'));
    await user.keyboard('{F1}');
    await user.click(within(await waitFor(() => byId('help'))).getByText(t('about.close')));
    byId('name').focus();
    await user.keyboard('{Control>},{/Control}');
    await user.click(await waitFor(() => byId('close-settings')));
    byId('name').focus();
    await user.keyboard('{Control>}q{/Control}');
    await waitFor(() => expect(backend.callsOf('quit')).toHaveLength(1));
    expect(byId('name')).toHaveValue('Attic');
  });

  it('closes with Escape, in it and in the list, and the focus is where it was', async () => {
    await edit();
    await user.keyboard('{Escape}');
    await waitFor(() => expect(byId('search')).toHaveFocus());
    byId('hosts').focus();
    await user.keyboard('{F2}');
    byId('hosts').focus();
    await user.keyboard('{Escape}');
    expect(document.getElementById('editor')).toBeNull();
    await waitFor(() => expect(byId('hosts')).toHaveFocus());
  });

  it('saves with Ctrl+S, and connects with Ctrl+Enter and with its button', async () => {
    await edit();
    await user.type(byId('name'), ' 2');
    await user.keyboard('{Control>}s{/Control}');
    await waitFor(() => expect(backend.hosts[0]?.name).toBe('Attic 2'));
    expect(backend.callsOf('open_host')).toEqual([]);
    for (const connect of [
      () => user.keyboard('{Control>}{Enter}{/Control}'),
      () => user.click(byId('save-and-connect')),
    ]) {
      await waitFor(() => expect(byId('search')).toHaveFocus());
      await user.click(screen.getByText('Attic 2'));
      await user.keyboard('{F2}');
      await connect();
    }
    const id = backend.hosts[0]?.id;
    await waitFor(() => expect(backend.callsOf('open_host')).toEqual([[id], [id]]));
  });

  it('leads through its fields with Tab in the order in which they are seen', async () => {
    await edit();
    byId('address').focus();
    await user.tab();
    expect(byId('name')).toHaveFocus();
    await user.tab();
    expect(byId('section-login').querySelector('summary')).toHaveFocus();
  });

  it('checks each field as it is left', async () => {
    await edit();
    await user.click(byId('section-wake').querySelector('summary') as HTMLElement);
    await user.type(byId('mac'), '00:1a');
    backend.refusals.set('check_host', {
      code: 'fields',
      fields: [
        { field: 'mac', problem: 'form' },
        { field: 'proxy', problem: 'scheme' },
      ],
    });
    await user.tab();
    await waitFor(() => expect(byId('mac')).toBeInvalid());
    // The proxy field was not left yet.
    expect(byId('proxy')).not.toBeInvalid();
    await user.type(byId('ssh-jump'), 'gate');
    await user.tab();
    await waitFor(() => expect(byId('mac')).not.toBeInvalid());
  });

  it('checks a SecureOn password and a website’s headers as they are left', async () => {
    await edit();
    await user.click(byId('section-wake').querySelector('summary') as HTMLElement);
    await user.type(byId('secure-on'), 'wrong');
    backend.refusals.set('check_host', { code: 'fields', fields: [{ field: 'secure_on', problem: 'form' }] });
    await user.tab();
    await waitFor(() => expect(byId('secure-on')).toBeInvalid());
    expect(backend.callsOf('check_host').at(-1)?.[0]).toMatchObject({
      secure_on: { change: 'set', password: 'wrong' },
    });

    await user.clear(byId('address'));
    await user.type(byId('address'), 'wss://site.example/vnc');
    await user.click(byId('section-login').querySelector('summary') as HTMLElement);
    await user.type(byId('http-auth-headers'), 'Bearer abc');
    backend.refusals.set('check_http_auth', {
      code: 'fields',
      fields: [{ field: 'http_auth', problem: 'header_name' }],
    });
    await user.tab();
    await waitFor(() => expect(byId('http-auth-headers')).toBeInvalid());
    expect(byId('http-auth-headers-problem')).toHaveTextContent(
      problemText({ field: 'http_auth', problem: 'header_name' }),
    );
    await user.type(byId('http-auth-headers'), ': x');
    expect(byId('http-auth-headers')).not.toBeInvalid();
  });

  it('shows what was chosen otherwise than for all machines, and leaves it to that again', async () => {
    const display = { ...defaultDisplay, scaling: 'actual' as const, quality: 'low' as const, full_screen: true };
    backend.hosts = [machine('Attic', 'attic.local', { display }), machine('Studio', 'studio.local')];
    render(HostsWindow);
    await screen.findByText('Attic');
    await user.keyboard('{F2}');
    await user.click(byId('section-display').querySelector('summary') as HTMLElement);
    const list = await screen.findByRole('list', { name: t('editor.chosen') });
    expect(within(list).getAllByRole('listitem')).toHaveLength(2);
    expect(byId('scaling-chosen')).toHaveTextContent(t('viewer.scale_actual'));
    await user.click(within(byId('scaling-chosen')).getByRole('button', { name: t('viewer.as_for_all') }));
    expect(document.getElementById('scaling-chosen')).toBeNull();
    await user.click(byId('save'));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(backend.hosts[0]?.display).toEqual({ ...display, scaling: null });
    // Of one that has chosen nothing nothing is said.
    await user.click(screen.getByText('Studio'));
    await user.keyboard('{F2}');
    expect(screen.queryByRole('list', { name: t('editor.chosen') })).toBeNull();
  });

  it('of several machines shows what some of them have otherwise, and leaves all of them to that', async () => {
    const own = { ...defaultDisplay, quality: 'low' as const };
    backend.preferences = { ...backend.preferences, password_command: 'pass show all' };
    backend.hosts = [
      machine('Attic', 'attic.local', { display: { ...own, scaling: 'actual' as const }, password_command: 'pass a' }),
      machine('Studio', 'studio.local', { display: own }),
      machine('Vault', 'vault.local'),
    ];
    render(HostsWindow);
    await screen.findByText('Attic');
    await user.keyboard('{Control>}a{/Control}{F2}');
    await user.click(byId('section-display').querySelector('summary') as HTMLElement);
    const list = await screen.findByRole('list', { name: t('several.chosen') });
    expect(within(list).getAllByRole('listitem')).toHaveLength(2);
    const text = (quality: Quality) => choiceText('quality', { ...backend.preferences, quality });
    const low = { setting: settingName('quality') ?? '', own: text('low'), all: text('automatic') };
    expect(byId('quality-chosen')).toHaveTextContent(t('several.chosen_here', { ...low, count: 2 }));
    expect(byId('scaling-chosen')).toHaveTextContent(t('viewer.scale_actual'));
    for (const action of ['viewer.as_for_all', 'several.keep', 'viewer.as_for_all'] as const)
      await user.click(within(byId('quality-chosen')).getByRole('button', { name: t(action) }));
    expect(byId('quality-chosen')).toHaveTextContent(t('several.chosen_left', low));

    await user.click(byId('section-login').querySelector('summary') as HTMLElement);
    await user.click(within(byId('password-command-note')).getByRole('button', { name: t('editor.as_for_all') }));
    expect((await axe.run(byId('several'))).violations).toEqual([]);
    await user.click(byId('save-several'));
    await waitFor(() =>
      expect(backend.callsOf('change_several').at(-1)?.[1]).toEqual({
        tags_added: [],
        tags_removed: [],
        password_command: '',
        as_for_all: ['quality'],
        on_new_address: 'ask',
      }),
    );
    expect(backend.hosts.map(({ display }) => [display?.quality, display?.scaling])).toEqual([
      [null, 'actual'],
      [null, null],
      [undefined, undefined],
    ]);
  });

  it('keeps a secret to type, under a name', async () => {
    await edit();
    await user.click(byId('section-login').querySelector('summary') as HTMLElement);
    expect(document.getElementById('secret-name')).toBeNull();
    await user.type(byId('secret'), 'quince');
    await user.type(byId('secret-name'), 'sudo');
    await user.click(byId('save'));
    const saved = () => backend.callsOf('save_host').at(-1)?.[0];
    const set = { secret_name: 'sudo', secret: { change: 'set', password: 'quince' } };
    await waitFor(() => expect(saved()).toMatchObject(set));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    await user.keyboard('{F2}');
    await screen.findByRole('dialog');
    const summary = byId('section-login').querySelector('summary') as HTMLElement;
    expect(summary).toHaveTextContent('sudo');
    await user.click(summary);
    expect(byId('secret')).toHaveAttribute('placeholder', t('editor.password_saved'));
    await user.click(byId('forget-secret'));
    await user.click(byId('save'));
    await waitFor(() => expect(saved()).toMatchObject({ secret: { change: 'forget' } }));
  });

  it('keeps a SecureOn password, and offers the SSH host of the way to send the packet', async () => {
    await edit();
    const summary = byId('section-wake').querySelector('summary') as HTMLElement;
    await user.click(summary);
    expect(document.getElementById('wake-ssh-host-note')).toBeNull();
    await user.type(byId('ssh-jump'), 'ann@gate');
    await user.click(within(byId('wake-ssh-host-note')).getByRole('button'));
    expect(byId('wake-ssh-host')).toHaveValue('ann@gate');
    expect(document.getElementById('wake-ssh-host-note')).toBeNull();
    expect(byId('secure-on')).toHaveAttribute('type', 'password');
    await user.type(byId('secure-on'), 'wrong');
    backend.refusals.set('save_host', { code: 'fields', fields: [{ field: 'secure_on', problem: 'form' }] });
    await user.click(byId('save'));
    await waitFor(() => expect(byId('secure-on')).toBeInvalid());
    await user.clear(byId('secure-on'));
    await user.type(byId('secure-on'), '00-11-22-33-44-55');
    await user.click(byId('save'));
    const saved = () => backend.callsOf('save_host').at(-1)?.[0];
    const secure_on = { change: 'set', password: '00-11-22-33-44-55' };
    await waitFor(() => expect(saved()).toMatchObject({ wake_ssh_host: 'ann@gate', secure_on }));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());

    await user.keyboard('{F2}');
    await screen.findByRole('dialog');
    expect(byId('section-wake').querySelector('summary')).toHaveTextContent(t('editor.secure_on'));
    await user.click(byId('section-wake').querySelector('summary') as HTMLElement);
    expect(byId('secure-on')).toHaveAttribute('placeholder', t('editor.password_saved'));
    await user.click(byId('forget-secure-on'));
    await user.click(byId('save'));
    await waitFor(() => expect(saved()).toMatchObject({ secure_on: { change: 'forget' } }));
  });

  it('shows a test stage by stage while it runs, and hides it on demand', async () => {
    await edit();
    backend.report = reached;
    let done: () => void = () => {};
    backend.delays.set('test_connection', new Promise<void>((resolve) => (done = resolve)));
    await user.click(byId('test'));
    await waitFor(() => expect(byId('test-result').querySelectorAll('li')).toHaveLength(reached.stages.length));
    expect(byId('test-verdict')).toHaveTextContent(t('test.running', { address: 'attic.local' }));
    done();
    await waitFor(() => expect(byId('test-result')).toHaveTextContent(t('test.protection')));
    await user.click(byId('leave-test'));
    expect(byId('test-result').querySelector('li')).toBeNull();
  });

  it('says where a machine is not as all others, and leads back with one click', async () => {
    backend.preferences = { ...backend.preferences, password_command: 'pass show vnc/%h', pictures: 'blurred' };
    await edit();
    expect(await screen.findByText(t('editor.picture.for_all', { choice: t('picture.blurred') }))).toBeInTheDocument();
    expect(document.getElementById('password-command-note')).toBeNull();
    await user.selectOptions(byId('login-from'), 'command');
    await user.type(byId('password-command'), 'mine');
    expect(byId('password-command-note')).toHaveTextContent('pass show vnc/');
    await user.click(within(byId('password-command-note')).getByRole('button'));
    expect(byId('password-command')).toHaveValue('');
    expect(document.getElementById('password-command-note')).toBeNull();
  });
});
