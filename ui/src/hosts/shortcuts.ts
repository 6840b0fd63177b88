// The keys of the hosts window: one list for pressing them, for the menus that show them, and for the help.

import type { Key } from '../i18n';
import type { HostView } from '../ipc/bindings/HostView';
import type { Hosts } from './store/hosts.svelte';

/** What a shortcut acts on. */
export interface Scope {
  hosts: Hosts;
  /** The selected host; null where an address or nothing is selected. */
  host: HostView | null;
  /** The search box has the focus. */
  inSearch: boolean;
  /** A button has the focus: Enter and Delete are its own. */
  onButton: boolean;
  /** Rows on one page of the list. */
  page: number;
  focusSearch: () => void;
  openMenu: (host: HostView) => void;
  openAbout: () => void;
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
const move = { label: 'key.move' } as const;
const menu = { label: 'key.menu' } as const;

export const shortcuts: readonly Shortcut[] = [
  {
    keys: '↵',
    key: 'Enter',
    label: 'hosts.open',
    unless: ({ onButton }) => onButton,
    run: ({ hosts }) => void hosts.enter(),
  },
  forHost({ keys: 'F2', key: 'F2', label: 'hosts.edit' }, (hosts, host) => hosts.edit(host)),
  forHost({ keys: 'Ctrl+E', key: 'e', ctrl: true, label: 'hosts.edit' }, (hosts, host) => hosts.edit(host)),
  forHost(
    { keys: 'Ctrl+D', key: 'd', ctrl: true, label: 'hosts.duplicate' },
    (hosts, host) => void hosts.duplicate(host),
  ),
  forHost(
    { keys: 'Del', key: 'Delete', label: 'hosts.remove', unless: (scope) => scope.onButton || inText(scope) },
    (hosts, host) => void hosts.remove(host),
  ),
  forHost({ keys: 'Shift+F10', key: 'F10', shift: true, ...menu }, (_, host, { openMenu }) => openMenu(host)),
  forHost({ keys: '☰', key: 'ContextMenu', ...menu }, (_, host, { openMenu }) => openMenu(host)),
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
      hosts.search('');
      focusSearch();
    },
  },
  { keys: 'Ctrl+Q', key: 'q', ctrl: true, label: 'key.quit', run: ({ hosts }) => void hosts.quit() },
  { keys: '↓', key: 'ArrowDown', ...move, run: ({ hosts }) => hosts.move(1) },
  { keys: '↑', key: 'ArrowUp', ...move, run: ({ hosts }) => hosts.move(-1) },
  { keys: 'PgDn', key: 'PageDown', ...move, run: ({ hosts, page }) => hosts.move(page) },
  { keys: 'PgUp', key: 'PageUp', ...move, run: ({ hosts, page }) => hosts.move(-page) },
  { keys: 'Home', key: 'Home', ...move, unless: inText, run: ({ hosts }) => hosts.move(-Infinity) },
  { keys: 'End', key: 'End', ...move, unless: inText, run: ({ hosts }) => hosts.move(Infinity) },
  { keys: 'F1', key: 'F1', label: 'about.open', run: ({ openAbout }) => openAbout() },
];

/** Runs the shortcut that was pressed; false where the key is none. */
export function runShortcut(event: KeyboardEvent, scope: Scope): boolean {
  const ctrl = event.ctrlKey || event.metaKey;
  if (event.altKey) return false;
  const found = shortcuts.find(
    (shortcut) =>
      shortcut.key === event.key &&
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

/** What the help shows: each action once, with all of its keys. */
export function help(): { label: Key; keys: string[] }[] {
  const labels = [...new Set(shortcuts.map(({ label }) => label))];
  return labels.map((label) => ({
    label,
    keys: shortcuts.filter((shortcut) => shortcut.label === label).map(({ keys }) => keys),
  }));
}
