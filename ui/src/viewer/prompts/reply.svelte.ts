// The answer to one prompt: sent once, and once more only if sending failed.

import { errorText } from '../../i18n';
import type { Answer } from '../../ipc/bindings/Answer';
import { toEngineError } from '../../ipc/error';
import type { Session } from '../session.svelte';

export class Reply {
  /** An answer is being sent or was sent: there is nothing more to press. */
  sent = $state(false);
  /** Why the last answer could not be sent. */
  failure = $state<string | null>(null);
  #session: Session;
  #number: number;

  /** `number` is the shown prompt's: the engine drops an answer to any other one. */
  constructor(session: Session, number: number) {
    this.#session = session;
    this.#number = number;
  }

  /** Returns whether it was sent; false also while another answer is being sent. */
  async send(answer: Answer): Promise<boolean> {
    if (this.sent) return false;
    this.sent = true;
    this.failure = null;
    try {
      await this.#session.answer(this.#number, answer);
      return true;
    } catch (caught) {
      this.failure = errorText(toEngineError(caught));
      this.sent = false;
      return false;
    }
  }
}
