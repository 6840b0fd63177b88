// What two programs have changed in the same machine, and the choice between them, field by field.

import * as engine from '../../ipc';
import type { EngineError } from '../../ipc/bindings/EngineError';
import type { HostDraft } from '../../ipc/bindings/HostDraft';
import type { HostId } from '../../ipc/bindings/HostId';
import type { HostView } from '../../ipc/bindings/HostView';
import { toEngineError } from '../../ipc/error';
import { draftOf, emptyDraft, type FieldName, fieldNames, keptByOthers } from '../fields';
import { asItIsNow } from './form';

type Value = HostDraft[FieldName];

/** A field with both values. */
export interface Both {
  name: FieldName;
  ours: Value;
  theirs: Value;
}

/** A form as it is to be saved. */
interface Settled {
  draft: HostDraft;
  /** The machine as the list had it then. */
  base: HostDraft;
  /** Whether the user was asked about it. */
  asked: boolean;
}

/** A notice about machines that another program has changed in the very moment in which they were changed here. */
export type ConflictNotice = Extract<EngineError, { code: 'hosts_conflict' }>;

interface Facts {
  hosts: () => readonly HostView[];
  /** Opens the form of a host with this much typed into it. */
  edit: (host: HostView, typed: Partial<HostDraft>) => void;
  /** Does something, and says what fails. */
  attempt: (action: () => Promise<void>) => Promise<boolean>;
}

export class Conflicts {
  readonly #facts: Facts;
  /** What the user is asked to choose from; else null. */
  asked = $state.raw<{ machine: string; fields: Both[] } | null>(null);
  #answer: ((theirs: readonly FieldName[] | null) => void) | null = null;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** The user's answer: these fields are as the other program has them, the others are theirs. */
  choose(theirs: readonly FieldName[]): void {
    this.#end(theirs);
  }

  /** The user's answer: back, and nothing is saved. */
  leave(): void {
    this.#end(null);
  }

  /**
   * A form as it is to be saved, where the list was changed elsewhere while it was open; null where the user goes back to it.
   * `before` is the form as it was when it was opened. What both have changed is asked about; and where the machine leads, if that
   * has changed and something secret is typed, which was meant for where the form says.
   */
  async settle(typed: HostDraft, before: HostDraft | undefined, isSecret: boolean): Promise<Settled | null> {
    let [base, mine, asked] = [before, typed, false];
    for (;;) {
      const hosts = this.#facts.hosts();
      const { draft, both } = await asItIsNow(mine, base, hosts);
      const now = hosts.find(({ id }) => id === mine.id);
      if (!now || !base) return { draft, base: draft, asked };
      const there = draftOf(now);
      const led = isSecret ? ways.filter((name) => there[name] !== base?.[name] && there[name] !== mine[name]) : [];
      const names = [...new Set([...both, ...led])];
      if (names.length === 0) return { draft, base, asked };
      const theirs = await this.#ask(
        now.name,
        names.map((name) => ({ name, ours: mine[name], theirs: there[name] })),
      );
      if (!theirs) return null;
      const own = names.filter((name) => !theirs.includes(name));
      // A named login was chosen for the server that the form has shown, and for no other.
      const isElsewhere = theirs.some((name) => name === 'login' || ways.some((way) => way === name));
      mine = { ...draft, ...part(mine, own), ...part(there, theirs), login_chosen: draft.login_chosen && !isElsewhere };
      [base, asked] = [there, true];
    }
  }

  /** Asks about each machine of a notice, and saves what is chosen; says whether all of it was answered. */
  async compare(notice: ConflictNotice): Promise<boolean> {
    let isAnswered = false;
    await this.#facts.attempt(async () => {
      isAnswered = await this.#compare(notice);
    });
    return isAnswered;
  }

  async #compare({ conflicts }: ConflictNotice): Promise<boolean> {
    for (const { host: id, fields } of conflicts) {
      const host = this.#facts.hosts().find((host) => host.id === id);
      if (!host) continue;
      const now = draftOf(host);
      const there = {
        ...now,
        ...Object.fromEntries(fields.map(({ field, theirs }) => [field, typedValue(field, theirs)])),
      };
      const both = fieldNames(now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(there[name]));
      if (both.length === 0) continue;
      const theirs = await this.#ask(
        host.name,
        both.map((name) => ({ name, ours: now[name], theirs: there[name] })),
      );
      if (!theirs) return false;
      if (theirs.length > 0) await this.#take(id, part(there, theirs));
    }
    return true;
  }

  async #take(id: HostId, theirs: Partial<HostDraft>): Promise<void> {
    const host = this.#facts.hosts().find((host) => host.id === id);
    if (!host) return;
    try {
      await engine.saveHost({ ...draftOf(host), ...theirs }, { change: 'keep' });
    } catch (caught) {
      const { code } = toEngineError(caught);
      // Whether its logins go along is asked in its form, and what is wrong is said there.
      if (code !== 'confirm_address' && code !== 'fields') throw caught;
      this.#facts.edit(host, theirs);
    }
  }

  #ask(machine: string, fields: Both[]): Promise<readonly FieldName[] | null> {
    this.#end(null);
    this.asked = { machine, fields };
    return new Promise((resolve) => (this.#answer = resolve));
  }

  #end(theirs: readonly FieldName[] | null): void {
    this.#answer?.(theirs);
    this.#answer = this.asked = null;
  }
}

/** What says where a machine leads. */
const ways = keptByOthers.filter((name) => name !== 'name');

function part(draft: HostDraft, names: readonly FieldName[]): Partial<HostDraft> {
  return Object.fromEntries(names.map((name) => [name, draft[name]]));
}

/** A value of the file as it stands in a form. */
function typedValue(field: string, value: unknown): unknown {
  const initial = Object.entries(emptyDraft()).find(([name]) => name === field)?.[1];
  if (value === null || value === undefined) return initial;
  return typeof initial === 'string' ? String(value as string | number) : value;
}
