// Chords that the user has kept, for all machines: the engine has them, and other windows may change them.

import * as engine from '../../ipc';
import { chordOf, chordText, type Chord } from './chord';

/** What it depends on. */
interface Window {
  attempt(action: () => Promise<void>): Promise<void>;
}

export class KeptChords {
  all = $state.raw<readonly Chord[]>([]);
  readonly #window: Window;

  constructor(window: Window) {
    this.#window = window;
  }

  has(chord: Chord): boolean {
    return this.all.some((other) => chordText(other) === chordText(chord));
  }

  async look(): Promise<void> {
    await this.#take(engine.keptChords());
  }

  async keep(chord: Chord): Promise<void> {
    await this.#take(engine.keepChord(chordText(chord)));
  }

  async drop(chord: Chord): Promise<void> {
    await this.#take(engine.dropChord(chordText(chord)));
  }

  async #take(kept: Promise<string[]>): Promise<void> {
    await this.#window.attempt(async () => {
      // One with a key that only a newer Portlight knows is left alone.
      this.all = (await kept).flatMap((text) => chordOf(text) ?? []);
    });
  }
}
