// What the menus of the list and of its window have.

import type { MenuItem } from '../controls/Menu.svelte';
import { stepText, t } from '../i18n';
import { chooseRecording } from '../ipc';
import type { Discovered } from '../ipc/bindings/Discovered';
import type { HostView } from '../ipc/bindings/HostView';
import type { DialogName } from './Dialogs.svelte';
import { keysFor } from './shortcuts';
import type { Hosts } from './store/hosts.svelte';

/** A menu, and what it is called for who does not see it. */
export interface NamedMenu {
  label: string;
  items: MenuItem[];
}

/** For a row; for all that are selected, where those are several. */
export function rowMenu(hosts: Hosts, machine: HostView | Discovered): NamedMenu {
  if (!('id' in machine)) return nearbyMenu(hosts, machine);
  return hosts.selection.isSeveral ? severalMenu(hosts, hosts.selection.hosts) : hostMenu(hosts, machine);
}

function severalMenu(hosts: Hosts, selected: HostView[]): NamedMenu {
  const items: MenuItem[] = [
    { label: t('hosts.open'), icon: 'arrow', keys: keysFor('hosts.open'), run: () => hosts.openSeveral(selected) },
    { label: t('several.edit'), icon: 'tag', keys: keysFor('hosts.edit'), run: () => hosts.editSeveral(selected) },
    removal(() => hosts.remove(selected)),
  ];
  return { label: t('several.count', { count: selected.length }), items };
}

function nearbyMenu(hosts: Hosts, machine: Discovered): NamedMenu {
  const items: MenuItem[] = [
    { label: t('hosts.open'), icon: 'arrow', keys: keysFor('hosts.open'), run: () => hosts.openNearby(machine) },
    { label: t('nearby.keep'), icon: 'add', run: () => hosts.keepNearby(machine) },
  ];
  return { label: t('hosts.actions', { name: machine.name }), items };
}

function hostMenu(hosts: Hosts, host: HostView): NamedMenu {
  const { id, favourite } = host;
  const items: MenuItem[] = [
    { label: t('hosts.open'), icon: 'arrow', keys: keysFor('hosts.open'), run: () => hosts.open(id) },
    ...(host.mac ? [{ label: t('hosts.wake'), icon: 'screen' as const, run: () => hosts.wake(id) }] : []),
    {
      label: t(favourite ? 'hosts.remove_favourite' : 'hosts.add_favourite'),
      icon: 'star',
      run: () => hosts.favourites.set(host, !favourite),
    },
    { label: t('hosts.edit'), icon: 'edit', keys: keysFor('hosts.edit'), run: () => hosts.edit(host) },
    {
      label: t(host.source === null ? 'hosts.duplicate' : 'sources.copy'),
      icon: 'copy',
      keys: keysFor('hosts.duplicate'),
      run: () => hosts.duplicate(host),
    },
    ...(host.source === null ? [removal(() => hosts.remove([host]))] : []),
  ];
  return { label: t('hosts.actions', { name: host.name }), items };
}

function removal(run: () => Promise<void>): MenuItem {
  return { label: t('hosts.remove'), icon: 'remove', keys: keysFor('hosts.remove'), danger: true, run };
}

/** For the window; `show` shows a dialog. */
export function windowMenu(hosts: Hosts, show: (dialog: DialogName) => void): NamedMenu {
  const { undo, redo } = hosts.history.view;
  const items: MenuItem[] = [
    {
      label: undo ? t('undo.undo', { step: stepText(undo) }) : t('undo.nothing'),
      icon: 'undo',
      keys: keysFor('key.undo'),
      unable: undo ? null : '',
      run: () => void hosts.history.undo(),
    },
    ...(redo
      ? [
          {
            label: t('undo.redo', { step: stepText(redo) }),
            icon: 'redo' as const,
            keys: keysFor('key.redo'),
            run: () => void hosts.history.redo(),
          },
        ]
      : []),
    { label: t('removed.open'), icon: 'remove', run: () => show('removed') },
    { label: t('versions.open'), icon: 'versions', run: () => show('versions') },
    { label: t('listen.open'), icon: 'screen', first: true, run: () => show('listen') },
    { label: t('sources.open'), icon: 'rows', run: () => show('sources') },
    { label: t('import.open'), icon: 'clipboard', run: () => show('import') },
    { label: t('export.open'), icon: 'copy', run: () => show('export') },
    { label: t('sessions.open'), icon: 'sessions', run: () => (hosts.showsSessions = true) },
    {
      label: t('player.open'),
      icon: 'play',
      run: () => void hosts.toasts.attempt(async () => void (await chooseRecording())),
    },
    { label: t('settings.open'), icon: 'settings', keys: keysFor('settings.open'), run: () => show('settings') },
    { label: t('help.open'), icon: 'help', keys: keysFor('help.open'), run: () => show('help') },
    { label: t('about.open'), icon: 'info', run: () => show('about') },
    { label: t('key.quit'), icon: 'close', keys: keysFor('key.quit'), run: () => hosts.ending.quit() },
  ];
  return { label: t('hosts.more'), items };
}
