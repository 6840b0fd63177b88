// Lists that others keep.

import { render, screen, waitFor, within } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileProblemText, t } from '../i18n';
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
  const found = { reading: false, problem: null, skipped: 0, left_out: [] };
  const read_at = Math.floor(Date.now() / 1000);
  return {
    id,
    name: id,
    origin: `/srv/${id}`,
    is_command: false,
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
    await user.click(within(entry('Virtual')).getByText(t('sources.pause')));
    await waitFor(() => expect(entry('Virtual')).toHaveTextContent(t('sources.paused')));
    await user.click(within(entry('Virtual')).getByText(t('sources.rename')));
    await user.clear(byId('source-name'));
    await user.type(byId('source-name'), 'VMs');
    await user.click(byId('source-save'));
    await waitFor(() => expect(entries()).toEqual(['lab', 'VMs']));
    await user.click(within(entry('lab')).getByText(t('sources.remove')));
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
    const found = (text: string) => search(prepared, parse(text), new Set()).hosts.map(({ name }) => name);
    expect(found('source:lab')).toEqual(['Rack 1']);
    expect(found('source:"of ann" rack')).toEqual(['Rack 1']);
    expect(found('source:other')).toEqual([]);
  });
});
