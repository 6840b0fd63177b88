import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, expect, it } from 'vitest';
import { t } from '../i18n';
import { backend as fake } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { machine } from '../ipc/fixtures';
import HostsWindow from './HostsWindow.svelte';

let backend: FakeBackend;
let user: ReturnType<typeof userEvent.setup>;

const pi = { number: 1, name: 'Raspberry Pi', address: '192.168.1.23' };
const mac = { number: 2, name: 'Annas MacBook', address: '192.168.1.31' };

async function show(hosts = [machine('Studio', 'studio.local')], machines = [pi, mac], more = false) {
  backend.hosts = hosts;
  backend.nearby = { machines, more };
  render(HostsWindow);
  if (hosts.length + machines.length > 0) await screen.findAllByRole('option');
  await waitFor(() => expect(nearby()).toHaveLength(machines.length));
}

const rows = () => screen.queryAllByRole('option');
const nearby = () => rows().filter((row) => row.dataset.nearby !== undefined);
const row = (name: string) => nearby().find((row) => row.dataset.nearby === name) ?? expect.fail(`no row ${name}`);
const headings = () => [...document.querySelectorAll('.heading')].map((heading) => heading.textContent.trim());

function action(name: string, action: string): Element {
  return row(name).querySelector(`[data-action=${action}]`) ?? expect.fail(`no ${action}`);
}

beforeEach(() => {
  backend = fake;
  user = userEvent.setup();
});

it('has its own shelf below the list, and says where there are too many', async () => {
  await show(undefined, [pi, mac], true);
  expect(headings()).toEqual([t('section.others'), t('section.nearby_more')]);
  expect(rows().map((row) => row.dataset.name ?? row.dataset.nearby)).toEqual(['Studio', mac.name, pi.name]);
  backend.setNearby({ machines: [], more: false });
  await waitFor(() => expect(nearby()).toEqual([]));
  expect(headings()).toEqual([]);
});

it('connects with one click, and keeps with another', async () => {
  await show();
  await user.click(action(pi.name, 'open'));
  await waitFor(() => expect(backend.callsOf('open_nearby')).toEqual([[pi.number]]));
  await user.click(action(pi.name, 'keep'));
  await screen.findByText(t('toast.nearby_kept', { name: pi.name }));
  expect(backend.callsOf('keep_nearby')).toEqual([[pi.number]]);
  await waitFor(() => expect(nearby().map((row) => row.dataset.nearby)).toEqual([mac.name]));
  expect(rows().find((row) => row.getAttribute('aria-selected') === 'true')?.dataset.name).toBe(pi.name);
  await user.click(row(mac.name));
  expect(backend.callsOf('open_nearby')).toHaveLength(1);
  await user.dblClick(row(mac.name));
  await waitFor(() => expect(backend.callsOf('open_nearby')).toHaveLength(2));
});

it('is reached by keys, also its menu', async () => {
  await show();
  await user.keyboard('{End}{Enter}');
  await waitFor(() => expect(backend.callsOf('open_nearby')).toEqual([[pi.number]]));
  await fireEvent.keyDown(document.body, { key: 'F10', shiftKey: true });
  const menu = await screen.findByRole('menu');
  await user.click(within(menu).getByRole('menuitem', { name: t('nearby.keep') }));
  await waitFor(() => expect(backend.callsOf('keep_nearby')).toEqual([[pi.number]]));
});

it('is found by name and address, and never taken for what was typed', async () => {
  const impostor = { number: 3, name: 'server1', address: '192.168.1.66' };
  await show(undefined, [pi, mac, impostor]);
  await user.type(screen.getByRole('combobox'), 'server1');
  await waitFor(() => expect(nearby().map((row) => row.dataset.nearby)).toEqual([impostor.name]));
  await user.keyboard('{Enter}');
  await waitFor(() => expect(backend.callsOf('open_address')).toEqual([['server1']]));
  await user.clear(screen.getByRole('combobox'));
  await user.type(screen.getByRole('combobox'), 'raspberry pi');
  await waitFor(() => expect(nearby()).toHaveLength(1));
  await user.keyboard('{Enter}{Control>}1{/Control}');
  expect(backend.callsOf('open_nearby')).toEqual([]);
  await user.keyboard('{ArrowDown}{Enter}');
  await waitFor(() => expect(backend.callsOf('open_nearby')).toEqual([[pi.number]]));
});

it('is all that is shown where that is chosen', async () => {
  await show();
  const chip = screen.getByRole('button', { name: t('nearby.chip', { count: 2 }) });
  await user.click(chip);
  expect(rows()).toHaveLength(2);
  expect(screen.getByText(t('nearby.count', { count: 2 }))).toBeVisible();
  expect(chip).toHaveAttribute('aria-pressed', 'true');
  await user.click(chip);
  expect(rows()).toHaveLength(3);
});

it('stands in place of the words for an empty list', async () => {
  await show([]);
  expect(document.querySelector('#empty')).toBeNull();
  backend.setNearby({ machines: [], more: false });
  await waitFor(() => expect(document.querySelector('#empty')).not.toBeNull());
});

it('shows texts, never HTML, and has nothing to complain about', async () => {
  await show(undefined, [{ ...pi, name: '<img src=x onerror=alert(1)>' }]);
  expect(document.querySelector('#hosts img')).toBeNull();
  const { violations } = await axe.run(document.body);
  expect(violations).toEqual([]);
});

it('is turned off with one switch', async () => {
  await show();
  await user.click(screen.getByRole('button', { name: t('hosts.more') }));
  await user.click(screen.getByRole('menuitem', { name: new RegExp(`^${t('settings.open')}`) }));
  const settings = await screen.findByRole('dialog');
  await waitFor(() => expect(within(settings).getByLabelText(t('settings.nearby'))).toBeEnabled());
  await user.click(within(settings).getByLabelText(t('settings.nearby')));
  await waitFor(() => expect(backend.preferences.nearby).toBe('off'));
});
