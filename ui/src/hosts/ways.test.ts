// Waking, calls and imports, as the one at the window meets them.

import { render, screen, waitFor } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { errorText, t } from '../i18n';
import type { Preview } from '../ipc/bindings/Preview';
import { backstage, reset, type Backstage } from '../ipc/fake';
import { machine } from '../ipc/scenes';
import HostsWindow from './HostsWindow.svelte';

vi.mock('../ipc', () => import('../ipc/fake'));

let stage: Backstage;
let user: ReturnType<typeof userEvent.setup>;

const byId = (id: string) => document.getElementById(id) as HTMLInputElement;
const toast = () => byId('toast').textContent;

beforeEach(() => {
  reset();
  stage = backstage;
  user = userEvent.setup();
});

async function choose(label: string) {
  await user.click(byId('window-menu'));
  await user.click(screen.getByRole('menuitem', { name: label }));
}

describe('waking', () => {
  it('is offered where there is a network card to wake', async () => {
    stage.hosts = [machine('Asleep', 'a.local', { mac: '00:1a:2b:3c:4d:5e' }), machine('Other', 'b.local')];
    render(HostsWindow);
    await screen.findAllByRole('option');
    await user.keyboard('{Shift>}{F10}{/Shift}');
    await user.click(screen.getByRole('menuitem', { name: t('hosts.wake') }));
    await waitFor(() => expect(stage.callsOf('wake_host')).toEqual([[stage.hosts[0]?.id]]));
    await user.keyboard('{ArrowDown}{Shift>}{F10}{/Shift}');
    expect(screen.queryByRole('menuitem', { name: t('hosts.wake') })).toBeNull();
  });
});

describe('calls', () => {
  it('are taken where and when the user says so', async () => {
    render(HostsWindow);
    await choose(t('listen.open'));
    expect(byId('listen-on')).not.toBeChecked();
    await user.click(byId('listen-on'));
    await user.selectOptions(byId('listen-address'), '192.168.1.5');
    await user.clear(byId('listen-port'));
    await user.type(byId('listen-port'), '70000');
    expect(byId('save')).toBeDisabled();
    await user.clear(byId('listen-port'));
    await user.type(byId('listen-port'), '5501{Enter}');
    const chosen = { on: true, address: '192.168.1.5', port: 5501 };
    await waitFor(() => expect(stage.callsOf('listen')).toEqual([[chosen]]));
    await waitFor(() => expect(document.getElementById('listen')).toBeNull());
  });

  it('cannot be taken where another program does', async () => {
    render(HostsWindow);
    await choose(t('listen.open'));
    const taken = { code: 'cannot_listen', address: '0.0.0.0:5500', detail: 'in use' } as const;
    stage.refusals.set('listen', taken);
    await user.click(byId('listen-on'));
    await user.click(byId('save'));
    expect(await screen.findByText(errorText(taken))).toBeVisible();
  });
});

describe('importing', () => {
  const found = (name: string, facts: Partial<Preview> = {}): Preview => ({
    name,
    address: `${name}.local`,
    file: 'tokens',
    line: 1,
    duplicate: false,
    problem: null,
    ...facts,
  });

  it('adds what was chosen, and nothing before', async () => {
    stage.found = [
      found('new'),
      found('unwanted'),
      found('known', { duplicate: true }),
      found('broken', { problem: { problem: 'no_port' } }),
    ];
    render(HostsWindow);
    await choose(t('import.open'));
    await user.type(byId('import-path'), '/etc/tokens');
    await user.click(byId('import-look'));
    const boxes = await screen.findAllByRole<HTMLInputElement>('checkbox');
    expect(boxes.map(({ checked, disabled }) => [checked, disabled])).toEqual([
      [true, false],
      [true, false],
      [false, false],
      [false, true],
    ]);
    expect(stage.callsOf('preview_import')).toEqual([[{ from: 'path', path: '/etc/tokens' }]]);
    expect(screen.getByText(t('problem.import.no_port'), { exact: false })).toBeVisible();
    expect(screen.getByText(t('import.duplicate'), { exact: false })).toBeVisible();
    await user.click(boxes[1] as HTMLInputElement);
    expect(stage.callsOf('save_host')).toEqual([]);
    await user.click(byId('import-add'));
    await waitFor(() => expect(toast()).toContain(t('toast.imported', { count: 1 })));
    expect(stage.hosts.map(({ name }) => name)).toEqual(['new']);
  });

  it('reads a chosen file', async () => {
    render(HostsWindow);
    await choose(t('import.open'));
    // The page's own way to read a file, which the test's has not.
    const file = Object.assign(new File([], 'tokens.cfg'), { text: () => Promise.resolve('abc: box:5900') });
    await user.upload(byId('import-file'), file);
    await waitFor(() =>
      expect(stage.callsOf('preview_import')).toEqual([[{ from: 'text', name: 'tokens.cfg', text: 'abc: box:5900' }]]),
    );
    expect(await screen.findByText(t('import.nothing'))).toBeVisible();
  });

  it('says what cannot be read', async () => {
    const unreadable = { code: 'import_unreadable', path: '/nowhere', detail: 'not found' } as const;
    stage.refusals.set('preview_import', unreadable);
    render(HostsWindow);
    await choose(t('import.open'));
    await user.type(byId('import-path'), '/nowhere{Enter}');
    expect(await screen.findByText(errorText(unreadable))).toBeVisible();
  });
});

describe('a site in front of a machine', () => {
  it('is told what it wants to see, which goes to the keyring and nowhere else', async () => {
    render(HostsWindow);
    await user.click(byId('add-host'));
    expect(document.getElementById('site')).toBeNull();
    await user.type(byId('address'), 'wss://lab.example/websockify?token=abc');
    await user.type(byId('site-username'), 'ann');
    await user.type(byId('site-password'), 'open sesame');
    await user.type(byId('site-headers'), 'Cookie: id=7:8');
    await user.click(byId('save'));
    await waitFor(() => expect(stage.callsOf('save_site')).toHaveLength(1));
    expect(stage.callsOf('save_site')[0]).toEqual([
      stage.hosts[0]?.id,
      {
        change: 'set',
        username: 'ann',
        password: 'open sesame',
        headers: [{ name: 'Cookie', value: 'id=7:8' }],
      },
    ]);
    expect(JSON.stringify(stage.callsOf('save_host'))).not.toContain('sesame');
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
  });

  it('is left as it is where nothing was typed, and forgotten where that was wanted', async () => {
    stage.hosts = [machine('Site', 'wss://lab.example/', { has_site: true })];
    render(HostsWindow);
    await screen.findAllByRole('option');
    await user.keyboard('{F2}');
    await user.click(byId('save'));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(stage.callsOf('save_site')).toEqual([]);
    await user.keyboard('{F2}');
    await user.click(byId('site-forget'));
    await user.click(byId('save'));
    await waitFor(() => expect(stage.callsOf('save_site')).toEqual([[stage.hosts[0]?.id, { change: 'forget' }]]));
  });
});
