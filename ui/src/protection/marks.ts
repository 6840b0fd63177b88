// What a level of protection looks like, and what it is called where there is room for a few words only.

import type { IconName } from '../controls/Icon.svelte';
import { levelText, t } from '../i18n';
import type { Level } from '../ipc/bindings/Level';

/** How a mark is meant: good, neither, or worth a thought. */
export type Tone = 'good' | 'plain' | 'careful';

export interface Mark {
  icon: IconName;
  tone: Tone;
  words: string;
}

/** Whether others may listen: nothing is encrypted, and it leaves this computer. */
export function isExposed(level: Level, local: boolean): boolean {
  return !local && (level === 'clear' || level === 'password');
}

/** The mark of a level; three of them, and a calm one for what does not leave this computer. */
export function markOf(level: Level, local: boolean): Mark {
  if (level === 'identified') return { icon: 'shield-check', tone: 'good', words: levelText(level) };
  if (level === 'encrypted') return { icon: 'lock', tone: 'plain', words: levelText(level) };
  if (local) return { icon: 'home', tone: 'plain', words: t('level.local') };
  return { icon: 'lock-open', tone: 'careful', words: levelText('clear') };
}

/** What a level means for the one who looks and types. */
export function meaningOf(level: Level, local: boolean): string {
  const stays = local && (level === 'clear' || level === 'password');
  return t(stays ? 'meaning.local' : `meaning.${level}`);
}
