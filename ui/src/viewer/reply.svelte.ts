// The answer to one question: it is given once, unless it did not arrive.

import { errorText } from '../i18n';
import type { Answer } from '../ipc/bindings/Answer';
import { toEngineError } from '../ipc/error';
import type { Session } from './session.svelte';

export class Reply {
  /** Whether it is on its way, so that there is nothing more to press. */
  given = $state(false);
  /** Why it did not arrive. */
  failure = $state<string | null>(null);
  #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether it arrived; false also where another one is on its way. */
  async give(answer: Answer): Promise<boolean> {
    if (this.given) return false;
    this.given = true;
    this.failure = null;
    try {
      await this.#session.answer(answer);
      return true;
    } catch (caught) {
      this.failure = errorText(toEngineError(caught));
      this.given = false;
      return false;
    }
  }
}
