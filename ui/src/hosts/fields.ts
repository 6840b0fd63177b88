// The fields of a host in the editor: a new field is one line here, with its texts `editor.NAME` and `editor.NAME_hint`.

import type { Key } from '../i18n';
import type { HostDraft } from '../ipc/bindings/HostDraft';
import type { HostView } from '../ipc/bindings/HostView';
import type { PictureChoice } from '../ipc/bindings/PictureChoice';

/** Where a field is shown: at the top, under it, or folded away. */
export type Group = 'address' | 'main' | 'advanced';

interface Description {
  name: string;
  kind: 'text' | 'check';
  group: Group;
  /** The value of a new host. */
  initial: string | boolean;
  /** As wide as the form, not half of it. */
  wide?: true;
  inputmode?: 'url';
}

const table = [
  { name: 'address', kind: 'text', group: 'address', initial: '', wide: true, inputmode: 'url' },
  { name: 'name', kind: 'text', group: 'address', initial: '' },
  { name: 'username', kind: 'text', group: 'address', initial: '' },
  { name: 'favourite', kind: 'check', group: 'main', initial: false },
  { name: 'view_only', kind: 'check', group: 'main', initial: false },
  { name: 'ssh_jump', kind: 'text', group: 'advanced', initial: '', wide: true },
  { name: 'proxy', kind: 'text', group: 'advanced', initial: '', wide: true },
  { name: 'password_command', kind: 'text', group: 'advanced', initial: '', wide: true },
  { name: 'console_command', kind: 'text', group: 'advanced', initial: '', wide: true },
  { name: 'mac', kind: 'text', group: 'advanced', initial: '' },
  { name: 'repeater_id', kind: 'text', group: 'advanced', initial: '' },
  { name: 'ca_file', kind: 'text', group: 'advanced', initial: '', wide: true },
  { name: 'client_certificate', kind: 'text', group: 'advanced', initial: '' },
  { name: 'client_key', kind: 'text', group: 'advanced', initial: '' },
  { name: 'old_tls', kind: 'check', group: 'advanced', initial: false, wide: true },
  { name: 'reconnect', kind: 'check', group: 'advanced', initial: true, wide: true },
] as const satisfies readonly Description[];

type Name = (typeof table)[number]['name'];
/** What can be shown and kept of a screen, the strictest last. */
export const pictureChoices = ['shown', 'blurred', 'off'] as const satisfies readonly PictureChoice[];

/** What a host is sorted by has fields of its own: ./editor/SortingFields.svelte. */
export type Sorting = Pick<HostDraft, 'tags' | 'colour' | 'notes' | 'picture'>;
/** Compiles only while the table has each other field of a draft that the user sees. */
export type Complete<Missing extends never = Exclude<keyof HostDraft, Name | keyof Sorting | 'id' | 'on_new_address'>> =
  Missing;

export type TextName = Extract<(typeof table)[number], { kind: 'text' }>['name'];
export type CheckName = Extract<(typeof table)[number], { kind: 'check' }>['name'];

/** What a list that others keep says of its machines, and they alone. */
export const keptByOthers: readonly TextName[] = [
  'address',
  'name',
  'ssh_jump',
  'proxy',
  'console_command',
  'repeater_id',
];

/** A field with its texts, and the id of its input. */
export type FieldOf<Kind, N> = { kind: Kind; name: N; id: string; label: Key; hint: Key; wide: boolean } & Pick<
  Description,
  'group' | 'inputmode'
>;
export type HostField = FieldOf<'text', TextName> | FieldOf<'check', CheckName>;

export const fields = table.map((field) => ({
  wide: false,
  ...field,
  id: field.name.replaceAll('_', '-'),
  label: `editor.${field.name}`,
  hint: `editor.${field.name}_hint`,
})) as readonly HostField[];

export function fieldsOf(group: Group): HostField[] {
  return fields.filter((field) => field.group === group);
}

/** A new host. */
export function emptyDraft(facts: Partial<HostDraft> = {}): HostDraft {
  const values = Object.fromEntries(table.map(({ name, initial }) => [name, initial]));
  const unsorted: Sorting = { tags: [], colour: null, notes: '', picture: 'shown' };
  return { ...(values as Pick<HostDraft, Name>), ...unsorted, id: null, on_new_address: 'ask', ...facts };
}

/** A saved host as the editor begins with it. */
export function draftOf(host: HostView): HostDraft {
  const values = Object.fromEntries(table.map(({ name }) => [name, host[name]]));
  const { id, tags, colour, notes, picture } = host;
  return { ...(values as Pick<HostDraft, Name>), tags: [...tags], colour, notes, picture, id, on_new_address: 'ask' };
}

/** A field of the form with a label. */
export type FieldName = Name | keyof Sorting;

/**
 * What is to be saved where a host was changed by somebody else while the form was open: what was not touched in the form is as it is
 * now. Also the fields that both have changed; there it has what was typed.
 */
export function mergedDraft(
  before: HostDraft,
  typed: HostDraft,
  now: HostView,
): { draft: HostDraft; both: FieldName[] } {
  const there = draftOf(now);
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const names = Object.keys(there).filter((name): name is FieldName => name !== 'id' && name !== 'on_new_address');
  const both = names.filter(
    (name) => !same(typed[name], before[name]) && !same(there[name], before[name]) && !same(typed[name], there[name]),
  );
  const untouched = names.filter((name) => same(typed[name], before[name]));
  const kept = Object.fromEntries(untouched.map((name) => [name, there[name]]));
  return { draft: { ...typed, ...kept }, both };
}

/** Whether a folded field differs from a new host's: then it is not folded away. */
export function usesAdvanced(draft: HostDraft): boolean {
  return table.some(({ name, group, initial }) => group === 'advanced' && draft[name] !== initial);
}
