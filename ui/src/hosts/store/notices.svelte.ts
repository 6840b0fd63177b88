// What the engine has to say about the list and the keyring, until the user has dismissed it.

import type { EngineError } from '../../ipc/bindings/EngineError';

export class Notices {
  all = $state.raw<EngineError[]>([]);
  readonly #dismissed = new Set<string>();

  /** Shows what there is to say now; what was dismissed stays so, while it is the same. */
  set(notices: EngineError[]): void {
    const texts = new Map(notices.map((notice) => [JSON.stringify(notice), notice]));
    for (const dismissed of this.#dismissed) {
      if (!texts.delete(dismissed)) this.#dismissed.delete(dismissed);
    }
    const shown = this.all.map((notice) => JSON.stringify(notice));
    if (shown.join() !== [...texts.keys()].join()) this.all = [...texts.values()];
  }

  dismiss(notice: EngineError): void {
    this.#dismissed.add(JSON.stringify(notice));
    this.all = this.all.filter((other) => other !== notice);
  }
}
