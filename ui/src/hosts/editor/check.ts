// Fields are checked as they are left.

import { checkHost } from '../../ipc';
import type { FieldProblem } from '../../ipc/bindings/FieldProblem';
import type { HostDraft } from '../../ipc/bindings/HostDraft';
import { toEngineError } from '../../ipc/error';
import { fieldOf } from '../fields';

/**
 * What is wrong when a field is left: with that one, and with those of which it was known and that have not been mended meanwhile.
 * Null where it is no field, or where the form has changed before the answer.
 */
export async function checkLeft(
  { target }: FocusEvent,
  draftNow: () => HostDraft,
  known: () => readonly FieldProblem[],
): Promise<FieldProblem[] | null> {
  const left = target instanceof Element ? (target.id === 'secure-on' ? 'secure_on' : fieldOf(target.id)) : null;
  if (!left) return null;
  const draft = draftNow();
  const typed = JSON.stringify(draft);
  let found: FieldProblem[] = [];
  try {
    await checkHost({ ...draft });
  } catch (caught) {
    const error = toEngineError(caught);
    if (error.code !== 'fields') return null;
    found = error.fields;
  }
  if (typed !== JSON.stringify(draftNow())) return null;
  const isKnown = (name: FieldProblem['field']) => known().some(({ field }) => field === name);
  // An empty address is reported when it is saved.
  const isNew = (name: FieldProblem['field']) => name === left && (name !== 'address' || draft.address.trim() !== '');
  return found.filter(({ field }) => isKnown(field) || isNew(field));
}
