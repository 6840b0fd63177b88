// The last minutes of the session: the engine keeps them, and this page says from where they can be seen.

import { t } from '../../i18n';
import * as engine from '../../ipc';
import type { RewindChoice } from '../../ipc/bindings/RewindChoice';
import { toBytes } from '../capture.svelte';
import type { Beginning } from '../novnc';
import { Pace } from './pace';

/** What can say from where: noVNC with our changes. */
interface Source {
  readonly arrived: number;
  beginning(from: number): Promise<Beginning>;
}

/** What it belongs to. */
interface Window {
  readonly rewindChoice: RewindChoice;
  /** The connection carries the lowest quality only. */
  readonly slow: boolean;
  changeDisplay(part: { rewind: RewindChoice | null }): Promise<void>;
  attempt(action: () => Promise<void>): Promise<void>;
  showMessage(text: string, ms: number | null): void;
}

export class Rewind {
  /** What becomes a film, in a window that shows them: milliseconds from their beginning; null: all of them. */
  film = $state.raw<{ from: number; to: number } | null>(null);
  readonly #window: Window;
  /** What was followed last. */
  #followed: Source | null = null;

  constructor(window: Window) {
    this.#window = window;
  }

  /** Keeps them from now on, or not; returns what ends that. A connection begins with a whole picture: the engine knows that one. */
  follow(source: Source, kept: boolean): (() => void) | undefined {
    const isNew = this.#followed !== source;
    this.#followed = source;
    if (!kept) return;
    const pace = new Pace(performance.now(), source.arrived);
    let over = false;
    let busy = false;
    const begin = async () => {
      if (busy) return;
      busy = true;
      try {
        const beginning = await source.beginning(await engine.prepareRewind());
        if (!over) await engine.beginRewind(toBytes(beginning));
      } catch {
        // They can be seen from an earlier place, or not yet.
      }
      pace.begin(performance.now());
      busy = false;
    };
    if (!isNew) void begin();
    const timer = setInterval(() => {
      if (!document.hidden && pace.wants(performance.now(), source.arrived, this.#window.slow)) void begin();
    }, 1_000);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }

  /** Shows them in a window of their own. */
  async open(): Promise<void> {
    if (this.#window.rewindChoice === 'off') this.#window.showMessage(t('rewind.off'), 6_000);
    else await this.#window.attempt(() => engine.rewind());
  }

  /** Keeps them with this machine, or no longer: then what is kept is gone. */
  async toggle(): Promise<void> {
    await this.#choose(this.#window.rewindChoice === 'kept' ? 'off' : 'kept');
  }

  /** Keeps them as for all machines. */
  async asForAll(): Promise<void> {
    await this.#choose(null);
  }

  async #choose(rewind: RewindChoice | null): Promise<void> {
    await this.#window.changeDisplay({ rewind });
    this.#window.showMessage(t(this.#window.rewindChoice === 'kept' ? 'rewind.now_kept' : 'rewind.now_off'), 4_000);
  }
}
