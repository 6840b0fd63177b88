// Lists that others keep.

import { render, screen, waitFor, within } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorText, fileProblemText, t } from '../i18n';
import type { HostSourceView } from '../ipc/bindings/HostSourceView';
import { backend as fake } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { machine } from '../ipc/fixtures';
import HostsWindow from './HostsWindow.svelte';
import { index, parse, search } from './store/search';

let backend: FakeBackend;
let user: ReturnType<typeof userEvent.setup>;

const byId = (id: string) => document.getElementById(id) as HTMLElement;
const names = () => screen.queryAllByRole('option').map((row) => row.dataset.name);
const entries = () => [...document.querySelectorAll<HTMLElement>('#sources li')].map(({ dataset }) => dataset.source);
const entry = (name: string) => document.querySelector(`#sources li[data-source="${name}"]`) as HTMLElement;

function source(id: string, facts: Partial<HostSourceView> = {}): HostSourceView {
  const found = { reading: false, problem: null, certificate: null, skipped: 0, left_out: [] };
  const read_at = Math.floor(Date.now() / 1000);
  return {
    id,
    name: id,
    origin: `/srv/${id}`,
    kind: 'path',
    every_minutes: 15,
    has_login: false,
    paused: false,
    machines: 1,
    read_at,
    ...found,
    ...facts,
  };
}

async function choose(label: string) {
  await user.click(byId('window-menu'));
  await user.click(screen.getByRole('menuitem', { name: new RegExp(`^${label}`) }));
}

async function inMenu(name: string, label: 'sources.pause' | 'sources.resume' | 'sources.change' | 'sources.remove') {
  await waitFor(() => expect(within(entry(name)).getByTitle(t('sources.more', { name }))).toBeEnabled());
  await user.click(within(entry(name)).getByTitle(t('sources.more', { name })));
  await user.click(screen.getByRole('menuitem', { name: t(label) }));
}

beforeEach(() => {
  backend = fake;
  user = userEvent.setup();
  backend.hosts = [machine('Mine', 'm.local'), machine('Rack 1', 'r1.local', { source: 'lab' })];
  backend.hostSources = [source('lab')];
});

describe('lists that others keep', () => {
  it('are added, paused, renamed and removed', async () => {
    render(HostsWindow);
    await waitFor(() => expect(names()).toContain('Rack 1'));
    await choose(t('sources.open'));
    await waitFor(() => expect(entries()).toEqual(['lab']));
    await user.click(byId('add-source-command'));
    await user.click(byId('source-save'));
    await waitFor(() => expect(byId('source-command')).toHaveAttribute('aria-invalid', 'true'));
    await user.type(byId('source-command'), 'virsh-list');
    await user.type(byId('source-name'), 'Virtual');
    await user.click(byId('source-save'));
    await waitFor(() => expect(entries()).toEqual(['lab', 'Virtual']));
    expect(entry('Virtual')).toHaveTextContent(t('sources.runs', { command: 'virsh-list' }));
    const { violations } = await axe.run(byId('sources'), { rules: { 'color-contrast': { enabled: false } } });
    expect(violations).toEqual([]);
    await inMenu('Virtual', 'sources.pause');
    await waitFor(() => expect(entry('Virtual')).toHaveTextContent(t('sources.paused')));
    await inMenu('Virtual', 'sources.change');
    await user.clear(byId('source-name'));
    await user.type(byId('source-name'), 'VMs');
    await user.selectOptions(byId('source-interval'), '60');
    await user.click(byId('source-save'));
    await waitFor(() => expect(entries()).toEqual(['lab', 'VMs']));
    await inMenu('VMs', 'sources.resume');
    await waitFor(() => expect(entry('VMs')).toHaveTextContent(t('sources.every_hour')));
    await inMenu('lab', 'sources.remove');
    expect(entries()).toEqual(['lab', 'VMs']);
    await user.click(byId('remove-source-act'));
    await waitFor(() => expect(entries()).toEqual(['VMs']));
    await user.click(byId('close-sources'));
    expect(names()).toEqual(['Mine']);
  });

  it('say what is wrong with them, how old they are, and what is not taken over', async () => {
    backend.hostSources = [
      source('lab', {
        problem: { what: 'list', problem: { problem: 'no_machine' } },
        skipped: 2,
        left_out: [{ what: 'commands', count: 3 }],
      }),
    ];
    render(HostsWindow);
    await choose(t('sources.open'));
    await waitFor(() => expect(entry('lab')).toHaveTextContent(fileProblemText({ problem: 'no_machine' })));
    expect(entry('lab')).toHaveTextContent(t('sources.left_out', { what: t('import.left_out.commands'), count: 3 }));
    expect(entry('lab')).toHaveTextContent(t('sources.skipped', { count: 2 }));
  });

  it('come from a web server: what is readable only with a word, a login with its list, a certificate when it is asked', async () => {
    render(HostsWindow);
    await choose(t('sources.open'));
    await user.click(byId('add-source-url'));
    await user.type(byId('source-url'), 'http://lists.example/lab.json');
    expect(document.getElementById('source-login')).toBeNull();
    await user.click(byId('source-save'));
    await waitFor(() => expect(byId('source-url')).toHaveAttribute('aria-invalid', 'true'));
    expect(byId('source-readable')).not.toBeChecked();
    await user.clear(byId('source-url'));
    await user.type(byId('source-url'), 'https://lists.example/lab.json');
    expect(document.getElementById('source-readable')).toBeNull();
    await user.type(byId('source-name'), 'Web');
    await user.type(byId('http-auth-username'), 'ann');
    await user.type(byId('http-auth-password'), 'sesame');
    await user.type(byId('http-auth-headers'), 'PRIVATE-TOKEN: glpat:7\n\nCookie: id=8');
    await user.click(byId('source-save'));
    await waitFor(() => expect(entries()).toEqual(['lab', 'Web']));
    const headers = [
      { name: 'PRIVATE-TOKEN', value: 'glpat:7' },
      { name: 'Cookie', value: 'id=8' },
    ];
    const login = { change: 'set', username: 'ann', password: 'sesame', headers };
    expect(backend.callsOf('add_url_source').at(-1)).toEqual(['Web', 'https://lists.example/lab.json', false, login]);
    const sha256 = 'ab:cd';
    const certificate = { kind: 'x509', subject: 'CN=lists', names: [], issuer: 'CN=lists', sha256, key_sha256: 'ef:01', problems: ['self_signed'], not_before: 0, not_after: 1 } as const; // prettier-ignore
    const error = { code: 'list_untrusted', address: 'https://lists.example/lab.json', fingerprint: sha256 } as const;
    backend.hostSources = [
      source('lab', { kind: 'web', certificate: { ...certificate, problems: ['self_signed'], names: [] }, problem: { what: 'failed', error } }), // prettier-ignore
    ];
    backend.emitHostsChanged();
    await waitFor(() => expect(entry('lab')).toHaveTextContent(errorText(error)));
    await user.click(within(entry('lab')).getByText(t('sources.trust')));
    expect(byId('trust-source')).toHaveTextContent('CN=lists');
    await user.click(byId('trust-source-act'));
    await waitFor(() => expect(backend.callsOf('trust_source').at(-1)).toEqual(['lab', sha256]));
  });

  it('keep what the keyring has for a web server until it is replaced as a whole, or forgotten', async () => {
    const web = { kind: 'web', origin: 'https://lists.example/lab.json' } as const;
    const old = source('old', { kind: 'web', origin: 'http://lists.example/lab.json' });
    backend.hostSources = [source('lab', { ...web, has_login: true }), source('other', web), old];
    render(HostsWindow);
    await choose(t('sources.open'));
    await waitFor(() => expect(entries()).toEqual(['lab', 'other', 'old']));
    const last = () => backend.callsOf('edit_source').at(-1);
    const save = async () => {
      await user.click(byId('source-save'));
      await waitFor(() => expect(document.getElementById('source-save')).toBeNull());
    };
    await inMenu('lab', 'sources.change');
    expect(byId('http-auth-keep')).toBeChecked();
    expect(byId('source-login')).toHaveAttribute('open');
    expect(document.getElementById('http-auth-headers')).toBeNull();
    const { violations } = await axe.run(byId('sources'), { rules: { 'color-contrast': { enabled: false } } });
    expect(violations).toEqual([]);
    await save();
    expect(last()).toEqual(['lab', 'lab', 15, null]);

    await inMenu('lab', 'sources.change');
    await user.click(byId('http-auth-replace'));
    await user.type(byId('http-auth-headers'), 'Authorization: Bearer sesame');
    // What was typed for one list is not sent for another.
    await inMenu('other', 'sources.change');
    expect(byId('source-login')).not.toHaveAttribute('open');
    expect(byId('http-auth-headers')).toHaveValue('');
    await save();
    expect(last()).toEqual(['other', 'other', 15, null]);

    await inMenu('lab', 'sources.change');
    await user.click(byId('http-auth-replace'));
    await user.type(byId('http-auth-headers'), 'Authorization: Bearer sesame');
    await save();
    const headers = [{ name: 'Authorization', value: 'Bearer sesame' }];
    expect(last()).toEqual(['lab', 'lab', 15, { change: 'set', username: '', password: '', headers }]);

    await inMenu('lab', 'sources.change');
    await user.click(byId('http-auth-forget'));
    await save();
    expect(last()).toEqual(['lab', 'lab', 15, { change: 'forget' }]);

    await inMenu('old', 'sources.change');
    expect(document.getElementById('source-login')).toBeNull();
  });

  it('mark their machines, which are not removed and keep their address', async () => {
    render(HostsWindow);
    await waitFor(() => expect(names()).toContain('Rack 1'));
    const row = screen.getAllByRole('option').find((row) => row.dataset.name === 'Rack 1') as HTMLElement;
    expect(within(row).getByTitle(t('sources.badge', { name: 'lab' }))).toHaveTextContent('lab');
    await user.pointer({ keys: '[MouseRight]', target: row });
    expect(screen.queryByRole('menuitem', { name: new RegExp(`^${t('hosts.remove')}$`) })).toBeNull();
    expect(screen.getByRole('menuitem', { name: new RegExp(`^${t('sources.copy')}`) })).toBeVisible();
    await user.click(screen.getByRole('menuitem', { name: new RegExp(`^${t('hosts.edit')}`) }));
    await waitFor(() => expect(byId('address')).toHaveAttribute('readonly'));
    expect(byId('username')).not.toHaveAttribute('readonly');
    expect(byId('editor')).toHaveTextContent(t('sources.kept', { name: 'lab' }));
  });

  it('are searched by their names', () => {
    const prepared = index(backend.hosts, new Map([['lab', 'Lab of Ann']]));
    const found = (text: string) => search(prepared, parse(text), new Set()).rows.map(({ host }) => host.name);
    expect(found('source:lab')).toEqual(['Rack 1']);
    expect(found('source:"of ann" rack')).toEqual(['Rack 1']);
    expect(found('source:other')).toEqual([]);
  });
});
