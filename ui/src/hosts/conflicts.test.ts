// Machines that another program changes at the same time: merged by field, and chosen where both have changed one.

import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { t } from '../i18n';
import { backend as current, reset } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { machine } from '../ipc/fixtures';
import type { HostView } from '../ipc/bindings/HostView';
import HostsWindow from './HostsWindow.svelte';

let backend: FakeBackend = current;
const user = userEvent.setup();

beforeEach(() => (backend = reset()));
afterEach(cleanup);

const byId = (id: string) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return found;
};
const attic = (facts: Partial<HostView> = {}) =>
  machine('Attic', 'attic.local', { id: 'attic', username: 'ann', notes: 'old', ...facts });

/** The form of the machine is open. */
async function edit() {
  backend.hosts = [attic()];
  render(HostsWindow);
  await screen.findByText('Attic');
  await user.keyboard('{F2}');
  await screen.findByRole('heading', { name: t('editor.edit_title', { name: 'Attic' }) });
}

function elsewhere(facts: Partial<HostView>) {
  backend.hosts = [attic(facts)];
  backend.emitHostsChanged();
}

async function retype(id: string, text: string) {
  await user.clear(byId(id));
  await user.type(byId(id), text);
}

const choose = (field: string, side: 'ours' | 'theirs') =>
  user.click(within(byId(`conflict-${field}`)).getByRole('radio', { name: new RegExp(t(`conflict.${side}`)) }));
const saved = () => {
  const [host] = backend.hosts;
  return [host?.address, host?.username, host?.notes];
};

describe('a form whose machine another program has changed', () => {
  it('takes what only one of both has changed, without a question', async () => {
    await edit();
    elsewhere({ address: 'moved.example' });
    await retype('username', 'cleo');
    await user.click(byId('save'));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(saved()).toEqual(['moved.example', 'cleo', 'old']);
  });

  it('shows both values of each field, and saves what was chosen', async () => {
    await edit();
    await user.click(byId('section-notes').querySelector('summary') as HTMLElement);
    await retype('username', 'cleo');
    await retype('notes', 'mine');
    elsewhere({ username: 'bob', notes: 'theirs', address: 'moved.example' });
    await user.click(byId('save'));
    await waitFor(() => expect(byId('conflict-username')).toHaveTextContent('cleo'));
    expect(byId('conflict-username')).toHaveTextContent('bob');
    expect(byId('conflict-notes')).toHaveTextContent('theirs');
    expect(document.getElementById('conflict-address')).toBeNull();
    expect((await axe.run(byId('conflict'))).violations).toEqual([]);
    expect(backend.callsOf('save_host'), 'nothing before it is chosen').toEqual([]);
    await choose('notes', 'theirs');
    await user.click(byId('conflict-save'));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(saved()).toEqual(['moved.example', 'cleo', 'theirs']);
  });

  it('is open as it was where nothing is chosen, and asks again', async () => {
    await edit();
    await retype('username', 'cleo');
    elsewhere({ username: 'bob' });
    await user.click(byId('save'));
    await waitFor(() => expect(byId('conflict-leave')).toHaveFocus());
    await user.click(byId('conflict-leave'));
    await waitFor(() => expect(document.getElementById('conflict')).toBeNull());
    expect(byId('username')).toHaveValue('cleo');
    expect(backend.callsOf('save_host')).toEqual([]);
    await user.click(byId('save'));
    await waitFor(() => expect(byId('conflict-save')).toBeVisible());
    // It is changed once more while the question is there.
    elsewhere({ username: 'dora' });
    await choose('username', 'theirs');
    await user.click(byId('conflict-save'));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(saved()[1]).toBe('dora');
  });

  it('asks where the machine leads before a password that was typed goes there', async () => {
    await edit();
    await user.click(byId('section-login').querySelector('summary') as HTMLElement);
    await user.type(byId('password'), 'hunter2');
    elsewhere({ address: 'evil.example' });
    await user.click(byId('save'));
    await waitFor(() => expect(byId('conflict-address')).toHaveTextContent('evil.example'));
    await user.click(byId('conflict-save'));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(saved()[0]).toBe('attic.local');
  });

  it('does not ask again about what was chosen where saving needs one more answer', async () => {
    await edit();
    await retype('username', 'cleo');
    elsewhere({ username: 'bob' });
    const asks = { address: 'attic.local', has_password: true, has_http_auth: false } as const;
    backend.refusals.set('save_host', { code: 'confirm_address', ...asks });
    await user.click(byId('save'));
    await waitFor(() => expect(byId('conflict-save')).toBeVisible());
    await choose('username', 'theirs');
    await user.click(byId('conflict-save'));
    await waitFor(() => expect(byId('keep-secrets')).toBeVisible());
    expect(byId('username')).toHaveValue('bob');
    await user.click(byId('keep-secrets'));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(saved()[1]).toBe('bob');
  });
});

describe('a change in the very moment of another program’s', () => {
  const notice = {
    code: 'hosts_conflict' as const,
    kept_as: '/home/ann/hosts.conflict-1.json',
    machines: ['Attic'],
    conflicts: [
      {
        host: 'attic',
        fields: [
          { field: 'username', theirs: 'bob', ours: 'ann' },
          { field: 'wake_port', theirs: 7, ours: null },
          { field: 'something_new', theirs: 1, ours: 2 },
        ],
      },
    ],
  };

  it('is told with both values, and what was chosen is saved as a step', async () => {
    backend.hosts = [attic()];
    backend.notices = [notice];
    render(HostsWindow);
    await user.click(await screen.findByRole('button', { name: t('conflict.compare') }));
    await waitFor(() => expect(byId('conflict-username')).toHaveTextContent('bob'));
    expect(byId('conflict-wake-port')).toHaveTextContent('7');
    expect(document.querySelectorAll('#conflict fieldset')).toHaveLength(2);
    await choose('username', 'theirs');
    await user.click(byId('conflict-save'));
    await waitFor(() => expect(saved()[1]).toBe('bob'));
    expect(backend.callsOf('save_host').at(-1)?.[0]).toMatchObject({ username: 'bob', wake_port: '' });
    await waitFor(() => expect(screen.queryByRole('button', { name: t('conflict.compare') })).toBeNull());
  });

  it('stays told where nothing is chosen, and opens the form where that has to ask', async () => {
    backend.hosts = [attic()];
    backend.notices = [notice];
    render(HostsWindow);
    await user.click(await screen.findByRole('button', { name: t('conflict.compare') }));
    await waitFor(() => expect(byId('conflict-leave')).toHaveFocus());
    await user.click(byId('conflict-leave'));
    const compare = await screen.findByRole('button', { name: t('conflict.compare') });
    const asks = { address: 'attic.local', has_password: true, has_http_auth: false } as const;
    backend.refusals.set('save_host', { code: 'confirm_address', ...asks });
    await user.click(compare);
    await waitFor(() => expect(byId('conflict-username')).toBeVisible());
    await choose('username', 'theirs');
    await user.click(byId('conflict-save'));
    await waitFor(() => expect(byId('username')).toHaveValue('bob'));
  });
});
