// The keys of the hosts window: one list for pressing them, for the menus that show them, and for the settings.

import type { Key } from '../i18n';
import type { HostView } from '../ipc/bindings/HostView';
import type { Hosts } from './store/hosts.svelte';
import type { Step } from './store/layout';

/** What a shortcut acts on. */
export interface Scope {
  hosts: Hosts;
  /** The selected host, of several the one with the cursor; null where an address or nothing is selected. */
  host: HostView | null;
  /** All text in the search box is selected. */
  textSelected: boolean;
  /** The search box has the focus. */
  inSearch: boolean;
  /** The form beside the list has the focus, and its own keys. */
  inForm: boolean;
  /** A button has the focus: Enter and Delete are its own. */
  onButton: boolean;
  /** The row that an arrow key leads to, or a page: how many rows further it is. */
  by: (step: Step | 'page-up' | 'page-down') => number;
  /** There are cards beside each other. */
  hasColumns: boolean;
  focusSearch: () => void;
  /** Opens the menu of what is selected; null where it has none. */
  openMenu: (() => void) | null;
  show: (dialog: 'help' | 'settings') => void;
}

interface Shortcut {
  /** The keys as shown. */
  keys: string;
  label: Key;
  /** `KeyboardEvent.key`. */
  key: string;
  /** With Ctrl, or ⌘ on a Mac. */
  ctrl?: true;
  shift?: true;
  alt?: true;
  /** Also while the form beside the list has the focus. */
  inForm?: true;
  /** Where it means something else. */
  unless?: (scope: Scope) => boolean;
  run: (scope: Scope) => void;
}

/** A shortcut that needs a selected host. */
function forHost(facts: Omit<Shortcut, 'run'>, run: (hosts: Hosts, host: HostView, scope: Scope) => void): Shortcut {
  return {
    ...facts,
    unless: (scope) => scope.host === null || (facts.unless?.(scope) ?? false),
    run: (scope) => {
      if (scope.host) run(scope.hosts, scope.host, scope);
    },
  };
}

/** The cursor moves within a search box that has text in it. */
const inText = ({ inSearch, hosts }: Scope) => inSearch && hosts.query.text !== '';
/** The cursor of a text moves sideways, too. */
const noColumns = (scope: Scope) => inText(scope) || !scope.hasColumns;
const move = { label: 'key.move' } as const;
const stretch = { label: 'key.stretch', shift: true } as const;
const arrange = { label: 'key.arrange', alt: true } as const;
const menu: Pick<Shortcut, 'label' | 'unless' | 'run'> = {
  label: 'key.menu',
  unless: ({ openMenu }) => openMenu === null,
  run: ({ openMenu }) => openMenu?.(),
};

const edit = (hosts: Hosts, host: HostView) => {
  if (hosts.selection.isSeveral) hosts.editSeveral(hosts.selection.hosts);
  else hosts.edit(host);
};

const toggle = (hosts: Hosts, host: HostView) => hosts.selection.toggle(host.id);

/** Ctrl+1 to 9 open the first nine rows; the settings show them as one. */
function digits(): Shortcut[] {
  return Array.from({ length: 9 }, (_, place) => ({
    keys: place === 0 ? 'Ctrl+1…9' : '',
    key: String(place + 1),
    ctrl: true,
    label: 'key.digit',
    run: ({ hosts }) => void hosts.openAt(place),
  }));
}

export const shortcuts: readonly Shortcut[] = [
  {
    keys: '↵',
    key: 'Enter',
    label: 'hosts.open',
    unless: ({ onButton }) => onButton,
    run: ({ hosts }) => void hosts.enter(),
  },
  ...digits(),
  forHost({ keys: 'F2', key: 'F2', label: 'hosts.edit' }, edit),
  forHost({ keys: 'Ctrl+E', key: 'e', ctrl: true, label: 'hosts.edit' }, edit),
  forHost(
    { keys: 'Ctrl+D', key: 'd', ctrl: true, label: 'hosts.duplicate' },
    (hosts, host) => void hosts.duplicate(host),
  ),
  forHost(
    { keys: 'Del', key: 'Delete', label: 'hosts.remove', unless: (scope) => scope.onButton || inText(scope) },
    (hosts) => void hosts.remove(hosts.selection.hosts),
  ),
  { keys: 'Shift+F10', key: 'F10', shift: true, ...menu },
  { keys: '☰', key: 'ContextMenu', ...menu },
  { keys: 'Ctrl+N', key: 'n', ctrl: true, label: 'key.add', run: ({ hosts }) => hosts.add() },
  { keys: 'Ctrl+F', key: 'f', ctrl: true, label: 'key.search', run: ({ focusSearch }) => focusSearch() },
  {
    keys: '/',
    key: '/',
    label: 'key.search',
    unless: ({ inSearch }) => inSearch,
    run: ({ focusSearch }) => focusSearch(),
  },
  {
    keys: 'Esc',
    key: 'Escape',
    label: 'key.leave',
    run: ({ hosts, focusSearch }) => {
      // First the selection, then the search.
      if (hosts.selection.isSeveral) hosts.selection.select(hosts.selection.row?.key ?? null);
      else hosts.search('');
      focusSearch();
    },
  },
  { keys: 'Ctrl+,', key: ',', ctrl: true, inForm: true, label: 'settings.open', run: ({ show }) => show('settings') },
  {
    keys: 'Ctrl+W',
    key: 'w',
    ctrl: true,
    inForm: true,
    label: 'key.close',
    run: ({ hosts }) => void hosts.ending.close(),
  },
  {
    keys: 'Ctrl+Q',
    key: 'q',
    ctrl: true,
    inForm: true,
    label: 'key.quit',
    run: ({ hosts }) => void hosts.ending.quit(),
  },
  {
    keys: 'Ctrl+Z',
    key: 'z',
    ctrl: true,
    label: 'key.undo',
    // In a text it undoes what was typed.
    unless: inText,
    run: ({ hosts }) => void hosts.history.undo(),
  },
  {
    keys: 'Ctrl+Shift+Z',
    key: 'z',
    ctrl: true,
    shift: true,
    label: 'key.redo',
    unless: inText,
    run: ({ hosts }) => void hosts.history.redo(),
  },
  {
    keys: 'Ctrl+Y',
    key: 'y',
    ctrl: true,
    label: 'key.redo',
    unless: inText,
    run: ({ hosts }) => void hosts.history.redo(),
  },
  {
    keys: 'Ctrl+A',
    key: 'a',
    ctrl: true,
    label: 'key.all',
    // The first press selects the text, the next one the machines.
    unless: (scope) => inText(scope) && !scope.textSelected,
    run: ({ hosts }) => hosts.selection.all(),
  },
  forHost({ keys: 'Ctrl+Space', key: ' ', ctrl: true, label: 'key.toggle' }, toggle),
  // Chinese input methods take Ctrl+Space for themselves.
  forHost({ keys: 'Ctrl+T', key: 't', ctrl: true, label: 'key.toggle' }, toggle),
  { keys: 'Shift+↓', key: 'ArrowDown', ...stretch, run: ({ hosts, by }) => hosts.selection.stretch(by('down')) },
  { keys: 'Shift+↑', key: 'ArrowUp', ...stretch, run: ({ hosts, by }) => hosts.selection.stretch(by('up')) },
  {
    keys: '',
    key: 'ArrowLeft',
    ...stretch,
    unless: noColumns,
    run: ({ hosts, by }) => hosts.selection.stretch(by('left')),
  },
  {
    keys: '',
    key: 'ArrowRight',
    ...stretch,
    unless: noColumns,
    run: ({ hosts, by }) => hosts.selection.stretch(by('right')),
  },
  { keys: 'Shift+PgDn', key: 'PageDown', ...stretch, run: ({ hosts, by }) => hosts.selection.stretch(by('page-down')) },
  { keys: 'Shift+PgUp', key: 'PageUp', ...stretch, run: ({ hosts, by }) => hosts.selection.stretch(by('page-up')) },
  {
    keys: 'Shift+Home',
    key: 'Home',
    ...stretch,
    unless: inText,
    run: ({ hosts }) => hosts.selection.stretch(-Infinity),
  },
  { keys: 'Shift+End', key: 'End', ...stretch, unless: inText, run: ({ hosts }) => hosts.selection.stretch(Infinity) },
  forHost({ keys: 'Alt+↑', key: 'ArrowUp', ...arrange }, (hosts, host) => void hosts.favourites.move(host, -1)),
  forHost({ keys: 'Alt+↓', key: 'ArrowDown', ...arrange }, (hosts, host) => void hosts.favourites.move(host, 1)),
  forHost({ keys: '', key: 'ArrowLeft', ...arrange }, (hosts, host) => void hosts.favourites.move(host, -1)),
  forHost({ keys: '', key: 'ArrowRight', ...arrange }, (hosts, host) => void hosts.favourites.move(host, 1)),
  { keys: '↓', key: 'ArrowDown', ...move, run: ({ hosts, by }) => hosts.selection.move(by('down')) },
  { keys: '↑', key: 'ArrowUp', ...move, run: ({ hosts, by }) => hosts.selection.move(by('up')) },
  { keys: '←', key: 'ArrowLeft', ...move, unless: noColumns, run: ({ hosts, by }) => hosts.selection.move(by('left')) },
  {
    keys: '→',
    key: 'ArrowRight',
    ...move,
    unless: noColumns,
    run: ({ hosts, by }) => hosts.selection.move(by('right')),
  },
  { keys: 'PgDn', key: 'PageDown', ...move, run: ({ hosts, by }) => hosts.selection.move(by('page-down')) },
  { keys: 'PgUp', key: 'PageUp', ...move, run: ({ hosts, by }) => hosts.selection.move(by('page-up')) },
  { keys: 'Home', key: 'Home', ...move, unless: inText, run: ({ hosts }) => hosts.selection.move(-Infinity) },
  { keys: 'End', key: 'End', ...move, unless: inText, run: ({ hosts }) => hosts.selection.move(Infinity) },
  { keys: 'F1', key: 'F1', inForm: true, label: 'help.open', run: ({ show }) => show('help') },
];

/** Runs the shortcut that was pressed; false where the key is none. */
export function runShortcut(event: KeyboardEvent, scope: Scope): boolean {
  const ctrl = event.ctrlKey || event.metaKey;
  // Where digits need Shift, as on French keyboards, the key is still the digit's.
  const digit = ctrl ? /^Digit([1-9])$/.exec(event.code)?.[1] : undefined;
  const key = digit ?? event.key;
  const found = shortcuts.find(
    (shortcut) =>
      (shortcut.key === key || (ctrl && shortcut.key === key.toLowerCase())) &&
      (!scope.inForm || shortcut.inForm) &&
      (shortcut.alt ?? false) === event.altKey &&
      (shortcut.ctrl ?? false) === ctrl &&
      // Shift makes no difference without Ctrl: some keyboards need it for "/".
      (event.shiftKey ? shortcut.shift || !shortcut.ctrl : !shortcut.shift) &&
      !shortcut.unless?.(scope),
  );
  found?.run(scope);
  return found !== undefined;
}

/** The keys for what `label` says, as a menu shows them. */
export function keysFor(label: Key): string {
  return shortcuts.find((shortcut) => shortcut.label === label)?.keys ?? '';
}

/** What the settings show: each action once, with all of its keys. */
export function actions(): { label: Key; keys: string[] }[] {
  const labels = [...new Set(shortcuts.map(({ label }) => label))];
  return labels.map((label) => ({
    label,
    keys: shortcuts.flatMap((shortcut) => (shortcut.label === label && shortcut.keys ? [shortcut.keys] : [])),
  }));
}
