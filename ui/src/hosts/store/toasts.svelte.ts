// The one message that the window shows at a time.

import { errorText } from '../../i18n';
import { toEngineError } from '../../ipc/error';

export interface Message {
  text: string;
  /** The action of the button "Undo"; absent where there is nothing to undo. */
  undo?: () => Promise<unknown>;
}

/** Milliseconds that a message stays. */
const MESSAGE_MS = 5_000;

export class Toasts {
  message = $state.raw<Message | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Shows a message for `ms` milliseconds; null: until it is dismissed. */
  show(message: Message, ms: number | null = MESSAGE_MS): void {
    this.dismiss();
    this.message = message;
    if (ms !== null) this.#timer = setTimeout(() => this.dismiss(), ms);
  }

  dismiss(): void {
    clearTimeout(this.#timer);
    this.message = null;
  }

  /** Runs an action and shows its error until it is dismissed. Says whether it went well. */
  async attempt(action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (caught) {
      this.show({ text: errorText(toEngineError(caught)) }, null);
      return false;
    }
  }
}
