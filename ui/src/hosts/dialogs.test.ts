// Waking, listening, importing, the HTTP login, a new address, help, and About, as the user meets them.

import { render, screen, waitFor, within } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorText, t } from '../i18n';
import type { HostDraft } from '../ipc/bindings/HostDraft';
import type { HostView } from '../ipc/bindings/HostView';
import type { ImportEntry } from '../ipc/bindings/ImportEntry';
import type { ImportPreview } from '../ipc/bindings/ImportPreview';
import { backend as fake } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { machine } from '../ipc/fixtures';
import { pages } from './help/topics';
import HostsWindow from './HostsWindow.svelte';

let backend: FakeBackend;
let user: ReturnType<typeof userEvent.setup>;

const byId = (id: string) => document.getElementById(id) as HTMLInputElement;
const toast = () => byId('toast').textContent;

beforeEach(() => {
  backend = fake;
  user = userEvent.setup();
});

async function choose(label: string) {
  await user.click(byId('window-menu'));
  await user.click(screen.getByRole('menuitem', { name: new RegExp(`^${label}`) }));
}

describe('waking', () => {
  it('is offered where there is a network card to wake', async () => {
    backend.hosts = [machine('Asleep', 'a.local', { mac: '00:1a:2b:3c:4d:5e' }), machine('Other', 'b.local')];
    render(HostsWindow);
    await screen.findAllByRole('option');
    await user.keyboard('{Shift>}{F10}{/Shift}');
    await user.click(screen.getByRole('menuitem', { name: t('hosts.wake') }));
    await waitFor(() => expect(backend.callsOf('wake_host')).toEqual([[backend.hosts[0]?.id]]));
    await user.keyboard('{ArrowDown}{Shift>}{F10}{/Shift}');
    expect(screen.queryByRole('menuitem', { name: t('hosts.wake') })).toBeNull();
  });
});

describe('listening for reverse connections', () => {
  it('begins where and when the user says so', async () => {
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
    await waitFor(() => expect(backend.callsOf('listen')).toEqual([[chosen]]));
    await waitFor(() => expect(document.getElementById('listen')).toBeNull());
  });

  it('says where another program has the port', async () => {
    render(HostsWindow);
    await choose(t('listen.open'));
    const taken = { code: 'cannot_listen', address: '0.0.0.0:5500', detail: 'in use' } as const;
    backend.refusals.set('listen', taken);
    await user.click(byId('listen-on'));
    await user.click(byId('save'));
    expect(await screen.findByText(errorText(taken))).toBeVisible();
  });
});

describe('importing', () => {
  const entry = (name: string, facts: Partial<ImportEntry> = {}): ImportEntry => ({
    name,
    address: `${name}.local`,
    via: '',
    file: 0,
    line: 1,
    plan: { plan: 'add', proposed: true },
    password: 'none',
    left_out: [],
    ...facts,
  });
  const file = { name: 'list.csv', format: 'csv', guessed: false, problem: null } as const;
  const preview = (...entries: ImportEntry[]): ImportPreview => ({ number: 7, files: [file], entries });
  const fills: ImportEntry['plan'] = { plan: 'change', host: 'Studio', gaps: ['username'] };
  const fillsPassword: ImportEntry['plan'] = { plan: 'change', host: 'Nas', gaps: ['password'] };

  /** The dialog with what was found in a file. */
  async function look(...entries: ImportEntry[]) {
    backend.found = preview(...entries);
    render(HostsWindow);
    await choose(t('import.open'));
    await user.click(byId('import-files'));
    await waitFor(() => expect(document.getElementById('import-files')).toBeNull());
  }
  /** Whether an entry is ticked, and can be. */
  const box = (place: number) => [byId(`import-${place}`).checked, !byId(`import-${place}`).disabled];

  it('adds what was chosen in one call, and nothing before', async () => {
    await look(
      entry('new'),
      entry('unwanted'),
      entry('maybe', { plan: { plan: 'add', proposed: false } }),
      entry('gaps', { plan: fills }),
      entry('known', { plan: { plan: 'known', host: 'Studio' } }),
      entry('again', { plan: { plan: 'again' } }),
      entry('broken', { plan: { plan: 'skip', why: { problem: 'other_protocol', protocol: 'RDP' } } }),
    );
    expect([0, 1, 2, 3, 4, 5, 6].map(box)).toEqual([
      [true, true],
      [true, true],
      [false, true],
      [true, true],
      [false, false],
      [false, false],
      [false, false],
    ]);
    expect(screen.getByText(/RDP/)).toBeVisible();
    expect(screen.getByText(t('import.fills', { host: 'Studio', gaps: t('import.gap.username') }))).toBeVisible();
    await user.click(byId('import-1'));
    expect(byId('import-add')).toHaveTextContent(t('import.add_and_change', { added: 1, changed: 1 }));
    expect(backend.callsOf('import_hosts')).toEqual([]);
    await user.click(byId('import-add'));
    await waitFor(() => expect(backend.callsOf('import_hosts')).toEqual([[7, [0, 3], false]]));
    await waitFor(() => expect(toast()).toContain(t('toast.imported', { count: 1 })));
    expect(toast()).toContain(t('toast.filled', { count: 1 }));
    expect(backend.hosts.map(({ name }) => name)).toEqual(['new']);
    expect(backend.callsOf('leave_import')).toHaveLength(1);
  });

  it('can be undone in one call', async () => {
    backend.hosts = [machine('Studio', 'studio.local')];
    await look(entry('new'), entry('other'));
    await user.click(byId('import-add'));
    await waitFor(() => expect(byId('undo')).toBeVisible());
    await user.click(byId('undo'));
    await waitFor(() => expect(backend.hosts.map(({ name }) => name)).toEqual(['Studio']));
    expect(backend.callsOf('undo')).toHaveLength(1);
    expect(backend.callsOf('remove_host')).toEqual([]);
    expect(document.getElementById('undo')).toBeNull();
  });

  it('takes passwords only where the user says so, after saying what they are', async () => {
    await look(
      entry('open', { password: 'obfuscated' }),
      entry('gap', { plan: fillsPassword, password: 'readable' }),
      entry('closed', { password: 'encrypted' }),
      entry('ours', { password: 'elsewhere' }),
    );
    expect(byId('import-passwords')).not.toBeChecked();
    expect(screen.getByText(t('import.take_passwords_hint'))).toBeVisible();
    expect(screen.getByText(t('import.encrypted', { count: 1 }))).toBeVisible();
    expect(screen.getByText(t('import.passwords_elsewhere'))).toBeVisible();
    expect(box(1)).toEqual([false, false]);
    await user.click(byId('import-passwords'));
    expect(box(1)).toEqual([true, true]);
    await user.click(byId('import-add'));
    await waitFor(() => expect(backend.callsOf('import_hosts')).toEqual([[7, [0, 1, 2, 3], true]]));
  });

  it('ticks all and none, and draws only what is in view', async () => {
    await look(...Array.from({ length: 10_000 }, (_, n) => entry(`m${n}`)));
    expect(document.querySelectorAll('#import-found li').length).toBeLessThan(100);
    expect(byId('import-add')).toHaveTextContent(t('import.add', { count: 10_000 }));
    await user.click(byId('import-all'));
    expect(byId('import-add')).toBeDisabled();
    await user.click(byId('import-3'));
    expect(byId('import-all').indeterminate).toBe(true);
    expect(byId('import-add')).toHaveTextContent(t('import.add', { count: 1 }));
  });

  it('says while it runs that it does, and adds nothing where it fails', async () => {
    await look(entry('new'));
    let added: () => void = () => {};
    backend.delays.set('import_hosts', new Promise<void>((resolve) => (added = resolve)));
    await user.click(byId('import-add'));
    expect(byId('import-add')).toHaveTextContent(t('import.adding'));
    expect(byId('import-add')).toBeDisabled();
    added();
    await waitFor(() => expect(document.getElementById('import')).toBeNull());

    const failed = { code: 'hosts_not_saved', path: '/x', detail: 'disk full' } as const;
    backend.refusals.set('import_hosts', failed);
    await choose(t('import.open'));
    await user.click(byId('import-files'));
    await waitFor(() => expect(byId('import-add')).toBeEnabled());
    await user.click(byId('import-add'));
    expect(await screen.findByText(errorText(failed))).toBeVisible();
    expect(backend.hosts).toHaveLength(1);
    expect(byId('import-add')).toBeEnabled();
  });

  it('leads to machines of a token file through a site where the user says so, and directly again', async () => {
    await look(entry('new'));
    expect(document.getElementById('import-site')).toBeNull();
    await user.click(byId('import-back'));
    backend.found = {
      number: 7,
      files: [{ ...file, name: 'tokens.cfg', format: 'websockify' }],
      entries: [entry('studio'), entry('render')],
    };
    await user.click(byId('import-files'));
    await screen.findByText('studio.local');
    await user.click(byId('import-1'));

    await user.type(byId('import-site'), 'site.example');
    await waitFor(() => expect(byId('import-add')).toBeDisabled());
    expect(byId('import-site')).not.toBeInvalid();
    await user.tab();
    expect(await screen.findByText(errorText({ code: 'not_a_site' }))).toBeVisible();
    expect(byId('import-site')).toBeInvalid();

    await user.clear(byId('import-site'));
    expect(await screen.findByText('studio.local')).toBeVisible();
    expect(screen.getByText(t('import.site_hint'))).toBeVisible();
    await user.click(byId('import-site'));
    await user.paste('ws://site.example/w');
    expect(await screen.findByText('ws://site.example/w?token=studio')).toBeVisible();
    expect(screen.getByText(t('import.site_clear'))).toBeVisible();
    // What was ticked stays so.
    expect([box(0), box(1)]).toEqual([
      [true, true],
      [false, true],
    ]);
    await user.click(byId('import-add'));
    await waitFor(() => expect(backend.callsOf('import_hosts')).toEqual([[backend.found.number, [0], false]]));
    expect(backend.hosts.map(({ address }) => address)).toEqual(['ws://site.example/w?token=studio']);
  });

  it('asks about one site at a time, and adds nothing before it has the answer', async () => {
    await look(entry('studio'));
    await user.click(byId('import-back'));
    backend.found = { ...backend.found, files: [{ ...file, format: 'websockify' }] };
    await user.click(byId('import-files'));
    await screen.findByText('studio.local');
    let answer: () => void = () => {};
    backend.delays.set('reach_import_through', new Promise<void>((resolve) => (answer = resolve)));
    await user.click(byId('import-site'));
    await user.paste('wss://a');
    await user.paste('.example');
    expect(byId('import-add')).toBeDisabled();
    expect(backend.callsOf('reach_import_through')).toEqual([[7, 'wss://a']]);
    backend.delays.delete('reach_import_through');
    answer();
    expect(await screen.findByText('wss://a.example?token=studio')).toBeVisible();
    expect(backend.callsOf('reach_import_through')).toEqual([
      [7, 'wss://a'],
      [8, 'wss://a.example'],
    ]);
    expect(byId('import-add')).toBeEnabled();
  });

  it('reads the list of a program by its name, and stays where nothing is chosen', async () => {
    backend.sources = [{ source: 'remmina', files: 3 }];
    backend.found = preview(entry('new'));
    backend.chooses = false;
    render(HostsWindow);
    await choose(t('import.open'));
    await user.click(byId('import-folder'));
    expect(backend.callsOf('choose_import')).toEqual([[true]]);
    expect(byId('import-folder')).toBeVisible();
    await user.click(await screen.findByText(t('import.source.remmina')));
    expect(backend.callsOf('preview_source')).toEqual([['remmina']]);
    await waitFor(() => expect(byId('import-add')).toBeEnabled());
    await user.click(byId('import-back'));
    expect(byId('import-folder')).toBeVisible();
  });

  it('shows what is dropped on the window, unless something else has it', async () => {
    backend.hosts = [machine('Studio', 'studio.local')];
    render(HostsWindow);
    await screen.findAllByRole('option');
    backend.filesDragged.forEach((dragged) => dragged(true));
    expect(await screen.findByText(t('import.drop'))).toBeVisible();
    backend.filesDragged.forEach((dragged) => dragged(false));
    backend.filesDropped.forEach((dropped) => dropped(preview(entry('new'))));
    await waitFor(() => expect(byId('import-add')).toBeEnabled());
    backend.filesDropped.forEach((dropped) => dropped(preview(entry('other'))));
    expect(await screen.findByText('other')).toBeVisible();
    await user.click(byId('cancel'));
    await waitFor(() => expect(document.getElementById('import')).toBeNull());

    await user.keyboard('{F2}');
    backend.filesDragged.forEach((dragged) => dragged(true));
    backend.filesDropped.forEach((dropped) => dropped(preview(entry('new'))));
    expect(document.getElementById('import')).toBeNull();
    expect(document.getElementById('drop')).toBeNull();
    // What was read for a dialog that is gone is forgotten.
    expect(backend.callsOf('leave_import')).toHaveLength(2);
  });

  it('shows the lists among files that were opened, also where the page was still loading', async () => {
    backend.wishes = [{ wish: 'import', preview: preview(entry('early')) }];
    render(HostsWindow);
    expect(await screen.findByText('early')).toBeVisible();
    backend.wish({ wish: 'import', preview: preview(entry('later')) });
    expect(await screen.findByText('later')).toBeVisible();
    expect(byId('import-add')).toBeEnabled();
  });

  it('says what is wrong with files, and that there is nothing in them', async () => {
    backend.found = {
      number: 1,
      files: [
        { name: 'film.mkv', format: null, guessed: false, problem: { problem: 'too_large' } },
        { name: 'old.vnc', format: 'vnc_file', guessed: true, problem: null },
        ...Array.from({ length: 6 }, (_, n) => ({
          name: `${n}.txt`,
          format: null,
          guessed: false,
          problem: { problem: 'unknown' as const },
        })),
      ],
      entries: [],
    };
    render(HostsWindow);
    await choose(t('import.open'));
    await user.click(byId('import-files'));
    await screen.findByText(/film\.mkv/);
    const remarks = byId('import-remarks');
    expect(remarks).toHaveTextContent('film.mkv');
    expect(remarks).toHaveTextContent(t('problem.file.too_large'));
    expect(remarks).toHaveTextContent('old.vnc');
    expect(remarks).toHaveTextContent(t('import.unread_more', { count: 3 }));
    expect(byId('import-add')).toBeDisabled();
  });

  it('says what cannot be read, and is accessible', async () => {
    await look(entry('new', { left_out: ['notes', 'commands'], password: 'readable' }), entry('gaps', { plan: fills }));
    expect((await axe.run(byId('import'), { rules: { 'color-contrast': { enabled: false } } })).violations).toEqual([]);
    const failed = { code: 'system', detail: 'no thread' } as const;
    await user.click(byId('import-back'));
    backend.refusals.set('choose_import', failed);
    await user.click(byId('import-files'));
    expect(await screen.findByText(errorText(failed))).toBeVisible();
  });
});

describe('exporting', () => {
  it('asks in which form, and lets the system ask where to', async () => {
    render(HostsWindow);
    await choose(t('export.open'));
    backend.chooses = false;
    await user.click(byId('export-csv'));
    await user.click(byId('export-save'));
    expect(byId('export')).toBeVisible();
    backend.chooses = true;
    await user.click(byId('export-save'));
    await waitFor(() => expect(toast()).toContain(t('toast.exported')));
    expect(backend.callsOf('export_hosts')).toEqual([['csv'], ['csv']]);
    expect(document.getElementById('export')).toBeNull();
  });

  it('says what cannot be written', async () => {
    render(HostsWindow);
    await choose(t('export.open'));
    const failed = { code: 'export_not_written', path: '/x', detail: 'disk full' } as const;
    backend.refusals.set('export_hosts', failed);
    await user.click(byId('export-save'));
    expect(await screen.findByText(errorText(failed))).toBeVisible();
  });
});

/** Opens the editor of the only host. */
async function edit(facts: Partial<HostView>, address = 'wss://lab.example/') {
  backend.hosts = [machine('Site', address, facts)];
  render(HostsWindow);
  await screen.findAllByRole('option');
  await user.keyboard('{F2}');
}

describe('the HTTP login of the website in front of a machine', () => {
  const change = (facts: object) => ({ change: 'set', username: '', password: '', headers: [], ...facts });
  const saved = () => backend.callsOf('save_http_auth').map(([, change]) => change);

  it('is offered for a WebSocket only, and goes to the keyring and nowhere else', async () => {
    render(HostsWindow);
    await user.click(byId('add-host'));
    expect(document.getElementById('http-auth')).toBeNull();
    await user.type(byId('address'), 'wss://lab.example/websockify?token=abc');
    await user.type(byId('http-auth-username'), 'ann');
    await user.type(byId('http-auth-password'), 'open sesame');
    await user.type(byId('http-auth-headers'), 'Cookie: id=7:8');
    await user.click(byId('save'));
    const headers = [{ name: 'Cookie', value: 'id=7:8' }];
    await waitFor(() => expect(saved()).toEqual([change({ username: 'ann', password: 'open sesame', headers })]));
    expect(JSON.stringify(backend.callsOf('save_host'))).not.toContain('sesame');
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
  });

  it('may be a password without a user name', async () => {
    await edit({});
    await user.type(byId('http-auth-password'), 'open sesame');
    await user.click(byId('save'));
    await waitFor(() => expect(saved()).toEqual([change({ password: 'open sesame' })]));
  });

  it('is kept unless the user says that it is replaced as a whole, or forgotten', async () => {
    await edit({ has_http_auth: true });
    expect(byId('http-auth-keep')).toBeChecked();
    expect(document.getElementById('http-auth-headers')).toBeNull();
    await user.click(byId('save'));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(saved()).toEqual([]);

    await user.keyboard('{F2}');
    await user.click(byId('http-auth-replace'));
    expect(byId('http-auth')).toHaveTextContent(t('http_auth.replace_hint'));
    await user.type(byId('http-auth-headers'), 'X-Token: 1');
    await user.click(byId('save'));
    await waitFor(() => expect(saved()).toEqual([change({ headers: [{ name: 'X-Token', value: '1' }] })]));

    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    await user.keyboard('{F2}');
    await user.click(byId('http-auth-forget'));
    await user.click(byId('save'));
    await waitFor(() => expect(saved()[1]).toEqual({ change: 'forget' }));
  });

  it('is not replaced by nothing', async () => {
    await edit({ has_http_auth: true });
    await user.click(byId('http-auth-replace'));
    await user.click(byId('save'));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(saved()).toEqual([]);
  });
});

describe('a new address', () => {
  const drafts = () => backend.callsOf('save_host').map(([draft]) => draft as HostDraft);

  async function move(facts: Partial<HostView>) {
    await edit(facts, 'old.local');
    await user.clear(byId('address'));
    await user.type(byId('address'), 'new.local:5901');
    await user.click(byId('save'));
    await waitFor(() => expect(byId('new-address')).toBeVisible());
  }

  it('is asked about before a password goes along, and nothing is saved until then', async () => {
    await move({ has_password: true });
    expect(byId('new-address')).toHaveTextContent(t('new_address.password'));
    expect(byId('new-address')).toHaveTextContent('old.local');
    expect(byId('new-address')).toHaveTextContent('new.local:5901');
    expect(byId('back')).toHaveFocus();
    expect(backend.hosts[0]?.address).toBe('old.local');
    expect(drafts().map(({ on_new_address }) => on_new_address)).toEqual(['ask']);
    expect(
      (await axe.run(byId('new-address'), { rules: { 'color-contrast': { enabled: false } } })).violations,
    ).toEqual([]);
  });

  it.each([
    ['password', { has_password: true }],
    ['http_auth', { has_http_auth: true }],
    ['both', { has_password: true, has_http_auth: true }],
  ] as const)('says what is concerned: %s', async (kind, facts) => {
    await move(facts);
    expect(byId('new-address-title')).toHaveTextContent(t(`new_address.${kind}`));
  });

  it.each([
    ['keep-secrets', 'keep', true],
    ['forget-secrets', 'forget', false],
  ])('#%s saves with that decision', async (button, decision, kept) => {
    await move({ has_password: true });
    await user.click(byId(button));
    await waitFor(() => expect(document.getElementById('editor')).toBeNull());
    expect(drafts().map(({ on_new_address }) => on_new_address)).toEqual(['ask', decision]);
    expect(backend.hosts[0]).toMatchObject({ address: 'new.local:5901', has_password: kept });
    expect(document.getElementById('new-address')).toBeNull();
  });

  it.each(['button', 'Escape'])(
    'leads back to the form by %s: nothing is saved, and it is asked again',
    async (way) => {
      await move({ has_password: true });
      if (way === 'button') await user.click(byId('back'));
      else byId('new-address').dispatchEvent(new Event('cancel', { cancelable: true }));
      await waitFor(() => expect(document.getElementById('new-address')).toBeNull());
      expect(byId('address')).toHaveValue('new.local:5901');
      expect(backend.hosts[0]?.address).toBe('old.local');
      await user.click(byId('save'));
      await waitFor(() => expect(byId('new-address')).toBeVisible());
      expect(drafts().map(({ on_new_address }) => on_new_address)).toEqual(['ask', 'ask']);
    },
  );

  it('is asked about once more when it changes again after it was saved and the HTTP login was not', async () => {
    await edit({ has_password: true });
    await user.type(byId('address'), 'desk');
    await user.type(byId('http-auth-password'), 'x');
    backend.refusals.set('save_http_auth', { code: 'keyring_locked' });
    await user.click(byId('save'));
    await user.click(await waitFor(() => byId('keep-secrets')));
    expect(await screen.findByText(errorText({ code: 'keyring_locked' }))).toBeVisible();
    await user.type(byId('address'), '2');
    await user.click(byId('save'));
    await waitFor(() => expect(byId('new-address')).toBeVisible());
  });
});

describe('About', () => {
  it('says which Portlight it is, its licence, what it runs on, and the licences of what is inside', async () => {
    backend.licences = ['svelte, MIT', 'tokio, <b>MIT</b>'];
    render(HostsWindow);
    await choose(t('about.open'));
    expect(byId('version')).toHaveTextContent(/^Version \d+\.\d+\.\d+/);
    expect(byId('about')).toHaveTextContent('MIT');
    expect(byId('about')).not.toHaveTextContent('tokio');
    await user.click(screen.getByText(t('about.notices')));
    await waitFor(() => expect(byId('about')).toHaveTextContent('tokio, <b>MIT</b>'));
    expect(byId('about')).toHaveTextContent('svelte, MIT');
    expect(byId('about')).toHaveTextContent('Debian GNU/Linux 12, x11');
    expect(byId('about')).toHaveTextContent(`${t('about.tray')} ${t('about.missing')}`);
    expect((await axe.run(byId('about'), { rules: { 'color-contrast': { enabled: false } } })).violations).toEqual([]);
    await user.click(byId('close'));
    expect(document.getElementById('about')).toBeNull();
  });

  it('has a report to be copied, with names only where they are wanted', async () => {
    render(HostsWindow);
    await choose(t('about.open'));
    await user.click(screen.getByText(t('about.report')));
    await waitFor(() => expect(byId('about-report')).toHaveTextContent('Portlight 1.2.3 session'));
    expect(byId('about-report')).not.toHaveTextContent('Studio');
    await user.click(byId('copy-about'));
    await waitFor(() => expect(byId('copy-about')).toHaveTextContent(t('viewer.copied')));
    await user.click(byId('about-names'));
    await waitFor(() => expect(byId('about-report')).toHaveTextContent('session: Studio'));
    await user.click(byId('copy-about'));
    await waitFor(() => expect(backend.callsOf('copy_about')).toEqual([[false], [true]]));
  });

  it('says where the licences cannot be read', async () => {
    backend.refusals.set('third_party_notices', { code: 'system', detail: 'gone' });
    render(HostsWindow);
    await choose(t('about.open'));
    await user.click(screen.getByText(t('about.notices')));
    await waitFor(() => expect(byId('about')).toHaveTextContent('(gone)'));
  });
});

describe('the help', () => {
  const topics = () => within(screen.getByRole('navigation')).getAllByRole('button');

  it('opens by F1, is searched, and leads from page to page', async () => {
    render(HostsWindow);
    await user.keyboard('{F1}');
    const article = await screen.findByRole('article');
    await waitFor(() => expect(article).toHaveAccessibleName('First steps'));
    const all = topics().length;
    expect(all).toBeGreaterThan(10);
    await user.type(byId('help-search'), 'wake on LAN');
    expect(topics().length).toBeLessThan(all);
    expect(article).toHaveAccessibleName('Asleep? Wake it up');
    await user.type(byId('help-search'), ' zebra');
    expect(screen.getByText(t('help.none'))).toBeVisible();
    await user.clear(byId('help-search'));
    await user.click(screen.getByRole('button', { name: 'Behind a website' }));
    await user.click(within(article).getByRole('link', { name: 'Coming from noVNC and websockify' }));
    expect(article).toHaveAccessibleName('Coming from noVNC and websockify');
    expect(article).toHaveFocus();
    expect((await axe.run(byId('help'), { rules: { 'color-contrast': { enabled: false } } })).violations).toEqual([]);
    await user.click(byId('close'));
    expect(document.getElementById('help')).toBeNull();
  });

  it('is there in every language', async () => {
    const chinese = await pages('zh-CN');
    expect([...chinese.keys()]).toEqual([...(await pages('en')).keys()]);
    expect(chinese.get('start')?.title).toBe('第一步');
  });
});
