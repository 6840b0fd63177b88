// What can be undone and done again, and saying what was.

import { errorText, shortened, stepText, t } from '../../i18n';
import * as engine from '../../ipc';
import type { HistoryView } from '../../ipc/bindings/HistoryView';
import type { HostId } from '../../ipc/bindings/HostId';
import type { Walked } from '../../ipc/bindings/Walked';
import type { Toasts } from './toasts.svelte';

/** Milliseconds that a message with the button "Undo" stays. */
const OFFER_MS = 10_000;
/** Names that are told of machines which could not go back. */
const NAMES = 3;

interface Facts {
  toasts: Toasts;
  /** Fetches the list. */
  load: () => Promise<void>;
  /** Selects a host. */
  select: (id: HostId) => void;
}

export class History {
  readonly #facts: Facts;
  view = $state.raw<HistoryView>({ undo: null, redo: null });
  #walking = false;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** Says what was done, and offers to undo that step; the list has been fetched since. */
  offer(text: string): void {
    const number = this.view.undo?.number ?? null;
    this.#facts.toasts.show({ text, undo: () => this.undo(number) }, OFFER_MS);
  }

  /** Undoes the newest step, or that with the number. */
  async undo(number: number | null = null): Promise<void> {
    if (this.view.undo) await this.#walk('undo.undone', () => engine.undo(number));
  }

  async redo(): Promise<void> {
    if (this.view.redo) await this.#walk('undo.redone', engine.redo);
  }

  async #walk(said: 'undo.undone' | 'undo.redone', walk: () => Promise<Walked>): Promise<void> {
    // One after the other: a key that is held does not get ahead of what is seen.
    if (this.#walking) return;
    this.#walking = true;
    const { toasts, load, select } = this.#facts;
    toasts.dismiss();
    let walked: Walked | null = null;
    await toasts.attempt(async () => {
      try {
        walked = await walk();
        const { step, left, login } = walked;
        const names = left.slice(0, NAMES).map((name) => shortened(name));
        if (left.length > NAMES) names.push('…');
        const texts = [
          t(said, { step: stepText(step) }),
          left.length > 0 ? t('undo.left', { names: names.join(', ') }) : null,
          login && `${t('undo.login')} ${errorText(login)}`,
        ];
        // What has not gone well stays until it was read.
        const isWhole = left.length === 0 && !login;
        toasts.show({ text: texts.filter(Boolean).join(' ') }, ...(isWhole ? [] : ([null] as const)));
      } finally {
        this.#walking = false;
        await load();
        if (walked?.host) select(walked.host);
      }
    });
  }
}
