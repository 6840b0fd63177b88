import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { errorText, type Key, leadText, t } from '../i18n';
import type { EngineError } from '../ipc/bindings/EngineError';
import type { Lead } from '../ipc/bindings/Lead';
import { backend as fake } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import type { Report } from '../ipc/bindings/Report';
import { certificate, failing, knownKey, machine, reached, removedView } from '../ipc/fixtures';
import type { HostView } from '../ipc/bindings/HostView';
import { emptyDraft, sections } from './fields';
import HostsWindow from './HostsWindow.svelte';

let backend: FakeBackend;
let user: ReturnType<typeof userEvent.setup>;

/** A host whose id and address follow from its name. */
function host(name: string, facts: Partial<HostView> = {}): HostView {
  const id = name.toLowerCase().replace(/\W/g, '-');
  return machine(name, `${id}.local`, { id, ...facts });
}

async function show(...hosts: HostView[]) {
  backend.hosts = hosts;
  render(HostsWindow);
  if (hosts.length > 0) await screen.findAllByRole('option');
  else await waitFor(() => expect(byId('empty')).toBeVisible());
}

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id} in the page`);
  return found;
}

// Those of a form's selects have none.
const names = () => screen.queryAllByRole('option').flatMap((row) => row.dataset.name ?? []);
const selected = () => document.querySelector<HTMLElement>('[role=option][aria-selected=true]')?.dataset.name;
const toast = () => byId('toast').textContent;
const field = (id: string) => byId(id) as HTMLInputElement;

beforeEach(() => {
  backend = fake;
  user = userEvent.setup();
});

it('gets the window in waiting made when the list is seen, and not again while a machine opens', async () => {
  await show(host('Studio'));
  await waitFor(() => expect(backend.callsOf('list_shown')).toHaveLength(1));
  backend.hosts = [host('Studio', { last_opened: 9 }), host('Attic')];
  backend.hostsChanged.forEach((listener) => listener());
  await screen.findByRole('option', { name: /Attic/ });
  // It would have been said by now.
  await new Promise((resolve) => setTimeout(resolve));
  expect(backend.callsOf('list_shown')).toHaveLength(1);
});

describe('the list', () => {
  it('begins with the search box focused and the first host selected', async () => {
    await show(host('Beta'), host('Alpha'));
    expect(byId('search')).toHaveFocus();
    expect(names()).toEqual(['Alpha', 'Beta']);
    expect(selected()).toBe('Alpha');
  });

  it('says what to do where it is empty', async () => {
    await show();
    expect(byId('empty')).toHaveTextContent(t('hosts.empty_text'));
  });

  it('draws few of ten thousand hosts', async () => {
    await show(...Array.from({ length: 10_000 }, (_, n) => host(`Node ${n}`)));
    expect(screen.getAllByRole('option').length).toBeLessThan(60);
    expect(screen.getAllByRole('option')[0]).toHaveAttribute('aria-setsize', '10000');
  });

  it('shows names as text, whatever is in them', async () => {
    const name = '<img src=x onerror="window.broken = true"><b>bold</b>';
    await show(host(name));
    expect(screen.getByText(name)).toBeVisible();
    expect(document.querySelector('#hosts img, #hosts b')).toBeNull();
  });

  it('follows the engine', async () => {
    await show(host('Alpha'));
    backend.hosts = [...backend.hosts, host('Beta')];
    backend.emitHostsChanged();
    await waitFor(() => expect(names()).toEqual(['Alpha', 'Beta']));
  });

  it('says why it could not be read', async () => {
    backend.refusals.set('list_hosts', { code: 'system', detail: 'out of paper' });
    render(HostsWindow);
    await waitFor(() => expect(toast()).toContain('(out of paper)'));
  });
});

describe('searching', () => {
  it('narrows the list as one types and Escape widens it again', async () => {
    await show(host('Studio'), host('Living room'));
    await user.type(byId('search'), 'liv');
    expect(names()[0]).toBe('Living room');
    expect(names()).not.toContain('Studio');
    await user.keyboard('{Escape}');
    expect(byId('search')).toHaveValue('');
    expect(names()).toEqual(['Living room', 'Studio']);
  });

  it('offers to connect to what reads as an address, also beside hosts that match', async () => {
    await show(host('Studio'));
    await user.type(byId('search'), 'studio');
    const rows = await screen.findAllByRole('option');
    await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(2));
    expect(rows[0]).toHaveAttribute('data-name', 'Studio');
    expect(screen.getAllByRole('option')[1]).toHaveTextContent('Connect to studio');
    await user.keyboard('{ArrowDown}{Enter}');
    expect(backend.callsOf('open_address')).toEqual([['studio']]);
    expect(backend.callsOf('open_host')).toEqual([]);
  });

  it('connects on Enter without saving', async () => {
    await show(host('Studio'));
    await user.type(byId('search'), '10.0.0.9:5901{Enter}');
    expect(backend.callsOf('open_address')).toEqual([['10.0.0.9:5901']]);
    expect(backend.callsOf('save_host')).toEqual([]);
  });

  it('says why what was typed is neither a host nor an address', async () => {
    await show(host('Studio'));
    await user.type(byId('search'), 'my old pc');
    await waitFor(() => expect(byId('no-match')).toHaveTextContent(t('problem.address.hostname')));
    await user.keyboard('{Enter}');
    await waitFor(() => expect(toast()).toContain(t('problem.address.hostname')));
  });

  it('gets what is typed while the list has the focus', async () => {
    await show(host('Studio'), host('Attic'));
    await user.click(screen.getByText('Attic'));
    byId('hosts').focus();
    await user.keyboard('stu');
    expect(byId('search')).toHaveFocus();
    expect(names()[0]).toBe('Studio');
  });
});

describe('opening', () => {
  it('says so in the row at once, and once is enough', async () => {
    await show(host('Studio'));
    let opened: () => void = () => {};
    backend.delays.set('open_host', new Promise<void>((resolve) => (opened = resolve)));
    await user.keyboard('{Enter}{Enter}');
    expect(screen.getByRole('option')).toHaveTextContent(t('hosts.opening'));
    expect(backend.callsOf('open_host')).toEqual([['studio']]);
    opened();
    await waitFor(() => expect(screen.getByRole('option')).not.toHaveTextContent(t('hosts.opening')));
  });

  it('happens by double click', async () => {
    await show(host('Studio'), host('Attic'));
    await user.dblClick(screen.getByText('Studio'));
    expect(backend.callsOf('open_host')).toEqual([['studio']]);
  });

  it('says why it failed', async () => {
    await show(host('Studio'));
    backend.refusals.set('open_host', { code: 'no_such_host' });
    await user.keyboard('{Enter}');
    await waitFor(() => expect(toast()).toContain(errorText({ code: 'no_such_host' })));
  });
});

describe('the editor', () => {
  it('adds a host with its password, and keeps the password no longer', async () => {
    await show();
    await user.click(byId('add-host'));
    expect(byId('address')).toHaveFocus();
    await user.type(byId('address'), 'studio.local:5901');
    await user.type(byId('name'), 'Studio');
    await user.type(byId('password'), 'lamp light');
    await user.click(byId('favourite'));
    await user.click(byId('save'));
    await waitFor(() => expect(byId('search')).toHaveFocus());
    await waitFor(() => expect(selected()).toBe('Studio'));
    expect(document.getElementById('editor')).toBeNull();
    expect(backend.callsOf('save_host')).toEqual([
      [
        emptyDraft({ name: 'Studio', address: 'studio.local:5901', favourite: true }),
        { change: 'set', password: 'lamp light' },
      ],
    ]);
    expect(document.body.innerHTML).not.toContain('lamp light');
  });

  it('checks the address when it is left, and forgives while it is mended', async () => {
    await show();
    await user.click(byId('add-host'));
    await user.type(byId('address'), 'my pc');
    await user.tab();
    await waitFor(() => expect(byId('address-problem')).toHaveTextContent(t('problem.address.hostname')));
    expect(byId('address')).toBeInvalid();
    expect(byId('address').getAttribute('aria-describedby')).toContain('address-problem');
    await user.type(byId('address'), '{Backspace}');
    expect(byId('address-problem').textContent).toBe('');
  });

  it('says what is missing and puts the cursor there; nothing typed is lost', async () => {
    await show();
    await user.click(byId('add-host'));
    await user.type(byId('name'), 'Studio{Enter}');
    await waitFor(() => expect(byId('address-problem')).toHaveTextContent(t('problem.address.empty')));
    expect(byId('address')).toHaveFocus();
    expect(byId('name')).toHaveValue('Studio');
  });

  it('shows a failure to save as a sentence', async () => {
    await show(host('Studio'));
    backend.refusals.set('save_host', { code: 'hosts_not_saved', path: '/x', detail: 'disk full' });
    await user.keyboard('{F2}');
    await user.type(byId('name'), ' 2{Enter}');
    const alert = await within(byId('editor')).findByRole('alert');
    expect(alert).toHaveTextContent('could not be saved to /x');
    expect(field('name').value).toBe('Studio 2');
  });

  it('keeps a saved password, unless another is typed or it is to be forgotten', async () => {
    await show(host('Studio', { has_password: true }));
    backend.passwords.set('studio', 'old');

    await user.keyboard('{F2}');
    expect(byId('password')).toHaveAttribute('placeholder', t('editor.password_saved'));
    await user.click(byId('save'));
    await waitFor(() => expect(backend.callsOf('save_host')[0]?.[1]).toEqual({ change: 'keep' }));

    await user.keyboard('{F2}');
    await user.click(byId('forget-password'));
    await user.click(byId('save'));
    await waitFor(() => expect(backend.callsOf('save_host')[1]?.[1]).toEqual({ change: 'forget' }));
    expect(backend.passwords.has('studio')).toBe(false);
  });

  it('says that the password is not in the keyring when it is not', async () => {
    await show();
    backend.keyring = { code: 'keyring_locked' };
    await user.click(byId('add-host'));
    await user.type(byId('address'), 'studio.local');
    await user.type(byId('password'), 'lamp{Enter}');
    await waitFor(() => expect(toast()).toContain(errorText({ code: 'keyring_locked' })));
    expect(toast()).toContain('studio.local');
    expect(names()).toEqual(['studio.local']);
  });

  it('shows the password only on request', async () => {
    await show();
    await user.click(byId('add-host'));
    expect(byId('password')).toHaveAttribute('type', 'password');
    await user.click(screen.getByRole('button', { name: t('editor.password_show') }));
    expect(byId('password')).toHaveAttribute('type', 'text');
  });

  it('begins with the address that was searched for in vain', async () => {
    await show(host('Studio'));
    await user.type(byId('search'), 'nas.local');
    await screen.findByText('Connect to nas.local');
    await user.click(byId('add-host'));
    expect(byId('address')).toHaveValue('nas.local');
  });
});

describe('the rarer settings', () => {
  it('are folded away, and each section says what is set in it', async () => {
    await show(
      host('Studio'),
      host('Repeated', { repeater_id: '4711', ssh_jump: 'gate' }),
      host('Certified', { ca_file: '/etc/ca.pem', old_tls: true }),
      host('Once', { reconnect: false, username: 'ann', has_password: true }),
      host('Sorted', { tags: ['lab', 'web'], colour: 'red', notes: 'Rack 4\nbelow', picture: 'off', view_only: true }),
    );
    const said = {
      Studio: {},
      Repeated: { way: `gate · ${t('editor.repeater_id')}` },
      Certified: { security: `${t('editor.ca_file')} · ${t('editor.old_tls')}` },
      Once: { login: `ann · ${t('editor.password')}`, way: t('editor.brief.no_reconnect') },
      Sorted: {
        display: `${t('editor.view_only')} · ${t('editor.brief.picture_off')}`,
        notes: `lab, web · ${t('colour.red')} · Rack 4`,
      },
    };
    for (const [name, briefs] of Object.entries(said)) {
      await user.click(screen.getByText(name));
      await user.keyboard('{F2}');
      for (const section of sections) {
        const details = byId(`section-${section}`) as HTMLDetailsElement;
        expect(details.open, `${name}, ${section}`).toBe(false);
        const brief = details.querySelector('summary small')?.textContent ?? '';
        expect(brief, `${name}, ${section}`).toBe((briefs as Record<string, string>)[section] ?? '');
      }
      await user.click(byId('leave-editor'));
    }
  });

  it('are saved with the rest', async () => {
    await show(host('Studio'));
    await user.keyboard('{F2}');
    await user.click(screen.getByText(t('editor.section.way')));
    await user.type(byId('ssh-jump'), 'ann@gate');
    await user.type(byId('repeater-id'), '4711');
    expect(byId('proxy')).toHaveValue('');
    expect(byId('reconnect')).toBeChecked();
    await user.click(byId('reconnect'));
    await user.type(byId('client-certificate'), '/ann.pem');
    await user.type(byId('client-key'), '/ann-key.pem');
    await user.type(byId('ca-file'), '/etc/ca.pem{Enter}');
    const rarer = {
      ssh_jump: 'ann@gate',
      repeater_id: '4711',
      ca_file: '/etc/ca.pem',
      client_certificate: '/ann.pem',
      client_key: '/ann-key.pem',
      reconnect: false,
    };
    await waitFor(() => expect(backend.hosts[0]).toMatchObject(rarer));
    expect(backend.callsOf('save_host')[0]?.[0]).toMatchObject(rarer);
  });

  it('unfold where one of them is wrong, which has the cursor then', async () => {
    await show(host('Studio'));
    await user.keyboard('{F2}');
    backend.refusals.set('save_host', {
      code: 'fields',
      fields: [{ field: 'ca_file', problem: 'control_characters' }],
    });
    await user.click(byId('save'));
    await waitFor(() => expect(byId('ca-file-problem')).toHaveTextContent(t('problem.ca_file.control_characters')));
    expect((byId('section-security') as HTMLDetailsElement).open).toBe(true);
    expect(byId('ca-file')).toHaveFocus();
  });
});

describe('testing the connection', () => {
  const verdict = () => byId('test-verdict').textContent;

  /** The editor with an address in it. */
  async function edit(report: Report | null = null) {
    await show();
    backend.report = report;
    await user.click(byId('add-host'));
    await user.type(byId('address'), 'studio.local');
  }

  it('tries what was typed, saves nothing, and keeps what was typed', async () => {
    await edit(reached);
    await user.type(byId('username'), 'ada');
    await user.type(byId('password'), 'lamp light');
    await user.click(byId('test'));
    await waitFor(() => expect(verdict()).toBe('Reached “ada@studio”, 1024×768'));
    const draft = emptyDraft({ address: 'studio.local', username: 'ada' });
    expect(backend.callsOf('test_connection')).toEqual([[draft, { change: 'set', password: 'lamp light' }]]);
    expect(backend.callsOf('save_host')).toEqual([]);
    expect(field('password').value).toBe('lamp light');

    const result = byId('test-result');
    expect(result).toHaveTextContent(t('level.identified'));
    expect(result).toHaveTextContent(certificate.sha256);
    const stages = [...result.querySelectorAll<HTMLElement>('[data-stage]')];
    expect(stages.map(({ dataset }) => dataset.stage)).toEqual(reached.stages.map(({ stage }) => stage));
    expect(stages[4]).toHaveTextContent('41 ms');
    expect((byId('test-stages') as HTMLDetailsElement).open).toBe(true);
  });

  it('is content where the server asks for a login', async () => {
    await edit();
    await user.click(byId('test'));
    await waitFor(() => expect(verdict()).toBe(t('test.asks_login')));
    expect(byId('test-result')).toHaveTextContent(t('level.password'));
    expect(byId('test-result').querySelector('.failed')).toBeNull();
  });

  it.each(['ssh', 'wss'] as const)('says how far a tunnel encrypts: %s', async (tunnel) => {
    await edit({ ...reached, tunnel });
    await user.click(byId('test'));
    await waitFor(() => expect(byId('test-tunnel')).toHaveTextContent(t(`test.tunnel.${tunnel}`)));
  });

  it('names the size of a screen without a name', async () => {
    await edit({ ...reached, desktop: { name: ' ', width: 640, height: 480 } });
    await user.click(byId('test'));
    await waitFor(() => expect(verdict()).toBe('Reached a screen of 640×480'));
  });

  it.each<EngineError>([
    { code: 'connection_refused', address: 'studio.local' },
    { code: 'not_rfb', address: 'studio.local', looks_like: 'ssh' },
    { code: 'auth_failed', address: 'studio.local', reason: 'no', too_many: true },
    { code: 'untrusted', address: 'studio.local', fingerprint: certificate.sha256 },
    { code: 'weaker', address: 'studio.local', before: 'identified', now: 'clear' },
    { code: 'needs_consent', address: 'studio.local', security_type: 'Plain' },
  ])('says what went wrong and where: $code', async (error) => {
    await edit(failing(error));
    await user.click(byId('test'));
    await waitFor(() => expect(verdict()).toBe(errorText(error)));
    const stages = [...byId('test-result').querySelectorAll('[data-stage]')];
    expect(stages.map((stage) => stage.classList.contains('failed'))).toEqual([false, false, false, true]);
    expect(stages[3]).toHaveTextContent(t('test.failed'));
  });

  it('leads on from a failure: what it has found goes into the form, and nothing is saved', async () => {
    const refused = failing({ code: 'connection_refused', address: 'studio.local' });
    const leads: [Lead, string, Record<string, string>, string][] = [
      [
        { lead: 'address', address: 'studio.local:1', why: 'answers' },
        'lead.use',
        { address: 'studio.local:1' },
        'address',
      ],
      [
        { lead: 'through', address: 'studio:2', through: 'ann@gate', beside: null },
        'lead.use_way',
        { address: 'studio:2', 'ssh-jump': 'ann@gate' },
        'ssh-jump',
      ],
      [
        { lead: 'listed', host: machine('Studio', 'studio').id, name: 'Studio', through: 'socks5://gate:1080' },
        'lead.use_way',
        { proxy: 'socks5://gate:1080', 'ssh-jump': '' },
        'proxy',
      ],
      [{ lead: 'account' }, 'lead.enter_account', {}, 'username'],
    ];
    await edit(refused);
    for (const [lead, action, values, focused] of leads) {
      backend.lead = lead;
      await user.click(byId('test'));
      await waitFor(() => expect(byId('test-lead')).toHaveTextContent(leadText(lead)));
      expect(byId('follow-lead')).toHaveTextContent(t(action as Key));
      await user.click(byId('follow-lead'));
      for (const [id, value] of Object.entries(values)) expect(field(id).value).toBe(value);
      expect(byId(focused)).toHaveFocus();
      expect(document.getElementById('test-lead')).toBeNull();
    }
    backend.lead = { lead: 'wake' };
    await user.click(byId('test'));
    await waitFor(() => expect(byId('test-lead')).toHaveTextContent(t('lead.wake')));
    expect(document.getElementById('follow-lead'), 'it has no entry yet that could be woken').toBeNull();
    expect(backend.callsOf('save_host')).toEqual([]);
  });

  it('holds a changed key against the known one', async () => {
    const [known, shown] = [knownKey.sha256, certificate.key_sha256];
    await edit(failing({ code: 'trust_changed', address: 'studio.local', known, shown }, reached));
    await user.click(byId('test'));
    await waitFor(() => expect(byId('test-result')).toHaveTextContent(t('changed.known')));
    const held = [...byId('test-result').querySelectorAll('code.held')];
    expect(held.map((code) => code.textContent)).toEqual([known, shown]);
  });

  it('runs once at a time, and says so', async () => {
    await edit();
    let done: () => void = () => {};
    backend.delays.set('test_connection', new Promise<void>((resolve) => (done = resolve)));
    await user.click(byId('test'));
    expect(verdict()).toBe(t('test.running', { address: 'studio.local' }));
    expect(byId('test')).toHaveTextContent(t('editor.testing'));
    expect(byId('test')).toHaveFocus();
    await user.click(byId('test'));
    await user.keyboard('{Enter}');
    expect(backend.callsOf('test_connection')).toHaveLength(1);
    done();
    await waitFor(() => expect(verdict()).toBe(t('test.asks_login')));
    expect(byId('test')).toHaveTextContent(t('editor.test'));
  });

  it('forgets its result once the form is another one', async () => {
    await show(host('Studio', { has_password: true }));
    await user.keyboard('{F2}');
    for (const change of [
      () => user.type(byId('address'), '1'),
      () => user.click(byId('favourite')),
      () => user.click(byId('forget-password')),
    ]) {
      await user.click(byId('test'));
      await waitFor(() => expect(verdict()).toBe(t('test.asks_login')));
      await change();
      expect(byId('test-result').textContent.trim()).toBe('');
    }
  });

  it('says nothing about a form that was changed meanwhile', async () => {
    await edit();
    let done: () => void = () => {};
    backend.delays.set('test_connection', new Promise<void>((resolve) => (done = resolve)));
    await user.click(byId('test'));
    await user.type(byId('address'), ':1');
    expect(verdict()).toBe('');
    done();
    await new Promise((resolve) => setTimeout(resolve));
    expect(verdict()).toBe('');
    backend.delays.clear();
    await user.click(byId('test'));
    await waitFor(() => expect(verdict()).toBe(t('test.asks_login')));
  });

  it('may go on while the editor closes', async () => {
    await edit();
    let done: () => void = () => {};
    backend.delays.set('test_connection', new Promise<void>((resolve) => (done = resolve)));
    await user.click(byId('test'));
    await user.click(byId('leave-editor'));
    await user.click(byId('leaving-act'));
    expect(document.getElementById('editor')).toBeNull();
    done();
    await new Promise((resolve) => setTimeout(resolve));
    await user.click(byId('add-host'));
    expect(byId('test-result').textContent.trim()).toBe('');
  });

  it('shows a field’s problem at the field, as saving does', async () => {
    await edit();
    await user.clear(byId('address'));
    await user.click(byId('test'));
    await waitFor(() => expect(byId('address-problem')).toHaveTextContent(t('problem.address.empty')));
    expect(byId('address')).toHaveFocus();
    expect(verdict()).toBe('');
  });

  it('shows a failure to test as a sentence', async () => {
    await edit();
    backend.refusals.set('test_connection', { code: 'no_such_host' });
    await user.click(byId('test'));
    expect(await within(byId('editor')).findByRole('alert')).toHaveTextContent(t('error.no_such_host'));
    expect(byId('test')).toHaveTextContent(t('editor.test'));
  });

  it('shows what the server says as text', async () => {
    await edit({ ...reached, desktop: { name: '<b>bold</b>', width: 1, height: 1 }, offered: ['<i>x</i>'] });
    await user.click(byId('test'));
    await waitFor(() => expect(verdict()).toContain('<b>bold</b>'));
    expect(byId('test-result').querySelector('b, i')).toBeNull();
  });
});

describe('duplicating, marking as favourite, removing', () => {
  it('duplicates under a free name and selects the copy', async () => {
    await show(host('Studio'), host('Studio (copy)'));
    await user.keyboard('{Control>}d{/Control}');
    await waitFor(() => expect(selected()).toBe('Studio (copy 2)'));
    expect(toast()).toContain('Studio (copy 2)');
  });

  it('shortens the longest name a host may have, so that the copy may have it too', async () => {
    await show(host('n'.repeat(200)));
    await user.keyboard('{Control>}d{/Control}');
    await waitFor(() => expect(names()).toHaveLength(2));
    expect([...(backend.callsOf('duplicate_host')[0]?.[1] as string)].length).toBeLessThanOrEqual(200);
  });

  it('shows a favourite first, and keeps it selected', async () => {
    await show(host('Attic'), host('Studio'));
    await user.hover(screen.getByText('Studio'));
    await user.click(document.querySelector<HTMLElement>('[data-name=Studio] .favourite') as HTMLElement);
    await waitFor(() => expect(names()).toEqual(['Studio', 'Attic']));
    expect(selected()).toBe('Studio');
  });

  it('removes, selects the neighbour, and brings back', async () => {
    await show(host('Attic'), host('Kitchen'), host('Studio'));
    await user.keyboard('{ArrowDown}{Delete}');
    await waitFor(() => expect(names()).toEqual(['Attic', 'Studio']));
    expect(selected()).toBe('Studio');
    await user.click(byId('undo'));
    await waitFor(() => expect(names()).toEqual(['Attic', 'Kitchen', 'Studio']));
    expect(selected()).toBe('Kitchen');
    expect(document.getElementById('undo')).toBeNull();
  });

  it('undoes step by step, and does it again', async () => {
    await show(host('Attic'), host('Kitchen'), host('Studio'));
    await user.keyboard('{Delete}');
    await waitFor(() => expect(names()).toEqual(['Kitchen', 'Studio']));
    await user.keyboard('{Delete}');
    await waitFor(() => expect(names()).toEqual(['Studio']));
    await user.keyboard('{Control>}z{/Control}');
    await waitFor(() => expect(names()).toEqual(['Kitchen', 'Studio']));
    expect(toast()).toContain(t('undo.undone', { step: t('step.removed', { name: 'Kitchen' }) }));
    await user.keyboard('{Control>}z{/Control}');
    await waitFor(() => expect(names()).toEqual(['Attic', 'Kitchen', 'Studio']));
    await user.keyboard('{Control>}{Shift>}z{/Shift}{/Control}');
    await waitFor(() => expect(names()).toEqual(['Kitchen', 'Studio']));
    expect(toast()).toContain(t('undo.redone', { step: t('step.removed', { name: 'Attic' }) }));
    await user.keyboard('{Control>}y{/Control}');
    await waitFor(() => expect(names()).toEqual(['Studio']));
    await user.keyboard('{Control>}y{/Control}');
    expect(backend.callsOf('redo')).toHaveLength(2);
  });

  it('leaves undoing to the text while something is searched for', async () => {
    await show(host('Attic'), host('Kitchen'));
    await user.keyboard('{Delete}');
    await waitFor(() => expect(names()).toEqual(['Kitchen']));
    await user.keyboard('kit{Control>}z{/Control}');
    expect(backend.callsOf('undo')).toEqual([]);
    // The message's button means its step, whatever was done since.
    const { undo } = backend.history();
    backend.step('favourite', []);
    await user.click(byId('undo'));
    expect(backend.callsOf('undo')).toEqual([[undo?.number]]);
  });

  it('has undo and redo in its menu, by what they are about', async () => {
    await show(host('Attic'), host('Kitchen'));
    await user.click(byId('window-menu'));
    expect(screen.getByRole('menuitem', { name: new RegExp(t('undo.nothing')) })).toBeDisabled();
    await user.keyboard('{Escape}');
    byId('search').focus();
    await user.keyboard('{Delete}');
    await waitFor(() => expect(names()).toEqual(['Kitchen']));
    await user.click(byId('window-menu'));
    const step = t('step.removed', { name: 'Attic' });
    await user.click(screen.getByRole('menuitem', { name: new RegExp(t('undo.undo', { step })) }));
    await waitFor(() => expect(names()).toEqual(['Attic', 'Kitchen']));
    await user.click(byId('window-menu'));
    await user.click(screen.getByRole('menuitem', { name: new RegExp(t('undo.redo', { step })) }));
    await waitFor(() => expect(names()).toEqual(['Kitchen']));
  });

  it('tells what could not go back, until that was read', async () => {
    await show(host('Attic'));
    await user.keyboard('{Delete}');
    await waitFor(() => expect(names()).toEqual([]));
    backend.left = ['Attic', 'Kitchen', 'Studio', 'Shed'];
    await user.keyboard('{Control>}z{/Control}');
    await waitFor(() => expect(toast()).toContain(t('undo.left', { names: 'Attic, Kitchen, Studio, …' })));
  });

  it.each(['put back', 'a new one'])(
    'loses nothing of a form whose machine has gone meanwhile: %s',
    async (becomes) => {
      await show(host('Attic'), host('Kitchen'));
      await user.keyboard('{F2}');
      await user.type(byId('username'), 'ann');
      const [attic, kitchen] = backend.hosts as [HostView, HostView];
      if (becomes === 'put back') backend.removed.set(attic.id, removedView(attic, 1));
      backend.hosts = [kitchen];
      backend.emitHostsChanged();
      await waitFor(() => expect(names()).toEqual(['Kitchen']));
      await user.click(byId('save'));
      await waitFor(() => expect(names()).toEqual(['Attic', 'Kitchen']));
      const saved = backend.hosts.find(({ name }) => name === 'Attic');
      expect([saved?.username, saved?.id === attic.id]).toEqual(['ann', becomes === 'put back']);
    },
  );

  it('shows a notice for as long as it holds', async () => {
    const broken: EngineError = { code: 'hosts_broken', path: '/home/ann/hosts.json', detail: 'line 3' };
    backend.notices = [broken];
    await show(host('Attic'));
    await waitFor(() => expect(byId('notices')).toHaveTextContent('/home/ann/hosts.json'));
    backend.notices = [];
    backend.emitHostsChanged();
    await waitFor(() => expect(document.querySelector('.notice')).toBeNull());
    backend.notices = [broken];
    backend.emitHostsChanged();
    await waitFor(() => expect(byId('notices')).toHaveTextContent('/home/ann/hosts.json'));
    await user.click(screen.getByRole('button', { name: t('hosts.notice_dismiss') }));
    backend.emitHostsChanged();
    await waitFor(() => expect(document.querySelector('.notice')).toBeNull());
  });

  it('offers to undo for ten seconds', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    try {
      await show(host('Attic'), host('Kitchen'));
      await user.keyboard('{Delete}');
      await waitFor(() => expect(document.getElementById('undo')).not.toBeNull());
      await vi.advanceTimersByTimeAsync(9_000);
      expect(document.getElementById('undo')).not.toBeNull();
      await vi.advanceTimersByTimeAsync(1_500);
      expect(document.getElementById('undo')).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  it('leaves a host alone while Delete edits the query', async () => {
    await show(host('Studio'));
    await user.type(byId('search'), 'studio{Delete}');
    expect(backend.callsOf('remove_host')).toEqual([]);
  });

  it('is all in the context menu too', async () => {
    await show(host('Attic'), host('Studio'));
    await user.pointer({ keys: '[MouseRight]', target: screen.getByText('Studio') });
    const menu = screen.getByRole('menu');
    expect(within(menu).getByRole('menuitem', { name: /Open/ })).toHaveFocus();
    await user.keyboard('{ArrowUp}{Enter}');
    await waitFor(() => expect(names()).toEqual(['Attic']));
    expect(screen.queryByRole('menu')).toBeNull();
  });
});

describe('notices', () => {
  it('are said once, each, and go when dismissed', async () => {
    backend.notices = [{ code: 'keyring_missing', detail: '' }];
    await show(host('Studio'));
    const area = byId('notices');
    expect(area).toHaveAttribute('role', 'alert');
    expect(area).toHaveTextContent(errorText({ code: 'keyring_missing', detail: '' }));
    await user.click(within(area).getByRole('button'));
    expect(area.textContent).toBe('');

    backend.hosts = [...backend.hosts, host('Attic')];
    backend.emitHostsChanged();
    await waitFor(() => expect(names()).toHaveLength(2));
    expect(area.textContent).toBe('');
  });
});

describe('closing', () => {
  it.each([
    ['keep-in-tray', 'tray'],
    ['quit', 'quit'],
  ])('asks what it means: #%s', async (button, choice) => {
    await show(host('Studio'));
    backend.emitClosing();
    await waitFor(() => expect(byId('closing')).toBeVisible());
    await user.click(byId(button));
    expect(backend.callsOf('choose_closing')).toEqual([[choice]]);
    expect(document.getElementById('closing')).toBeNull();
  });
});

it('can be used from beginning to end with the keyboard', async () => {
  await show();
  await user.keyboard('{Control>}n{/Control}');
  await user.keyboard('studio.local{Tab}Studio{Control>}s{/Control}');
  await waitFor(() => expect(selected()).toBe('Studio'));

  await user.keyboard('{Control>}n{/Control}');
  await user.keyboard('attic.local{Tab}Attic{Control>}s{/Control}');
  await waitFor(() => expect(selected()).toBe('Attic'));

  byId('search').focus();
  await user.keyboard('{ArrowDown}');
  expect(selected()).toBe('Studio');
  expect(byId('search')).toHaveAttribute('aria-activedescendant', byId('hosts').getAttribute('aria-activedescendant'));

  await user.keyboard('{Control>}e{/Control}');
  await user.keyboard('{Control>}a{/Control}Workshop{Control>}s{/Control}');
  await waitFor(() => expect(selected()).toBe('Workshop'));

  await user.keyboard('{Control>}d{/Control}');
  await waitFor(() => expect(selected()).toBe('Workshop (copy)'));
  await user.keyboard('{Delete}');
  await waitFor(() => expect(names()).toEqual(['Attic', 'Workshop']));

  await user.keyboard('{Control>}f{/Control}work{Enter}');
  const workshop = backend.hosts.find(({ name }) => name === 'Workshop');
  expect(backend.callsOf('open_host')).toEqual([[workshop?.id]]);
});

describe('for assistive technology', () => {
  // Colours need a real engine: jsdom has no layout.
  const violations = async () =>
    (await axe.run(document.body, { rules: { 'color-contrast': { enabled: false } } })).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`,
    );

  it('the list has nothing to complain about', async () => {
    backend.notices = [{ code: 'keyring_missing', detail: '' }];
    await show(host('Studio', { favourite: true, view_only: true, last_opened: 1 }), host('Demo', { demo: true }));
    expect(await violations()).toEqual([]);
  });

  it('nor have the empty list, the editor, the menu and the toast', async () => {
    await show();
    expect(await violations()).toEqual([]);
    await user.click(byId('add-host'));
    await user.keyboard('{Enter}');
    await waitFor(() => expect(byId('address')).toBeInvalid());
    expect(await violations()).toEqual([]);
    await user.keyboard('studio.local');
    backend.report = reached;
    await user.click(byId('test'));
    await waitFor(() => expect(byId('test-verdict')).not.toBeEmptyDOMElement());
    for (const name of sections) await user.click(byId(`section-${name}`).querySelector('summary') as HTMLElement);
    expect(await violations()).toEqual([]);
    await user.click(byId('save'));
    await screen.findByRole('option');
    await user.keyboard('{Shift>}{F10}{/Shift}');
    expect(screen.getByRole('menu')).toBeVisible();
    expect(await violations()).toEqual([]);
    await user.keyboard('{Escape}{Delete}');
    await waitFor(() => expect(byId('undo')).toBeVisible());
    expect(await violations()).toEqual([]);
  });
});
