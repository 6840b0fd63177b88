// Machines as cards, with their pictures.

import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { userEvent } from '@testing-library/user-event';
import axe from 'axe-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { t } from '../i18n';
import type { HostView } from '../ipc/bindings/HostView';
import type { OpenSession } from '../ipc/bindings/OpenSession';
import { backend as current, reset } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { machine } from '../ipc/fixtures';
import { toBytes } from '../ipc/picture';
import HostsWindow from './HostsWindow.svelte';

let backend: FakeBackend = current;
const user = userEvent.setup();
const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0]);
/** What was decoded, by its length. */
let decoded: number[];

beforeEach(() => {
  backend = reset();
  backend.preferences = { ...backend.preferences, look: 'cards' };
  decoded = [];
  vi.stubGlobal('createImageBitmap', (blob: Blob) => {
    decoded.push(blob.size);
    return Promise.resolve({ width: 48, height: 30, close: () => {} });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const host = (name: string, facts: Partial<HostView> = {}) =>
  machine(name, `${name.toLowerCase()}.local`, { id: name.toLowerCase(), ...facts });
const favourites = (...names: string[]) =>
  names.map((name, place) => host(name, { favourite: true, favourite_place: place }));
const session = (id: number, name: string, host: string | null): OpenSession => ({
  id,
  host,
  name,
  address: `${name}.local`,
  state: 'live',
  picture: null,
});

function keep(name: string, taken: number, bytes = JPEG) {
  const picture = toBytes({ blurred: false, width: 800, height: 600, file: bytes });
  backend.keptPictures.set(name.toLowerCase(), { taken, bytes: picture.buffer as ArrayBuffer });
}

async function show(...hosts: HostView[]) {
  backend.hosts = hosts;
  render(HostsWindow);
  await screen.findAllByRole('option');
  await waitFor(() => expect(document.querySelector('.card')).not.toBeNull());
}

const names = () => screen.getAllByRole('option').map((card) => card.querySelector('.name')?.textContent);
const byId = (id: string) => document.getElementById(id) as HTMLElement;
const selected = () => screen.getAllByRole('option').find((card) => card.ariaSelected === 'true')?.dataset.name;

describe('cards', () => {
  it('have their machines’ last pictures, of which only those are asked for that there are and that are seen', async () => {
    keep('B', Date.now() - 3_600_000);
    for (let n = 0; n < 200; n++) keep(`n${n}`, 1);
    const many = Array.from({ length: 200 }, (_, n) => host(`n${n}`, { favourite: true, favourite_place: n + 2 }));
    await show(...favourites('A', 'B'), ...many);
    await waitFor(() => expect(decoded.length).toBeGreaterThan(0));
    const asked = backend.callsOf('picture').map(([id]) => id as string);
    expect(asked).toContain('b');
    expect(asked).not.toContain('a');
    expect(asked.length).toBeLessThan(40);
    const [withoutOne, withOne] = screen.getAllByRole('option');
    expect(withOne?.querySelector('canvas')).not.toBeNull();
    expect(withoutOne?.querySelector('canvas')).toBeNull();
    expect(withoutOne).toHaveTextContent('A');
    expect(withOne?.querySelector('.age')).toHaveTextContent('1 hour ago');
  });

  it('give the memory of a picture back as soon as it is not seen any more', async () => {
    keep('A', 1);
    await show(...favourites('A'));
    const canvas = await waitFor(() => document.querySelector('.card canvas') as HTMLCanvasElement);
    await waitFor(() => expect(canvas.width).toBe(48));
    cleanup();
    expect([canvas.width, canvas.height]).toEqual([0, 0]);
  });

  it('get a new picture when there is one, and none where that is chosen', async () => {
    keep('A', 1);
    keep('B', 1);
    await show(...favourites('A'), host('B', { picture: 'off', favourite: true }));
    await waitFor(() => expect(backend.callsOf('picture')).toEqual([['a']]));
    keep('A', 2, new Uint8Array([...JPEG, 0]));
    backend.picturesChanged.forEach((changed) => changed());
    await waitFor(() => expect(decoded).toEqual([JPEG.length, JPEG.length + 1]));
  });

  it('are moved among with all four arrow keys', async () => {
    await show(...favourites('A', 'B', 'C', 'D', 'E'));
    // Without a layout there are two columns.
    const walk = async (keys: string) => {
      await user.keyboard(keys);
      return selected();
    };
    expect(selected()).toBe('A');
    expect(await walk('{ArrowRight}')).toBe('B');
    expect(await walk('{ArrowDown}')).toBe('D');
    expect(await walk('{ArrowDown}')).toBe('E');
    expect(await walk('{ArrowUp}')).toBe('C');
    expect(await walk('{ArrowLeft}')).toBe('B');
    await user.keyboard('{Alt>}{ArrowRight}{/Alt}');
    await waitFor(() => expect(names()).toEqual(['A', 'C', 'B', 'D', 'E']));
    // In a text the cursor moves.
    await user.keyboard('a{ArrowLeft}');
    expect(screen.getByRole('combobox')).toHaveProperty('selectionStart', 0);
  });

  it('show what is open, which a click brings to the front', async () => {
    backend.openSessions = [session(1, 'A', 'a'), session(2, 'B', 'b'), { ...session(3, '10.0.0.7', null) }];
    await show(...favourites('A'), host('B'));
    await waitFor(() => expect(names()).toEqual(['A', 'B', '10.0.0.7', 'A']));
    await waitFor(() => expect(backend.callsOf('open_sessions')).toContainEqual([true]));
    const cards = screen.getAllByRole('option');
    expect(cards[3]).toHaveTextContent(t('sessions.live'));
    await user.click(cards[2] as HTMLElement);
    await user.click(cards[1] as HTMLElement);
    await user.keyboard('{Enter}');
    expect(backend.callsOf('show_session')).toEqual([[3], [2], [2]]);
    expect(backend.callsOf('open_host')).toEqual([]);
    // The digits are those of what is not open.
    await user.keyboard('{Control>}1{/Control}');
    await waitFor(() => expect(backend.callsOf('open_host')).toEqual([['a']]));
  });

  it('have what is open as rows as well', async () => {
    backend.preferences = { ...backend.preferences, look: 'rows' };
    backend.openSessions = [
      session(1, 'A', 'a'),
      { ...session(2, 'B', 'b'), state: 'reconnecting' },
      { ...session(3, '10.0.0.7', null) },
    ];
    backend.hosts = [...favourites('A'), host('B')];
    render(HostsWindow);
    await waitFor(() => expect(names()).toEqual(['A', 'B', '10.0.0.7', 'A']));
    expect(document.querySelector('.card')).toBeNull();
    expect(document.querySelector('.heading')).toHaveTextContent(t('section.open'));
    const rows = screen.getAllByRole('option');
    expect(rows[1]).toHaveTextContent(t('sessions.reconnecting'));
    expect(rows[1]?.ariaLabel).toContain(t('sessions.reconnecting'));
    await user.click(rows[2] as HTMLElement);
    await user.click(rows[0] as HTMLElement);
    await user.keyboard('{ArrowDown}{Enter}');
    expect(backend.callsOf('show_session')).toEqual([[3], [1], [2]]);
    expect(backend.callsOf('open_host')).toEqual([]);
    await user.keyboard('{Control>}1{/Control}');
    await waitFor(() => expect(backend.callsOf('open_host')).toEqual([['a']]));
    expect((await axe.run(byId('hosts'))).violations).toEqual([]);
  });

  it('are rows where that is chosen, which is remembered, and where something is searched for', async () => {
    await show(...favourites('A', 'B'));
    await user.keyboard('a');
    await waitFor(() => expect(document.querySelector('.card')).toBeNull());
    await user.keyboard('{Escape}');
    await waitFor(() => expect(document.querySelectorAll('.card')).toHaveLength(2));
    await user.click(screen.getByRole('button', { name: t('look.rows') }));
    await waitFor(() => expect(document.querySelector('.card')).toBeNull());
    expect(backend.preferences.look).toBe('rows');
    backend.refusals.set('set_preferences', { code: 'system', detail: 'no' });
    await user.click(screen.getByRole('button', { name: t('look.cards') }));
    await waitFor(() => expect(document.querySelector('#toast')).toHaveTextContent('no'));
    expect(document.querySelector('.card')).toBeNull();
  });

  it('have nothing to complain about', async () => {
    backend.openSessions = [session(1, 'A', 'a')];
    keep('B', Date.now());
    await show(...favourites('A', 'B'), host('C'));
    const rules = { 'color-contrast': { enabled: false }, region: { enabled: false } };
    const { violations } = await axe.run(document.body, { rules });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });
});

describe('the choice about pictures', () => {
  it('is one of each machine', async () => {
    await show(...favourites('A'));
    await user.keyboard('{F2}');
    await user.click(await screen.findByRole('radio', { name: t('editor.picture.blurred') }));
    await user.click(screen.getByRole('button', { name: t('editor.save_only') }));
    await waitFor(() => expect(backend.hosts[0]?.picture).toBe('blurred'));
  });
});
