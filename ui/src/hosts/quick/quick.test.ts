import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, expect, it } from 'vitest';
import { t } from '../../i18n';
import { backend as fake } from '../../ipc/fake';
import type { FakeBackend } from '../../ipc/fake/backend';
import { machine } from '../../ipc/fixtures';
import QuickWindow from './QuickWindow.svelte';

let backend: FakeBackend;
let user: ReturnType<typeof userEvent.setup>;

const options = () => screen.queryAllByRole('option');
const selected = () => options().find((option) => option.getAttribute('aria-selected') === 'true');
const calls = (name: string) => backend.calls.filter(([called]) => called === name);

async function show(hosts = [machine('Studio', 'studio.local'), machine('Attic', 'attic.local')]) {
  backend.hosts = hosts;
  render(QuickWindow);
  await waitFor(() => expect(calls('quick_ready')).toHaveLength(1));
  await waitFor(() => expect(options().length).toBe(Math.min(8, hosts.length)));
}

const many = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ ...machine(`m${at}`, `m${at}.local`), tags: ['lab'] }));

beforeEach(() => {
  backend = fake;
  user = userEvent.setup();
});

it('finds as the list does, marks what was typed, and Enter opens it and closes the window', async () => {
  await show();
  await user.keyboard('att');
  await waitFor(() => expect(selected()?.dataset.name).toBe('Attic'));
  expect(selected()?.querySelector('mark')?.textContent).toBe('Att');
  await user.keyboard('{Enter}');
  await waitFor(() => expect(calls('close_quick')).toHaveLength(1));
  expect(calls('open_host')).toEqual([['open_host', backend.hosts[1]?.id]]);
  expect((await axe.run(document.body, { rules: { region: { enabled: false } } })).violations).toEqual([]);
});

it('shows eight at most, and goes round by arrows and as in a terminal', async () => {
  await show(many(30));
  await user.keyboard('{ArrowUp}');
  expect(selected()).toBe(options()[7]);
  await user.keyboard('{ArrowDown}{Control>}n{/Control}');
  expect(selected()).toBe(options()[1]);
  await user.keyboard('{Control>}p{/Control}');
  expect(selected()).toBe(options()[0]);
  await user.keyboard('{Escape}');
  await waitFor(() => expect(calls('close_quick')).toHaveLength(1));
});

it('connects to an address that is no machine’s, and never to what is only like it', async () => {
  await show();
  await user.keyboard('studoi.local');
  await waitFor(() => expect(selected()?.textContent).toContain(t('hosts.connect_to', { address: 'studoi.local' })));
  await user.keyboard('{Enter}');
  await waitFor(() => expect(calls('open_address')).toEqual([['open_address', 'studoi.local']]));
  expect(calls('open_host')).toEqual([]);
});

it('says why nothing was opened, and stays', async () => {
  await show();
  await user.keyboard('a b c d{Enter}');
  expect((await screen.findByRole('alert')).textContent).not.toBe('');
  expect(calls('close_quick')).toEqual([]);
});

it('opens a set after saying how many, and a large one after asking', async () => {
  await show(many(3));
  await user.keyboard('tag:lab');
  await waitFor(() => expect(selected()?.textContent).toContain(t('quick.open_set', { count: 3 })));
  await user.keyboard('{Enter}');
  await waitFor(() => expect(calls('open_hosts')).toHaveLength(1));
});

it('asks before it opens many', async () => {
  await show(many(12));
  await user.keyboard('tag:lab');
  await waitFor(() => expect(selected()?.textContent).toContain(t('quick.open_set', { count: 12 })));
  await user.keyboard('{Enter}');
  await waitFor(() => expect(selected()?.textContent).toContain(t('quick.open_many', { count: 12 })));
  expect(calls('open_hosts')).toEqual([]);
  await user.keyboard('{Enter}');
  await waitFor(() => expect(calls('open_hosts')).toHaveLength(1));
});
