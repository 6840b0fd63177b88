// What is in a field of the form, in words.

import { t } from '../../i18n';
import type { HostDraft } from '../../ipc/bindings/HostDraft';
import type { LoginView } from '../../ipc/bindings/LoginView';
import { colours } from '../colours';
import { type FieldName, pictureChoices } from '../fields';

export function valueText(name: FieldName, value: HostDraft[FieldName], logins: readonly LoginView[]): string {
  if (name === 'colour') {
    const colour = colours.find((known) => known === value);
    return colour ? t(`colour.${colour}`) : t('colour.automatic');
  }
  if (name === 'picture') {
    const picture = pictureChoices.find((known) => known === value);
    return picture ? t(`editor.picture.${picture}`) : '';
  }
  if (name === 'login') return logins.find(({ id }) => id === value)?.name ?? t('logins.own');
  if (typeof value === 'boolean') return t(value ? 'conflict.yes' : 'conflict.no');
  const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
  return text.trim() === '' ? t('settings.nothing') : text;
}
