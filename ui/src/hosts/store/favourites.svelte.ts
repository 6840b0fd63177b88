// The favourites, in the person's own order.

import { t } from '../../i18n';
import * as engine from '../../ipc';
import type { HostView } from '../../ipc/bindings/HostView';
import { favouritesOf } from './sections';

interface Facts {
  byName: () => readonly HostView[];
  /** Selects a host, changes the list, and fetches it; false where that failed, which is said. */
  change: (host: HostView, change: () => Promise<void>) => Promise<boolean>;
}

export class Favourites {
  readonly #facts: Facts;
  /** What a screen reader is told of the one that was moved last. */
  moved = $state('');

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** Makes a host the last of the favourites, or none any more. */
  async set(host: HostView, favourite: boolean): Promise<void> {
    await this.#facts.change(host, () => engine.setFavourite(host.id, favourite));
  }

  /** Puts a host among the favourites, before the one that has this place now, or at the end. */
  async arrange(host: HostView, place: number): Promise<void> {
    const all = this.#all;
    const before = all[place]?.id ?? null;
    const at = all.indexOf(host);
    if (before === host.id || (at >= 0 && at === place - 1)) return;
    if (!(await this.#facts.change(host, () => engine.arrangeFavourite(host.id, before)))) return;
    const now = this.#all.findIndex(({ id }) => id === host.id) + 1;
    this.moved = t('hosts.moved', { name: host.name, place: now, all: this.#all.length });
  }

  /** Moves a favourite by one place. */
  async move(host: HostView, by: 1 | -1): Promise<void> {
    const at = this.#all.indexOf(host);
    // Behind the next one is before the one after that.
    const place = by < 0 ? at - 1 : at + 2;
    if (at >= 0 && place >= 0 && place <= this.#all.length) await this.arrange(host, place);
  }

  get #all(): HostView[] {
    return favouritesOf(this.#facts.byName());
  }
}
