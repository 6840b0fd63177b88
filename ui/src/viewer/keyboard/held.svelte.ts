// Modifiers that the toolbar holds down, for a key, a click or a turn of the wheel that follows.
//
// They go the way of the keyboard's own keys, through noVNC's list of what is down: so whatever lets those go, lets these go, and what
// is shown here follows that list. It has one way in, `wentUp`.

import { MODIFIERS, strokeOf, strokes, type Chord, type Modifier } from './chord';
import type { Keys } from '.';

/** What takes keys to the server. */
interface Target extends Keys {
  sendKey(keysym: number, code: string | null, down?: boolean): void;
}

export class Held {
  /** Those that are down, in the order in which they are written. */
  modifiers = $state.raw<readonly Modifier[]>([]);
  #target: Target | null = null;

  /** Another session's screen, or none: its keys are all up. */
  set target(target: Target | null) {
    this.#target = target;
    this.modifiers = [];
  }

  /** Goes down, or up again. */
  toggle(modifier: Modifier): void {
    const down = !this.modifiers.includes(modifier);
    if (down && this.#target)
      this.modifiers = MODIFIERS.filter((one) => one === modifier || this.modifiers.includes(one));
    this.#take(modifier, down);
  }

  /** Presses a key together with what is held, and lets all of it go. */
  press(chord: Chord): void {
    for (const { keysym, code, down } of strokes(chord, this.modifiers)) this.#target?.sendKey(keysym, code, down);
    this.release();
  }

  release(): void {
    for (const modifier of this.modifiers.toReversed()) this.#take(modifier, false);
  }

  /** noVNC says that a key is up, however it was let go. */
  wentUp(code: string): void {
    this.modifiers = this.modifiers.filter((modifier) => strokeOf(modifier, false).code !== code);
  }

  #take(modifier: Modifier, down: boolean): void {
    const { keysym, code } = strokeOf(modifier, down);
    this.#target?.takeKey(keysym, code, down, null, null);
  }
}
