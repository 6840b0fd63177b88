// What can be chosen for all machines, in the words of the settings: for the page, and for what an import would change.

import { numberText, t, type Key } from '../../i18n';
import type { Colour } from '../../ipc/bindings/Colour';
import type { Preferences } from '../../ipc/bindings/Preferences';
import type { Scaling } from '../../ipc/bindings/Scaling';
import type { TagCaution } from '../../ipc/bindings/TagCaution';
import { colours } from '../colours';
import { pictureChoices } from '../fields';

/** Settings of which one of a few is chosen. */
type Chosen = Exclude<keyof Preferences, 'scaling' | 'password_command' | 'hotkey' | 'tags' | 'offered_login'>;
/** Sizes that the page offers; a file may name one in percent. */
type Size = Extract<Scaling, string>;
export type Choices<Value> = readonly { value: Value; label: string }[];

const listed = <Value extends string>(values: readonly Value[], key: (value: Value) => Key): Choices<Value> =>
  values.map((value) => ({ value, label: t(key(value)) }));

// Each language by its own name, for who cannot read the present one.
export const choices: { [Name in Chosen]: Choices<Preferences[Name]> } & { scaling: Choices<Size> } = {
  language: [
    { value: 'system', label: t('settings.language.system') },
    { value: 'en', label: 'English' },
    { value: 'zh-CN', label: '简体中文' },
  ],
  theme: listed(['system', 'light', 'dark'], (value) => `settings.theme.${value}`),
  scaling: [
    { value: 'fit', label: t('viewer.scale') },
    { value: 'follow', label: t('viewer.scale_follow') },
    { value: 'actual', label: t('viewer.scale_actual') },
  ],
  quality: listed(['automatic', 'best', 'good', 'low'], (value) => `quality.${value}`),
  clipboard: listed(['both', 'to_server', 'from_server', 'off'], (value) => `settings.clipboard.${value}`),
  composing: listed(['there', 'here'], (value) => `settings.composing.${value}`),
  bell: listed(['sound', 'flash', 'nothing'], (value) => `settings.bell.${value}`),
  rewind: listed(['kept', 'off'], (value) => `settings.rewind.${value}`),
  pictures: listed(pictureChoices, (value) => `picture.${value}`),
  nearby: listed(['shown', 'off'], (value) => (value === 'shown' ? 'settings.on' : 'settings.off')),
  on_close: listed(['ask', 'tray', 'quit'], (value) => `settings.on_close.${value}`),
  reopening: listed(['ask', 'always', 'never'], (value) => `settings.reopening.${value}`),
  order: listed(['name', 'last_used', 'most_used', 'tag'], (value) => `order.${value}`),
  look: listed(['cards', 'rows'], (value) => `look.${value}`),
};

/** What each setting is called, in the order of the page; behind them what is chosen in the list itself. */
const names: Record<keyof Preferences, Key> = {
  language: 'settings.language',
  theme: 'settings.theme',
  scaling: 'viewer.scaling',
  quality: 'quality',
  clipboard: 'settings.clipboard',
  composing: 'settings.composing',
  bell: 'settings.bell',
  tags: 'caution.tags',
  rewind: 'settings.rewind',
  pictures: 'settings.pictures',
  password_command: 'settings.password_command',
  offered_login: 'logins.offered',
  nearby: 'settings.nearby',
  on_close: 'settings.on_close',
  reopening: 'settings.reopening',
  hotkey: 'hotkey.label',
  order: 'order.choose',
  look: 'look.choose',
};

/** What a setting is called; null for a name that is none of these. */
export const settingName = (name: string): string | null =>
  name in names ? t(names[name as keyof Preferences]) : null;

/** A setting that changes. */
export interface Change {
  name: keyof Preferences;
  label: string;
  from: string;
  to: string;
}

/** What is another one than before, in the words of the page. */
export function changes(before: Preferences, after: Preferences): Change[] {
  const all = (Object.keys(names) as (keyof Preferences)[]).map((name) => ({
    name,
    label: t(names[name]),
    from: choiceText(name, before),
    to: choiceText(name, after),
  }));
  return all.filter(({ from, to }) => from !== to);
}

/** What is chosen, in the words of the page. */
export function choiceText(name: keyof Preferences, preferences: Preferences): string {
  switch (name) {
    case 'password_command':
      return preferences.password_command || t('settings.nothing');
    // It is one of this computer, and no file changes it.
    case 'offered_login':
      return '';
    case 'hotkey':
      return preferences.hotkey ?? t('settings.nothing');
    case 'tags':
      return preferences.tags.map(cautionText).join('\n') || t('settings.nothing');
    case 'scaling': {
      const { scaling } = preferences;
      if (typeof scaling === 'object') return t('viewer.scale_percent', { percent: numberText(scaling.percent) });
      return labelOf(choices.scaling, scaling);
    }
    default:
      return labelOf<string>(choices[name], preferences[name]);
  }
}

const labelOf = <Value extends string>(choices: Choices<Value>, value: Value): string =>
  choices.find((choice) => choice.value === value)?.label ?? value;

/** A tag, and what is asked for with it. */
function cautionText({ tag, frame, view_only, ask_lines }: TagCaution): string {
  const asked = [
    ...(frame ? [`${t('caution.frame')}: ${colourName(frame)}`] : []),
    ...(view_only ? [t('editor.view_only')] : []),
    ...(ask_lines ? [t('editor.ask_lines')] : []),
  ];
  return `${tag} (${asked.join('; ') || t('settings.nothing')})`;
}

function colourName(colour: Colour): string {
  const known = colours.find((known) => known === colour);
  return known ? t(`colour.${known}`) : colour;
}
