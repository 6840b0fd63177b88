// What a folded section of the form says: what is set in it, in a few words.

import { t, type Key } from '../../i18n';
import type { HostDraft } from '../../ipc/bindings/HostDraft';
import { colours } from '../colours';
import { type FieldName, fieldsOf, type HostField, type SectionName } from '../fields';

/** What the form knows besides the draft. */
export interface Beside {
  /** Whether a password is there: saved, or typed. */
  password: boolean;
  /** The same of a login for the website. */
  httpAuth: boolean;
  /** The same of a SecureOn password. */
  secureOn: boolean;
  /** The same of a secret that is typed into its screen. */
  secret: boolean;
  /** What the named login is called; null where it has none. */
  login: string | null;
  /** Fields that differ between the machines of the form. */
  mixed?: ReadonlySet<FieldName>;
}

/** May be empty. */
export function brief(section: SectionName, draft: HostDraft, beside: Beside): string {
  const isMixed = (name: FieldName) => beside.mixed?.has(name) ?? false;
  const described = fieldsOf(section).filter(({ name }) => name !== 'secret_name');
  const said = described.map((field) => (isMixed(field.name) ? mixed(field.label) : briefOf(field, draft[field.name])));
  /** What a field without a line in the table says. */
  const own = (name: 'picture' | 'tags' | 'colour' | 'notes', text: string | null) =>
    isMixed(name) ? mixed(`editor.${name}`) : text;
  if (section === 'login') {
    // It has the user name as well.
    if (beside.login !== null) said.splice(0, said.length, beside.login);
    if (beside.password) said.splice(1, 0, t('editor.password'));
    if (beside.secret) said.push(draft.secret_name.trim() || t('editor.secret'));
    if (beside.httpAuth) said.push(t('http_auth.title'));
  } else if (section === 'wake') {
    if (beside.secureOn) said.push(t('editor.secure_on'));
  } else if (section === 'display') {
    const { picture } = draft;
    said.push(own('picture', picture === 'shown' ? null : t(`editor.brief.picture_${picture}`)));
  } else if (section === 'notes') {
    const { tags, notes } = draft;
    const named = colours.find((known) => known === draft.colour);
    said.push(own('tags', tags.join(', ')), own('colour', named ? t(`colour.${named}`) : null));
    said.push(own('notes', notes.trim().split('\n')[0] ?? ''));
  }
  return said.filter(Boolean).join(' · ');
}

function mixed(label: Key): string {
  return t('several.brief_mixed', { field: t(label) });
}

function briefOf({ name, label, initial, brief }: HostField, value: string | boolean): string | null {
  if (value === initial || value === '') return null;
  // What is on unless the user turns it off.
  if (value === false) return name === 'reconnect' ? t('editor.brief.no_reconnect') : null;
  return typeof value === 'boolean' || brief === 'label' ? t(label) : value;
}
