// The fields of a host in the editor: a new field is one line here, with its texts `editor.NAME` and `editor.NAME_hint`.

import type { Key } from '../i18n';
import type { FieldProblem } from '../ipc/bindings/FieldProblem';
import type { HostDraft } from '../ipc/bindings/HostDraft';
import type { HostView } from '../ipc/bindings/HostView';
import type { PictureChoice } from '../ipc/bindings/PictureChoice';

/** The parts of the form below address and name, in order. */
export const sections = ['login', 'way', 'display', 'security', 'wake', 'notes'] as const;
export type SectionName = (typeof sections)[number];
export type Group = 'top' | SectionName;

interface Description {
  name: string;
  kind: 'text' | 'check';
  group: Group;
  /** The value of a new host. */
  initial: string | boolean;
  /** Its folded section says that it is set, not to what. */
  brief?: 'label';
  /** Each machine has its own: it is not changed for several. */
  own?: true;
  inputmode?: 'url';
}

const table = [
  { name: 'address', kind: 'text', group: 'top', initial: '', inputmode: 'url', own: true },
  { name: 'name', kind: 'text', group: 'top', initial: '', own: true },
  { name: 'username', kind: 'text', group: 'login', initial: '' },
  { name: 'password_command', kind: 'text', group: 'login', initial: '', brief: 'label' },
  { name: 'secret_name', kind: 'text', group: 'login', initial: '', own: true },
  { name: 'ssh_jump', kind: 'text', group: 'way', initial: '' },
  { name: 'proxy', kind: 'text', group: 'way', initial: '' },
  { name: 'no_proxy', kind: 'check', group: 'way', initial: false },
  { name: 'console_command', kind: 'text', group: 'way', initial: '', brief: 'label' },
  { name: 'repeater_id', kind: 'text', group: 'way', initial: '', brief: 'label', own: true },
  { name: 'reconnect', kind: 'check', group: 'way', initial: true },
  { name: 'view_only', kind: 'check', group: 'display', initial: false },
  { name: 'ask_lines', kind: 'check', group: 'display', initial: false },
  { name: 'frame', kind: 'check', group: 'display', initial: false },
  { name: 'ca_file', kind: 'text', group: 'security', initial: '', brief: 'label' },
  { name: 'client_certificate', kind: 'text', group: 'security', initial: '', brief: 'label' },
  { name: 'client_key', kind: 'text', group: 'security', initial: '', brief: 'label' },
  { name: 'old_tls', kind: 'check', group: 'security', initial: false },
  { name: 'mac', kind: 'text', group: 'wake', initial: '', own: true },
  { name: 'wake_address', kind: 'text', group: 'wake', initial: '' },
  { name: 'wake_port', kind: 'text', group: 'wake', initial: '', brief: 'label' },
  { name: 'wake_ssh_host', kind: 'text', group: 'wake', initial: '' },
  { name: 'favourite', kind: 'check', group: 'notes', initial: false },
] as const satisfies readonly Description[];

type Name = (typeof table)[number]['name'];
/** What can be shown and kept of a screen, the strictest last. */
export const pictureChoices = ['shown', 'blurred', 'off'] as const satisfies readonly PictureChoice[];

/** What has a control of its own in the form. */
export type Sorting = Pick<HostDraft, 'tags' | 'colour' | 'notes' | 'picture' | 'login'>;
/** What the user does not see as a field. */
const unseen = ['id', 'on_new_address', 'login_chosen', 'secure_on', 'secret', 'as_for_all'] as const;
type Unseen = (typeof unseen)[number];
/** Compiles only while the table has each other field of a draft that the user sees. */
export type Complete<Missing extends never = Exclude<keyof HostDraft, Name | keyof Sorting | Unseen>> = Missing;

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
export type FieldOf<Kind, N> = { kind: Kind; name: N; id: string; label: Key; hint: Key } & Pick<
  Description,
  'group' | 'inputmode' | 'initial' | 'brief' | 'own'
>;
export type HostField = FieldOf<'text', TextName> | FieldOf<'check', CheckName>;

export const fields = table.map((field) => ({
  ...field,
  id: field.name.replaceAll('_', '-'),
  label: `editor.${field.name}`,
  hint: `editor.${field.name}_hint`,
})) as readonly HostField[];

export function fieldsOf(group: Group): HostField[] {
  return fields.filter((field) => field.group === group);
}

/** What a form begins with that the user does not see as a field. */
const untold: Omit<Pick<HostDraft, Unseen>, 'id'> = {
  on_new_address: 'ask',
  login_chosen: false,
  secure_on: { change: 'keep' },
  secret: { change: 'keep' },
  as_for_all: [],
};

/** A new host. */
export function emptyDraft(facts: Partial<HostDraft> = {}): HostDraft {
  const values = Object.fromEntries(table.map(({ name, initial }) => [name, initial]));
  const unsorted: Sorting = { tags: [], colour: null, notes: '', picture: 'shown', login: null };
  return { ...(values as Pick<HostDraft, Name>), ...unsorted, ...untold, id: null, ...facts };
}

/** A saved host as the editor begins with it. */
export function draftOf(host: HostView): HostDraft {
  const values = Object.fromEntries(table.map(({ name }) => [name, host[name]]));
  const { id, tags, colour, notes, picture, login } = host;
  const sorting: Sorting = { tags: [...tags], colour, notes, picture, login };
  return { ...(values as Pick<HostDraft, Name>), ...sorting, ...untold, id };
}

/** A field of the form with a label. */
export type FieldName = Name | keyof Sorting;

/**
 * What is to be saved where a host was changed elsewhere while the form was open: what was not touched in the form is as it is
 * now. Also the fields that both have changed; there it has what was typed.
 */
export function mergedDraft(
  before: HostDraft,
  typed: HostDraft,
  now: HostView,
): { draft: HostDraft; both: FieldName[] } {
  const there = draftOf(now);
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const names = fieldNames(there);
  const both = names.filter(
    (name) => !same(typed[name], before[name]) && !same(there[name], before[name]) && !same(typed[name], there[name]),
  );
  const untouched = names.filter((name) => same(typed[name], before[name]));
  const kept = Object.fromEntries(untouched.map((name) => [name, there[name]]));
  const draft = { ...typed, ...kept };
  // A login was chosen for the server that the form has shown, and for no other.
  const isElsewhere = keptByOthers.some((name) => name !== 'name' && draft[name] !== typed[name]);
  return { draft: { ...draft, login_chosen: typed.login_chosen && !isElsewhere }, both };
}

/** What the user sees of a draft as fields. */
export function fieldNames(draft: HostDraft): FieldName[] {
  return Object.keys(draft).filter((name): name is FieldName => !unseen.some((hidden) => hidden === name));
}

/** The section of a field; null at the top. */
export function sectionOf(name: FieldName | FieldProblem['field']): SectionName | null {
  if (name === 'picture') return 'display';
  if (name === 'login') return 'login';
  if (name === 'secure_on') return 'wake';
  const group = fields.find((field) => field.name === name)?.group ?? 'notes';
  return group === 'top' ? null : group;
}

/** The field whose input has this id. */
export function fieldOf(id: string): FieldName | null {
  if (id === 'tags' || id === 'notes') return id;
  return fields.find((field) => field.id === id)?.name ?? null;
}
