// How a machine is told from others: its letter, and where it is.

import { t } from '../i18n';
import type { HostView } from '../ipc/bindings/HostView';

/** The first letter or digit of a name, in any script; null where there is none. */
export function monogram(name: string): string | null {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toLocaleUpperCase() ?? null;
}

/** Its user and its address. */
export function whereabouts({ demo, username, address }: HostView): string {
  if (demo) return t('hosts.demo_hint');
  return [username, address].filter(Boolean).join(' · ');
}
