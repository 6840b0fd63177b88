// What can be typed about a list that others keep.

import { t } from '../../i18n';
import type { HostSourceView } from '../../ipc/bindings/HostSourceView';

/** A list to add, or one that is changed. */
export type SourceEdit =
  | { does: 'add_url'; name: string; url: string; readable: boolean }
  | { does: 'add_command'; name: string; line: string }
  | { does: 'change'; name: string; source: HostSourceView; minutes: number };

const usual = [5, 15, 60, 6 * 60, 24 * 60];

/** How often a list can be read, in minutes: the usual ones, and what is chosen now. */
export function intervals(now: number): number[] {
  return [...new Set([...usual, now])].sort((one, other) => one - other);
}

/** “Every 15 minutes”. */
export function intervalText(minutes: number): string {
  if (minutes === 60) return t('sources.every_hour');
  if (minutes === 24 * 60) return t('sources.every_day');
  if (minutes % (24 * 60) === 0) return t('sources.every_days', { count: minutes / (24 * 60) });
  if (minutes % 60 === 0) return t('sources.every_hours', { count: minutes / 60 });
  return t('sources.every_minutes', { count: minutes });
}
