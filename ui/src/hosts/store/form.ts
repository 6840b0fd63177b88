// What is saved of a form, where the list was changed elsewhere while it was open.

import * as engine from '../../ipc';
import type { HostDraft } from '../../ipc/bindings/HostDraft';
import type { HostId } from '../../ipc/bindings/HostId';
import type { HostView } from '../../ipc/bindings/HostView';
import { toEngineError } from '../../ipc/error';
import { type FieldName, mergedDraft } from '../fields';

/**
 * A form as it is to be saved: what was not touched in it is what it is by now. Also the fields that both have changed. `before` is
 * the form as it was when it was opened.
 */
export async function asItIsNow(
  typed: HostDraft,
  before: HostDraft | undefined,
  hosts: readonly HostView[],
): Promise<{ draft: HostDraft; both: FieldName[] }> {
  const now = hosts.find(({ id }) => id === typed.id);
  if (now) return before?.id === now.id ? mergedDraft(before, typed, now) : { draft: { ...typed }, both: [] };
  return { draft: { ...typed, id: typed.id && (await putBack(typed.id)) }, both: [] };
}

/** Puts back a host that was removed while its form was open; null where it is gone, and what was typed is a new one. */
async function putBack(id: HostId): Promise<HostId | null> {
  try {
    await engine.putBack([id]);
    return id;
  } catch (caught) {
    if (toEngineError(caught).code === 'no_such_host') return null;
    throw caught;
  }
}
