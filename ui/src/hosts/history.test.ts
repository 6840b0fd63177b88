// Removed machines and earlier versions of the list.

import { render, screen, waitFor, within } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorText, t, timeText } from '../i18n';
import type { EngineError } from '../ipc/bindings/EngineError';
import type { HostView } from '../ipc/bindings/HostView';
import { backend as fake } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { machine, removedView } from '../ipc/fixtures';
import HostsWindow from './HostsWindow.svelte';
import { draftOf, mergedDraft } from './fields';

let backend: FakeBackend;
let user: ReturnType<typeof userEvent.setup>;

const byId = (id: string) => document.getElementById(id) as HTMLElement;
const names = () => screen.queryAllByRole('option').map((row) => row.dataset.name);
const removed = () => [...document.querySelectorAll<HTMLElement>('#removed li')].map(({ dataset }) => dataset.name);
const now = () => Date.now() / 1000;

beforeEach(() => {
  backend = fake;
  user = userEvent.setup();
});

async function choose(label: string) {
  await user.click(byId('window-menu'));
  await user.click(screen.getByRole('menuitem', { name: new RegExp(`^${label}`) }));
}

async function violations(id: string) {
  const { violations } = await axe.run(byId(id), { rules: { 'color-contrast': { enabled: false } } });
  return violations;
}

function remove(host: HostView, days: number) {
  backend.removed.set(host.id, removedView(host, now() - days * 86_400));
}

describe('removed machines', () => {
  it('are put back, each with the days that are left', async () => {
    backend.hosts = [machine('Attic', 'a.local')];
    remove(machine('Kitchen', 'k.local'), 2);
    remove(machine('Studio', 's.local'), 0);
    render(HostsWindow);
    await choose(t('removed.open'));
    await waitFor(() => expect(removed()).toEqual(['Studio', 'Kitchen']));
    const rows = screen.getAllByRole('listitem');
    expect(rows[1]).toHaveTextContent(t('removed.left', { count: 28 }));
    expect(rows[0]).toHaveTextContent(t('removed.left', { count: 30 }));
    expect(await violations('removed')).toEqual([]);
    await user.click(within(rows[1] as HTMLElement).getByText(t('removed.put_back')));
    await waitFor(() => expect(removed()).toEqual(['Studio']));
    await user.click(byId('close-removed'));
    expect(names()).toEqual(['Attic', 'Kitchen']);
    await user.keyboard('{Control>}z{/Control}');
    await waitFor(() => expect(names()).toEqual(['Attic']));
  });

  it('are removed for good after a question, one or all', async () => {
    for (const name of ['A', 'B', 'C']) remove(machine(name, `${name}.local`), 1);
    render(HostsWindow);
    await choose(t('removed.open'));
    await waitFor(() => expect(removed()).toEqual(['C', 'B', 'A']));
    await user.click(screen.getByRole('button', { name: t('removed.for_good', { name: 'B' }) }));
    expect(byId('for-good')).toHaveTextContent(t('removed.ask', { name: 'B' }));
    expect(byId('for-good-leave')).toHaveFocus();
    await user.click(byId('for-good-leave'));
    expect(backend.callsOf('remove_for_good')).toEqual([]);
    await user.click(screen.getByRole('button', { name: t('removed.for_good', { name: 'B' }) }));
    await user.click(byId('for-good-act'));
    await waitFor(() => expect(removed()).toEqual(['C', 'A']));
    await user.click(byId('all-for-good'));
    expect(byId('for-good')).toHaveTextContent(t('removed.ask_all', { count: 2 }));
    const refused: EngineError = { code: 'keyring_locked' };
    backend.refusals.set('remove_for_good', refused);
    await user.click(byId('for-good-act'));
    expect(await screen.findByText(errorText(refused))).toBeVisible();
    await user.click(byId('all-for-good'));
    await user.click(byId('for-good-act'));
    await waitFor(() => expect(byId('removed')).toHaveTextContent(t('removed.none')));
  });

  it('are many only in number', async () => {
    for (let n = 0; n < 130; n++) remove(machine(`M${n}`, `m${n}.local`), 1);
    render(HostsWindow);
    await choose(t('removed.open'));
    await waitFor(() => expect(removed()).toHaveLength(100));
    expect(byId('removed')).toHaveTextContent(t('removed.more', { count: 30 }));
  });
});

describe('earlier versions', () => {
  const none = { count: 0, first: [] };

  it('say what going back would change, and go back', async () => {
    const replaced_at = Math.floor(now()) - 3600;
    backend.versions = [
      {
        replaced_at,
        count: 7,
        back: { count: 2, first: ['Attic', 'Shed'] },
        gone: none,
        changed: { count: 1, first: ['Mill'] },
      },
      { replaced_at: replaced_at - 60, count: 6, back: none, gone: none, changed: none },
    ];
    render(HostsWindow);
    await choose(t('versions.open'));
    const [first, second] = await screen.findAllByRole('listitem');
    expect(first).toHaveTextContent(t('versions.until', { time: timeText(replaced_at) }));
    expect(first).toHaveTextContent(t('versions.back', { count: 2 }));
    expect(second).toHaveTextContent(t('versions.same'));
    expect(second?.querySelector('button')).toBeNull();
    await user.click(within(first as HTMLElement).getByText(new RegExp(t('versions.back', { count: 2 }))));
    expect(screen.getByText(t('versions.names_back', { names: 'Attic, Shed' }))).toBeVisible();
    expect(await violations('versions')).toEqual([]);

    const refused: EngineError = { code: 'no_such_version', detail: '' };
    backend.refusals.set('go_back', refused);
    await user.click(screen.getByText(t('versions.go_back')));
    expect(await screen.findByText(errorText(refused))).toBeVisible();
    await user.click(screen.getByText(t('versions.go_back')));
    await waitFor(() => expect(document.getElementById('versions')).toBeNull());
    expect(backend.callsOf('go_back')).toEqual([[replaced_at], [replaced_at]]);
    await waitFor(() => expect(byId('toast')).toHaveTextContent(t('toast.went_back', { time: timeText(replaced_at) })));
    await user.click(byId('undo'));
    expect(backend.callsOf('undo')).toHaveLength(1);
  });

  it('say when there is none yet', async () => {
    render(HostsWindow);
    await choose(t('versions.open'));
    await waitFor(() => expect(byId('versions')).toHaveTextContent(t('versions.none')));
  });
});

describe('a form and another program', () => {
  const before = machine('A', 'a.local', { username: 'ann', tags: ['lab'] });
  const there = { ...before, address: 'b.local', username: 'bob', tags: ['lab', 'new'] };

  it('are merged field by field', () => {
    const typed = { ...draftOf(before), name: 'Attic', username: 'cleo', tags: ['lab', 'new'] };
    const { draft, both } = mergedDraft(draftOf(before), typed, there);
    expect(draft).toEqual({ ...draftOf(there), name: 'Attic', username: 'cleo' });
    expect(both).toEqual(['username']);
  });

  it('have nothing to say where only one has changed something', () => {
    expect(mergedDraft(draftOf(before), draftOf(before), there)).toEqual({ draft: draftOf(there), both: [] });
    // Each field that there is.
    const other = machine('Other', 'other.example', { id: before.id });
    const changed = Object.entries(draftOf(other)).map(([name, value]) => [
      name,
      typeof value === 'boolean' ? !value : name === 'picture' ? 'off' : value,
    ]);
    const elsewhere = { ...other, ...Object.fromEntries(changed) } as HostView;
    expect(mergedDraft(draftOf(before), draftOf(before), elsewhere).draft).toEqual(draftOf(elsewhere));
    const typed = { ...draftOf(before), notes: 'mine' };
    expect(mergedDraft(draftOf(before), typed, before)).toEqual({ draft: typed, both: [] });
  });
});
