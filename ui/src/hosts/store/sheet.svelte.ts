// The form beside the list: what is in it, and that nothing that was typed into it is lost without a question.

import type { Display } from '../../ipc/bindings/Display';
import type { HostDraft } from '../../ipc/bindings/HostDraft';
import type { HostView } from '../../ipc/bindings/HostView';

/** A host in the form, as it was when it was opened. */
export interface Editing {
  kind: 'one';
  draft: HostDraft;
  hasPassword: boolean;
  hasHttpAuth: boolean;
  hasSecureOn: boolean;
  hasSecret: boolean;
  /** What was chosen in its window, where that is anything. */
  display?: Display | undefined;
  /** What the form begins with in place of what the machine has. */
  typed?: Partial<HostDraft>;
}

/** Several hosts in the form. */
export interface EditingSeveral {
  kind: 'several';
  hosts: HostView[];
}

export class Sheet {
  /** Null while it is closed. */
  content = $state.raw<Editing | EditingSeveral | null>(null);
  /** How often it was opened: each time it is another form. */
  opened = $state(0);
  /** Something is typed or chosen in it that is not saved. The form says so. */
  isTyped = $state(false);
  /** What is to be done once the user has said what becomes of what is typed; null while they are not asked. */
  #then = $state.raw<(() => void) | null>(null);

  get isAsking(): boolean {
    return this.#then !== null;
  }

  /** Shows a form in place of the present one. */
  show(content: Editing | EditingSeveral): void {
    this.leave(() => {
      this.content = content;
      this.opened += 1;
    });
  }

  /** Closes it and does `then`; where something is typed in it, only when the user does not want that any more. */
  leave(then: () => void = () => {}): void {
    const go = () => {
      this.close();
      then();
    };
    if (this.content !== null && this.isTyped) this.#then = go;
    else go();
  }

  /** The user's answer: what is typed is thrown away. */
  discard(): void {
    this.#then?.();
  }

  /** The user's answer: the form stays. */
  stay(): void {
    this.#then = null;
  }

  /** Closes it: what was typed is saved, or not wanted. */
  close(): void {
    this.content = this.#then = null;
    this.isTyped = false;
  }
}
