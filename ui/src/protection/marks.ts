// The icon and the few words for a level of protection.

import type { IconName } from '../controls/Icon.svelte';
import { levelText, t } from '../i18n';
import type { Level } from '../ipc/bindings/Level';

/** Good; neutral; or a reason to be careful. */
export type Tone = 'good' | 'plain' | 'careful';

export interface Mark {
  icon: IconName;
  tone: Tone;
  words: string;
}

/** Whether others can read the session: it is not encrypted and leaves this computer. */
export function isExposed(level: Level, local: boolean): boolean {
  return !local && (level === 'clear' || level === 'password');
}

/** The mark of a level; `local`: the session does not leave this computer. */
export function markOf(level: Level, local: boolean): Mark {
  if (level === 'identified') return { icon: 'shield-check', tone: 'good', words: levelText(level) };
  if (level === 'encrypted') return { icon: 'lock', tone: 'plain', words: levelText(level) };
  if (local) return { icon: 'home', tone: 'plain', words: t('level.local') };
  return { icon: 'lock-open', tone: 'careful', words: levelText('clear') };
}

/** What a level means for what is seen and typed, in a sentence. */
export function meaningOf(level: Level, local: boolean): string {
  const stays = local && (level === 'clear' || level === 'password');
  return t(stays ? 'meaning.local' : `meaning.${level}`);
}
