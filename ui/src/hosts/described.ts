// How a machine is told from others: its letter, and where it is.

import { t } from '../i18n';
import type { HostView } from '../ipc/bindings/HostView';

/** The first letter or digit of a name, in any script; null where there is none. */
export function monogram(name: string): string | null {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toLocaleUpperCase() ?? null;
}

/** What a screen reader says of a row or a card: what is seen of it, in that order, and that it is a favourite, which is only drawn. */
export function spoken(
  name: string,
  host: HostView | null,
  /** That it is open, and the list of others that it is in, where that stands behind its name. */
  beside: { open: boolean; source: string | null },
  below: readonly (string | null)[],
): string {
  const marks = [
    beside.open && t('hosts.open_now'),
    host?.demo && t('hosts.demo'),
    host?.view_only && t('hosts.view_only'),
  ];
  const all = [name, ...marks, beside.source, ...below, host?.favourite && t('hosts.favourite')];
  return all.filter(Boolean).join(', ');
}

/** Its user and its address. */
export function whereabouts({ demo, username, address }: HostView): string {
  if (demo) return t('hosts.demo_hint');
  return [username, address].filter(Boolean).join(' · ');
}
