// What the hosts window does about open sessions, and what others want of it.

import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { t } from '../i18n';
import { backend as current, reset } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { machine, openSessions } from '../ipc/fixtures';
import HostsWindow from './HostsWindow.svelte';

let backend: FakeBackend = current;
const user = userEvent.setup();

beforeEach(() => {
  backend = reset();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const byId = (id: string) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return found;
};

async function choose(item: string) {
  await user.click(byId('window-menu'));
  await user.click(await screen.findByRole('menuitem', { name: (name) => name.startsWith(item) }));
}

describe('open sessions', () => {
  it('mark the rows of their machines, until they are over', async () => {
    const studio = machine('Studio', 'studio.local');
    backend.hosts = [studio];
    render(HostsWindow);
    const [first] = openSessions();
    if (!first) throw new Error('no session');
    backend.setSessions([{ ...first, host: studio.id }]);
    const row = (name: RegExp) => screen.getByRole('option', { name });
    const said = t(`sessions.${first.state}`);
    await waitFor(() => expect(row(/Studio/)).toHaveTextContent(said));
    expect(document.querySelector('.heading')).toHaveTextContent(t('section.open'));
    // Where it is searched for, it is marked.
    await user.keyboard('stud');
    await waitFor(() => expect(row(/Studio/)).toHaveTextContent(t('hosts.open_now')));
    await user.keyboard('{Escape}');
    backend.setSessions([{ ...first, host: studio.id, state: 'ended' }]);
    await waitFor(() => expect(document.querySelector('.heading')).toBeNull());
    expect(row(/Studio/)).not.toHaveTextContent(t('hosts.open_now'));
  });

  it('are shown all together, with pictures only while somebody looks', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    backend.openSessions = openSessions();
    render(HostsWindow);
    await waitFor(() => expect(backend.callsOf('open_sessions')).toEqual([[false]]));
    await choose(t('sessions.open'));
    await waitFor(() => expect(document.querySelectorAll('#sessions [data-session]')).toHaveLength(3));
    expect(byId('sessions')).toHaveTextContent(t('sessions.asking'));
    await vi.advanceTimersByTimeAsync(10_000);
    const asked = backend.callsOf('open_sessions').filter(([pictures]) => pictures).length;
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(asked).toBeLessThanOrEqual(8);
    await user.click(document.querySelector('#sessions [data-session="2"]') as HTMLElement);
    await waitFor(() => expect(backend.callsOf('show_session')).toEqual([[2]]));
    expect(document.getElementById('sessions')).toBeNull();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(backend.callsOf('open_sessions').filter(([pictures]) => pictures)).toHaveLength(asked);
  });
});

describe('what others want of the list', () => {
  it('is done also where it was wished for while the page was loading', async () => {
    const studio = machine('Studio', 'studio.local');
    backend.hosts = [studio];
    backend.wishes = [{ wish: 'edit', host: studio.id, address: null }];
    render(HostsWindow);
    await waitFor(() => expect((byId('address') as HTMLInputElement).value).toBe('studio.local'));
    expect(backend.wishes).toEqual([]);
  });

  it('may begin with another address', async () => {
    const studio = machine('Studio', 'studio.local');
    backend.hosts = [studio];
    render(HostsWindow);
    backend.wish({ wish: 'edit', host: studio.id, address: 'studio.local:1' });
    await waitFor(() => expect((byId('address') as HTMLInputElement).value).toBe('studio.local:1'));
    await user.click(byId('save'));
    await waitFor(() => expect(backend.callsOf('save_host').at(-1)?.[0]).toMatchObject({ address: 'studio.local:1' }));
  });

  it('does not throw away what is being typed without a question', async () => {
    const studio = machine('Studio', 'studio.local');
    backend.hosts = [studio];
    render(HostsWindow);
    await user.click(byId('add-host'));
    await user.type(byId('address'), 'half');
    await waitFor(() => expect(backend.callsOf('set_unsaved').at(-1)).toEqual([true]));
    for (const wish of [{ wish: 'edit', host: studio.id, address: null }, { wish: 'close' }] as const) {
      backend.wish(wish);
      await user.click(await waitFor(() => byId('leaving-leave')));
      expect((byId('address') as HTMLInputElement).value).toBe('half');
      expect(byId('editor-title')).toHaveTextContent(t('editor.add_title'));
    }
    expect(backend.callsOf('choose_closing')).toEqual([]);
    backend.wish({ wish: 'close' });
    await user.click(await waitFor(() => byId('leaving-act')));
    await waitFor(() => expect(backend.callsOf('choose_closing')).toEqual([['discard']]));
    expect(backend.callsOf('set_unsaved').at(-1)).toEqual([false]);
  });

  it('may be the overview', async () => {
    render(HostsWindow);
    backend.wish({ wish: 'sessions' });
    await screen.findByText(t('sessions.none'));
  });
});

describe('quitting', () => {
  it('is asked for with Ctrl+Q, and asked about by the engine where sessions are open', async () => {
    render(HostsWindow);
    await user.keyboard('{Control>}q{/Control}');
    expect(backend.callsOf('quit')).toEqual([['ask']]);
    backend.wish({ wish: 'quit', sessions: 3 });
    await screen.findByText('3 sessions are open');
    await waitFor(() => expect(byId('quit-anyway')).toHaveFocus());
    await user.click(byId('stay'));
    expect(document.getElementById('quitting')).toBeNull();
    backend.wish({ wish: 'quit', sessions: 1 });
    await screen.findByText('1 session is open');
    await user.click(byId('quit-anyway'));
    expect(backend.callsOf('quit')).toEqual([['ask'], ['stay'], ['quit']]);
  });

  it('is asked about where a form is not saved, too', async () => {
    render(HostsWindow);
    await user.click(byId('add-host'));
    await user.type(byId('address'), 'half');
    backend.wish({ wish: 'quit', sessions: 0 });
    await screen.findByText(t('quit.unsaved'));
    expect(byId('quitting-title')).toHaveTextContent(t('leaving.title'));
    expect(byId('stay')).toHaveFocus();
    await user.click(byId('stay'));
    expect((byId('address') as HTMLInputElement).value).toBe('half');
  });
});
