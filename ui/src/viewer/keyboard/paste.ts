// What a key pastes has to be there before the key: a text that was copied while this window had the focus, by a clipboard manager or
// a script, is sent when it is about to be pasted. And a text that was composed here has to be there before the keys behind it.

import type { KeyPress } from '../../ipc/bindings/KeyPress';
import { PACES } from './typist.svelte';

/** What presses each character of a text. */
export type Composed = (() => void)[];

/** Passes keys on in their order. One that pastes, and those behind it, wait until what was copied is on its way. */
export class KeysInOrder {
  readonly #pass: (press: KeyPress) => void;
  readonly #share: () => Promise<void>;
  /** What waits; null where nothing has to. */
  #waiting: (KeyPress | Composed)[] | null = null;
  /** Ctrl and Shift, as far as they are held, by their numbers. */
  readonly #held = new Map<number, 'ctrl' | 'shift'>();

  constructor(pass: (press: KeyPress) => void, share: () => Promise<void>) {
    this.#pass = pass;
    this.#share = share;
  }

  take(press: KeyPress): void {
    const pastes = this.#notice(press);
    if (this.#waiting) this.#waiting.push(press);
    else if (pastes) void this.#passLater(press);
    else this.#pass(press);
  }

  /**
   * A text that the input method of this computer has composed: one character after the other, as a server may use one of its keys for
   * all of those that it has none for. Keys that are pressed meanwhile wait behind it.
   */
  type(text: Composed): void {
    if (this.#waiting) this.#waiting.push(text);
    else void this.#typeAll(text);
  }

  /** The keyboard is another window's: those that wait were never pressed. */
  forget(): void {
    if (this.#waiting) this.#waiting = [];
    this.#held.clear();
  }

  async #passLater(press: KeyPress): Promise<void> {
    const waiting = [press];
    this.#waiting = waiting;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, TIMEOUT_MS)));
    await Promise.race([this.#share(), late]);
    clearTimeout(timer);
    const [first, ...others] = this.#waiting as [KeyPress?, ...(KeyPress | Composed)[]];
    this.#waiting = null;
    if (first) this.#pass(first);
    this.#goOn(others);
  }

  async #typeAll(text: Composed): Promise<void> {
    const waiting: (KeyPress | Composed)[] = (this.#waiting = []);
    for (const character of text) {
      character();
      await new Promise((resolve) => setTimeout(resolve, PACES.steady));
      if (this.#waiting !== waiting) break;
    }
    const others = this.#waiting;
    this.#waiting = null;
    this.#goOn(others);
  }

  #goOn(others: readonly (KeyPress | Composed)[]): void {
    for (const other of others)
      if (Array.isArray(other)) this.type(other);
      else this.take(other as KeyPress);
  }

  /** Whether it completes a chord that pastes: Ctrl+V, also with Shift, or Shift+Insert. */
  #notice({ keysym, key, down }: KeyPress): boolean {
    const modifier = modifiers.get(keysym);
    if (!down) this.#held.delete(key);
    else if (modifier) this.#held.set(key, modifier);
    if (!down || modifier) return false;
    const held = new Set(this.#held.values());
    // By its place too: on a Cyrillic keyboard it has another letter.
    if (key === KEY_V || keysym === LETTER_V) return held.has('ctrl');
    return keysym === INSERT && held.has('shift');
  }
}

const modifiers = new Map<number, 'ctrl' | 'shift'>([
  [0xffe1, 'shift'],
  [0xffe2, 'shift'],
  [0xffe3, 'ctrl'],
  [0xffe4, 'ctrl'],
]);
const KEY_V = 47;
const LETTER_V = 0x76;
const INSERT = 0xff63;

/** So many milliseconds a key waits at most: the program that has the clipboard may not answer. */
const TIMEOUT_MS = 200;
