// What several machines have in common, and where they differ.

import type { HostDraft } from '../../ipc/bindings/HostDraft';
import type { HostView } from '../../ipc/bindings/HostView';
import { draftOf, emptyDraft, type FieldName, fieldNames } from '../fields';

/** A form with what all of them have; a field in which they differ is a new machine's. */
export function sharedDraft(hosts: readonly HostView[]): HostDraft {
  const [first] = hosts;
  if (!first) return emptyDraft();
  const empty = emptyDraft();
  const own = Object.fromEntries([...mixedOf(hosts)].map((name) => [name, empty[name]]));
  return { ...draftOf(first), ...own, id: null };
}

/** The fields in which they differ. */
export function mixedOf(hosts: readonly HostView[]): Set<FieldName> {
  const drafts = hosts.map(draftOf);
  const names = fieldNames(emptyDraft());
  const differ = (name: FieldName) => new Set(drafts.map((draft) => JSON.stringify(draft[name]))).size > 1;
  return new Set(names.filter(differ));
}
