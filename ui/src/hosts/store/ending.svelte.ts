// The window's end, and the program's: what the user is asked then, and after the next start.

import * as engine from '../../ipc';
import type { LeftMachine } from '../../ipc/bindings/LeftMachine';
import type { Toasts } from './toasts.svelte';

export class Ending {
  /** Whether the user is being asked what closing the window means. */
  closing = $state(false);
  /** How many sessions are open, while the user is asked whether to quit; else null. */
  quitting = $state<number | null>(null);
  /** The machines that were open when Portlight ended, while the user is asked whether to open them; else null. */
  leftOpen = $state.raw<LeftMachine[] | null>(null);

  readonly #toasts: Toasts;

  constructor(toasts: Toasts) {
    this.#toasts = toasts;
  }

  /** Closes the window, which may be asked about first. */
  async close(): Promise<void> {
    await this.#toasts.attempt(() => engine.closeList());
  }

  /** The answer to that. */
  async chooseClosing(choice: 'tray' | 'quit'): Promise<void> {
    this.closing = false;
    await this.#toasts.attempt(() => engine.chooseClosing(choice));
  }

  /** Closes the window, whose form is not wanted any more. */
  async discard(): Promise<void> {
    await this.#toasts.attempt(() => engine.chooseClosing('discard'));
  }

  /** Asks to quit, which may be asked about first. */
  async quit(): Promise<void> {
    await this.#toasts.attempt(() => engine.quit('ask'));
  }

  /** The answer to that. */
  async chooseQuitting(choice: 'stay' | 'quit'): Promise<void> {
    this.quitting = null;
    await this.#toasts.attempt(() => engine.quit(choice));
  }

  /** Looks what was left open, and asks about it. */
  async askToReopen(): Promise<void> {
    await this.#toasts.attempt(async () => {
      const machines = await engine.leftOpen();
      this.leftOpen = machines.length > 0 ? machines : null;
    });
  }

  /** The answer to that. */
  async reopen(places: number[], always: boolean): Promise<void> {
    this.leftOpen = null;
    await this.#toasts.attempt(() => engine.reopen(places, always));
  }
}
