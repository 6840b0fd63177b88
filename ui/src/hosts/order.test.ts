import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { problemText, t } from '../i18n';
import type { HostView } from '../ipc/bindings/HostView';
import { backend as fake } from '../ipc/fake';
import type { FakeBackend } from '../ipc/fake/backend';
import { machine, openSessions } from '../ipc/fixtures';
import HostsWindow from './HostsWindow.svelte';

let backend: FakeBackend;
let user: ReturnType<typeof userEvent.setup>;

function host(name: string, facts: Partial<HostView> = {}): HostView {
  return machine(name, `${name.toLowerCase()}.local`, { id: name.toLowerCase(), ...facts });
}

async function show(...hosts: HostView[]) {
  backend.hosts = hosts;
  render(HostsWindow);
  await screen.findAllByRole('option');
}

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id} in the page`);
  return found;
}

const names = () => screen.queryAllByRole('option').map((row) => row.dataset.name);
function rowOf(name: string): HTMLElement {
  const row = screen.getAllByRole('option').find((row) => row.dataset.name === name);
  if (!row) throw new Error(`no row ${name}`);
  return row;
}
const selected = () =>
  screen
    .queryAllByRole('option')
    .filter((row) => row.getAttribute('aria-selected') === 'true')
    .map((row) => row.dataset.name);
const headings = () => [...document.querySelectorAll('.heading')].map((heading) => heading.textContent.trim());

beforeEach(() => {
  backend = fake;
  user = userEvent.setup();
});

describe('the order', () => {
  const favourites = () =>
    ['A', 'B', 'C'].map((name, place) => host(name, { favourite: true, favourite_place: place }));

  it('has favourites where they were put, also after one was opened', async () => {
    await show(...favourites(), host('D'));
    expect(headings()).toEqual([t('section.favourites'), t('section.others')]);
    await user.click(rowOf('C'));
    await user.keyboard('{Enter}');
    await waitFor(() => expect(backend.hosts[2]?.times_opened).toBe(1));
    expect(names()).toEqual(['A', 'B', 'C', 'D']);
  });

  it('is changed with Alt and the arrow keys, which is said', async () => {
    await show(...favourites());
    await user.keyboard('{Alt>}{ArrowDown}{/Alt}');
    await waitFor(() => expect(names()).toEqual(['B', 'A', 'C']));
    expect(screen.getByText(t('hosts.moved', { name: 'A', place: 2, all: 3 }))).toBeInTheDocument();
    await user.keyboard('{Alt>}{ArrowDown}{/Alt}');
    await waitFor(() => expect(names()).toEqual(['B', 'C', 'A']));
    await user.keyboard('{Alt>}{ArrowDown}{/Alt}');
    await user.keyboard('{Alt>}{ArrowUp}{/Alt}');
    await waitFor(() => expect(names()).toEqual(['B', 'A', 'C']));
    expect(selected()).toEqual(['A']);
  });

  it('of the rest is a choice that is remembered', async () => {
    backend.preferences = { ...backend.preferences, bell: 'flash', order: 'most_used' };
    await show(host('A'), host('B', { times_opened: 2 }), host('C', { tags: ['x'] }));
    await waitFor(() => expect(names()).toEqual(['B', 'A', 'C']));
    await user.click(byId('order'));
    await user.click(screen.getByRole('menuitemradio', { name: t('order.tag') }));
    await waitFor(() => expect(names()).toEqual(['C', 'A', 'B']));
    expect(headings()).toEqual(['x', t('section.untagged')]);
    await waitFor(() => expect(backend.preferences).toMatchObject({ bell: 'flash', order: 'tag' }));
  });

  it('stays as it was where the choice cannot be saved', async () => {
    await show(host('A'), host('B', { times_opened: 2 }));
    backend.refusals.set('set_preferences', { code: 'system', detail: 'disk full' });
    await user.click(byId('order'));
    await user.click(screen.getByRole('menuitemradio', { name: t('order.most_used') }));
    await waitFor(() => expect(byId('toast')).toHaveTextContent('disk full'));
    expect(names()).toEqual(['A', 'B']);
  });
});

describe('dragging', () => {
  /** In pixels of the list: jsdom lays nothing out, so it is told how high that is. */
  function drag(name: string, from: number, ...to: number[]) {
    const row = rowOf(name);
    Object.defineProperties(byId('hosts'), {
      setPointerCapture: { value: () => {}, configurable: true },
      clientHeight: { value: 600, configurable: true },
      getBoundingClientRect: { value: () => new DOMRect(0, 0, 600, 600), configurable: true },
    });
    byId('hosts').scrollTop = 0;
    // jsdom has no PointerEvent with these facts.
    const event = (type: string, y: number) =>
      Object.assign(new MouseEvent(type, { bubbles: true, clientY: y, button: 0 }), {
        pointerId: 1,
        pointerType: 'mouse',
      });
    return Promise.all([
      fireEvent(row, event('pointerdown', from)),
      ...to.map((y) => fireEvent(byId('hosts'), event('pointermove', y))),
    ]).then(() => fireEvent(byId('hosts'), event('pointerup', to.at(-1) ?? from)));
  }

  it('puts a favourite before another one, or at the end', async () => {
    await show(...['A', 'B', 'C'].map((name, place) => host(name, { favourite: true, favourite_place: place })));
    await drag('A', 60, 80, 34 + 115);
    await waitFor(() => expect(names()).toEqual(['B', 'A', 'C']));
    expect(backend.callsOf('arrange_favourite')).toEqual([['a', 'c']]);
    await drag('B', 60, 80, 34 + 200);
    await waitFor(() => expect(names()).toEqual(['A', 'C', 'B']));
  });

  it('leaves the icons of the other rows as they were', async () => {
    await show(...['A', 'B', 'C'].map((name, place) => host(name, { favourite: true, favourite_place: place })));
    await drag('A', 60, 80, 34 + 115);
    await waitFor(() => expect(names()).toEqual(['B', 'A', 'C']));
    await user.hover(rowOf('A'));
    const icon = rowOf('A').querySelector('[data-action=edit]');
    if (!icon) throw new Error('no icon in the row');
    await user.click(icon);
    await waitFor(() => expect(byId('editor')).toBeInTheDocument());
  });

  it('makes another machine a favourite, and does nothing elsewhere or on the same place', async () => {
    await show(host('A', { favourite: true }), host('B'), host('C'));
    await drag('C', 260, 250, 300);
    await drag('A', 60, 80, 34 + 20);
    expect(backend.callsOf('arrange_favourite')).toEqual([]);
    await drag('C', 260, 250, 40);
    await waitFor(() => expect(backend.callsOf('arrange_favourite')).toEqual([['c', 'a']]));
    await waitFor(() => expect(names()).toEqual(['C', 'A', 'B']));
  });
});

describe('the search', () => {
  it('says how many of all are seen, and marks what was found', async () => {
    await show(host('Studio', { tags: ['lab'] }), host('Stable'), host('Attic', { notes: 'under the stairs' }));
    expect(byId('count')).toHaveTextContent(t('hosts.count', { count: 3 }));
    await user.type(byId('search'), 'sta');
    expect(byId('count')).toHaveTextContent('2 of 3');
    const marks = [...document.querySelectorAll('#hosts mark')].map((mark) => mark.textContent);
    expect(marks).toEqual(['Sta', 'sta', 'sta']);
    expect(document.querySelector('.note')).toHaveTextContent('under the stairs');
  });

  it('draws those of many tags first in which something was found', async () => {
    await show(host('Rack', { tags: ['a', 'b', 'c', 'stage', 'e'] }));
    const tags = () => [...document.querySelectorAll('#hosts .tag')].map((tag) => tag.textContent);
    expect(tags()).toEqual(['a', 'b', 'c', '+2']);
    await user.type(byId('search'), 'sta');
    expect(tags()).toEqual(['stage', 'a', 'b', '+2']);
    expect(document.querySelector('.tag mark')).toHaveTextContent('sta');
  });

  it('shows what is alike where none matches', async () => {
    await show(host('Studio'), host('Attic'));
    await user.type(byId('search'), 'stuido');
    expect(names()[0]).toBe('Studio');
    expect(byId('count')).toHaveTextContent(t('hosts.alike'));
  });

  it('takes Enter for the address that was typed, not for a machine that is only like it', async () => {
    await show(host('Printer', { address: '192.168.1.50' }));
    await user.type(byId('search'), '192.168.1.51');
    expect(names()[0]).toBe('Printer');
    await user.keyboard('{Enter}');
    await waitFor(() => expect(backend.callsOf('open_address')).toEqual([['192.168.1.51']]));
    expect(backend.callsOf('open_host')).toEqual([]);
    // Who chooses it means it.
    await user.type(byId('search'), '192.168.1.51{ArrowUp}{Enter}');
    await waitFor(() => expect(backend.callsOf('open_host')).toEqual([['printer']]));
  });

  it('is narrowed by tags, several together, which are taken back the same way', async () => {
    await show(host('A', { tags: ['lab', 'rack 4'] }), host('B', { tags: ['lab'] }), host('C'));
    const chip = (name: string) => screen.getByRole('button', { name });
    await user.click(chip('lab'));
    expect(byId('search')).toHaveValue('tag:lab ');
    expect(chip('lab')).toHaveAttribute('aria-pressed', 'true');
    expect(names()).toEqual(['A', 'B']);
    await user.click(chip('rack 4'));
    expect(names()).toEqual(['A']);
    await user.click(chip('lab'));
    expect(byId('search')).toHaveValue('tag:"rack 4" ');
    await user.click(chip('rack 4'));
    expect(names()).toEqual(['A', 'B', 'C']);
  });

  it('ends when it has led somewhere, and not where that failed', async () => {
    await show(host('Studio'), host('Attic'));
    backend.refusals.set('open_host', { code: 'no_such_host' });
    await user.type(byId('search'), 'att{Enter}');
    await waitFor(() => expect(byId('toast')).not.toHaveTextContent(/^$/));
    expect(byId('search')).toHaveValue('att');
    backend.refusals.clear();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(byId('search')).toHaveValue(''));
    expect(selected()).toEqual(['Attic']);
  });

  it('opens one of the first nine with Ctrl and a digit', async () => {
    await show(host('A'), host('B'), host('C'));
    await user.keyboard('{Control>}2{/Control}');
    expect(backend.callsOf('open_host')).toEqual([['b']]);
    await user.type(byId('search'), 'c');
    await user.keyboard('{Control>}1{/Control}');
    await waitFor(() => expect(backend.callsOf('open_host')).toEqual([['b'], ['c']]));
    await user.keyboard('{Control>}9{/Control}');
    expect(backend.callsOf('open_host')).toHaveLength(2);
  });
});

describe('several machines', () => {
  const five = () => ['A', 'B', 'C', 'D', 'E'].map((name) => host(name));

  it('are selected with Ctrl, with Shift, and with the keys', async () => {
    await show(...five());
    await user.click(rowOf('B'));
    await user.keyboard('{Control>}');
    await user.click(rowOf('D'));
    await user.keyboard('{/Control}');
    expect(selected()).toEqual(['B', 'D']);
    await user.keyboard('{Shift>}');
    await user.click(rowOf('E'));
    await user.keyboard('{/Shift}');
    expect(selected()).toEqual(['D', 'E']);
    await user.click(rowOf('B'));
    expect(selected()).toEqual(['B']);
    await user.keyboard('{Shift>}{ArrowDown}{ArrowDown}{ArrowUp}{/Shift}');
    expect(selected()).toEqual(['B', 'C']);
    await user.keyboard('{Shift>}{ArrowUp}{ArrowUp}{/Shift}');
    expect(selected()).toEqual(['A', 'B']);
    await user.keyboard('{Shift>}{End}{/Shift}');
    expect(selected()).toEqual(['B', 'C', 'D', 'E']);
    await user.keyboard('{Shift>}{Home}{/Shift}');
    expect(selected()).toEqual(['A', 'B']);
    await user.keyboard('{Control>}a{/Control}');
    expect(selected()).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(byId('selection')).toHaveTextContent(t('several.count', { count: 5 }));
    await user.keyboard('{Escape}');
    expect(selected()).toHaveLength(1);
    expect(document.getElementById('selection')).toBeNull();
  });

  it.each(['{ }', 't'])('are toggled with Ctrl and “%s”', async (key) => {
    await show(...five());
    await user.click(rowOf('B'));
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}');
    expect(selected()).toEqual(['B', 'C']);
    await user.keyboard(`{Control>}${key}{/Control}`);
    expect(selected()).toEqual(['B']);
  });

  it('are those of the search where all of its text is selected already', async () => {
    await show(host('Ax'), host('Bx'), host('C'));
    await user.type(byId('search'), 'x');
    (byId('search') as HTMLInputElement).setSelectionRange(0, 1);
    await user.keyboard('{Control>}a{/Control}');
    expect(selected()).toEqual(['Ax', 'Bx']);
  });

  it('are opened one after the other; many only when that is meant', async () => {
    await show(...Array.from({ length: 10 }, (_, n) => host(`N${n}`)));
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}{Enter}');
    await waitFor(() => expect(backend.callsOf('open_hosts')).toEqual([[['n0', 'n1']]]));
    await user.keyboard('{Control>}a{/Control}{Enter}');
    expect(byId('open-many-leave')).toHaveFocus();
    expect(backend.callsOf('open_hosts')).toHaveLength(1);
    await user.click(byId('open-many-act'));
    await waitFor(() => expect(backend.callsOf('open_hosts')[1]?.[0]).toHaveLength(10));
  });

  it('are a set where they have a tag, opened together and closed together', async () => {
    await show(host('A', { tags: ['lab'] }), host('B', { tags: ['lab'] }), host('C'));
    expect(document.getElementById('open-set')).toBeNull();
    await user.click(screen.getByRole('button', { name: 'lab' }));
    expect(document.getElementById('close-set')).toBeNull();
    await user.click(byId('open-set'));
    await waitFor(() => expect(backend.callsOf('open_hosts')).toEqual([[['a', 'b']]]));
    backend.setSessions(openSessions().map((session) => ({ ...session, host: 'a', state: 'live' })));
    await user.click(screen.getByRole('button', { name: 'lab' }));
    await user.click(await screen.findByRole('button', { name: t('together.close') }));
    await waitFor(() => expect(backend.callsOf('close_hosts')).toEqual([[['a', 'b']]]));
    await waitFor(() => expect(document.getElementById('close-set')).toBeNull());
  });

  it('are removed together and come back together', async () => {
    await show(...five());
    await user.keyboard('{ArrowDown}{Shift>}{ArrowDown}{/Shift}{Delete}');
    await waitFor(() => expect(names()).toEqual(['A', 'D', 'E']));
    expect(backend.callsOf('remove_hosts')).toEqual([[['b', 'c']]]);
    expect(selected()).toEqual(['D']);
    expect(byId('toast')).toHaveTextContent(t('toast.removed_more', { name: 'B', count: 1 }));
    await user.keyboard('{Control>}z{/Control}');
    await waitFor(() => expect(names()).toEqual(['A', 'B', 'C', 'D', 'E']));
  });

  it('are those that are still there when another window removes one', async () => {
    await show(...five());
    await user.click(rowOf('B'));
    await user.keyboard('{Control>}');
    await user.click(rowOf('D'));
    await user.keyboard('{/Control}');
    backend.hosts = backend.hosts.filter(({ id }) => id !== 'd');
    backend.emitHostsChanged();
    await waitFor(() => expect(selected()).toEqual(['B']));
    await user.keyboard('{Enter}');
    await waitFor(() => expect(backend.callsOf('open_host')).toEqual([['b']]));
  });

  it('are changed together: only what was touched', async () => {
    await show(host('A', { tags: ['old', 'x'] }), host('B', { tags: ['old'], view_only: true }), host('C'));
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}{F2}');
    expect(byId('tags-added')).toHaveFocus();
    await user.keyboard('lab,rack 4{Enter}');
    await user.click(within(byId('several')).getByRole('button', { name: /^old/ }));
    await user.click(screen.getByTitle(t('colour.green')));
    // B does not send keys, A does: neither is what both have.
    expect(byId('view-only')).toBePartiallyChecked();
    expect(byId('section-display').querySelector('small')).toHaveTextContent(t('editor.view_only'));
    await user.click(byId('section-way').querySelector('summary') as HTMLElement);
    await user.type(byId('ssh-jump'), 'ann@gate');
    await user.click(byId('reconnect'));
    await user.type(byId('proxy'), 'x');
    await user.click(within(byId('proxy-note')).getByRole('button', { name: t('several.keep') }));
    expect(byId('proxy')).toHaveValue('');
    await user.click(byId('section-display').querySelector('summary') as HTMLElement);
    await user.click(screen.getByRole('radio', { name: t('editor.picture.blurred') }));
    await user.click(byId('save-several'));
    await waitFor(() => expect(document.getElementById('several')).toBeNull());
    expect(backend.callsOf('change_several')).toEqual([
      [
        ['a', 'b'],
        {
          tags_added: ['lab', 'rack 4'],
          tags_removed: ['old'],
          colour: 'green',
          ssh_jump: 'ann@gate',
          reconnect: false,
          picture: 'blurred',
          on_new_address: 'ask',
        },
      ],
    ]);
    expect(byId('toast')).toHaveTextContent(t('toast.changed', { count: 2 }));
  });

  it('say beside a field what is wrong with it', async () => {
    await show(...five());
    backend.refusals.set('change_several', {
      code: 'fields_of',
      machine: 'B',
      fields: [{ field: 'tags', problem: 'too_long' }],
    });
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}{F2}');
    await user.click(byId('view-only'));
    await user.click(byId('save-several'));
    const text = t('error.fields_of', { machine: 'B' });
    await waitFor(() => expect(byId('several')).toHaveTextContent(text));
    expect(byId('tags-added')).toHaveAccessibleDescription(problemText({ field: 'tags', problem: 'too_long' }));
  });

  it('have each field checked as it is left', async () => {
    await show(...five());
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}{F2}');
    await user.type(byId('ssh-jump'), '-x');
    backend.refusals.set('check_host', {
      code: 'fields',
      fields: [
        { field: 'ssh_jump', problem: 'hyphen' },
        { field: 'proxy', problem: 'scheme' },
      ],
    });
    await user.tab();
    await waitFor(() => expect(byId('ssh-jump')).toBeInvalid());
    expect(byId('proxy')).not.toBeInvalid();
    await user.type(byId('ssh-jump'), 'y');
    expect(byId('ssh-jump')).not.toBeInvalid();
  });

  it('are not forgotten half chosen without a question', async () => {
    await show(...five());
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}{F2}');
    await user.keyboard('{Escape}');
    expect(document.getElementById('several')).toBeNull();
    await user.keyboard('{F2}');
    await user.click(screen.getByTitle(t('colour.green')));
    await user.keyboard('{Escape}');
    expect(byId('leaving-leave')).toHaveFocus();
    await user.click(byId('leaving-leave'));
    expect(document.getElementById('several')).not.toBeNull();
    await user.keyboard('{Escape}');
    await user.click(byId('leaving-act'));
    expect(document.getElementById('several')).toBeNull();
  });

  it('are asked about once where logins would go another way', async () => {
    await show(host('A', { has_password: true }), host('B'));
    backend.refusals.set('change_several', {
      code: 'confirm_address',
      address: 'gate',
      has_password: true,
      has_http_auth: false,
    });
    await user.keyboard('{Control>}a{/Control}{F2}');
    await user.type(byId('ssh-jump'), 'gate');
    await user.click(byId('save-several'));
    await screen.findByText(t('new_address.password'));
    backend.refusals.clear();
    await user.click(byId('forget-secrets'));
    await waitFor(() => expect(document.getElementById('several')).toBeNull());
    expect(backend.callsOf('change_several').at(-1)?.[1]).toMatchObject({ ssh_jump: 'gate', on_new_address: 'forget' });
  });
});

describe('tags, colour and notes in the form', () => {
  it('are kept with the machine', async () => {
    await show(host('A', { tags: ['lab'] }), host('B', { tags: ['rack 4'] }));
    await user.click(rowOf('A'));
    await user.keyboard('{F2}');
    await user.type(byId('tags'), 'web,');
    await user.click(screen.getByRole('button', { name: '+ rack 4' }));
    await user.click(screen.getByRole('button', { name: t('editor.tag_remove', { tag: 'lab' }) }));
    await user.click(screen.getByTitle(t('colour.red')));
    await user.type(byId('notes'), 'One{Enter}two');
    await user.click(byId('save'));
    await waitFor(() =>
      expect(backend.hosts[0]).toMatchObject({ tags: ['web', 'rack 4'], colour: 'red', notes: 'One\ntwo' }),
    );
  });

  it('take what is half typed when the form is saved', async () => {
    await show(host('A', { tags: ['lab'] }));
    await user.keyboard('{F2}');
    await user.type(byId('tags'), 'web');
    await user.click(byId('save'));
    await waitFor(() => expect(backend.hosts[0]?.tags).toEqual(['lab', 'web']));
  });

  it('are not thrown away by Escape without a question', async () => {
    await show(host('A', { tags: ['lab'] }));
    await user.keyboard('{F2}');
    await user.keyboard('{Escape}');
    expect(document.getElementById('editor')).toBeNull();
    await user.keyboard('{F2}');
    await user.type(byId('notes'), 'Two');
    await user.keyboard('{Escape}');
    expect(byId('leaving-leave')).toHaveFocus();
    await user.click(byId('leaving-leave'));
    expect(byId('notes')).toHaveValue('Two');
    await user.keyboard('{Escape}');
    await user.click(byId('leaving-act'));
    expect(document.getElementById('editor')).toBeNull();
    expect(backend.callsOf('save_host')).toEqual([]);
  });
});

describe('for assistive technology', () => {
  it('neither the selection nor the form for several has anything to complain about', async () => {
    await show(host('A', { tags: ['lab'], favourite: true }), host('B', { last_opened: 1 }), host('C'));
    await user.keyboard('{Control>}a{/Control}');
    const rules = { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } };
    expect((await axe.run(document.body, rules)).violations).toEqual([]);
    await user.keyboard('{F2}');
    expect((await axe.run(document.body, rules)).violations).toEqual([]);
  });
});
