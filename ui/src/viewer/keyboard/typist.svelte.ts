// Types a text, one character after the other, at a pace that firmware and slow servers follow.

import { joined, t, type Key } from '../../i18n';
import { stopTyping } from '../../ipc';
import type { Manner } from '../../ipc/bindings/Manner';
import type { Typed } from './typing';

/** Milliseconds from one character to the next. */
export const PACES = { fast: 10, steady: 40, slow: 150 } as const;

export type Pace = keyof typeof PACES;

/** What takes keys to the server. */
interface Target {
  sendKey(keysym: number, code: string | null, down?: boolean): void;
  /** Whether the server takes keys by their places. */
  readonly takesPlaces: boolean;
}

/** What it says things in. */
interface Window {
  /** For how many seconds the server has not answered. */
  readonly silence: number;
  showMessage(text: string, ms: number | null): void;
}

export class Typist {
  /** How much is typed; null while nothing is. */
  progress = $state.raw<{ done: number; total: number } | null>(null);
  pace = $state<Pace>('steady');
  /** Whether the engine types something that this page never sees. */
  unseen = $state(false);
  /** Several lines that wait until they were looked at. */
  asked = $state.raw<{ text: string; lines: number; go: () => void } | null>(null);
  readonly #window: Window;
  #target: Target | null = null;
  #over: AbortController | null = null;

  constructor(window: Window) {
    this.#window = window;
  }

  /** Another session's screen, or none: the rest of a text is not for it. */
  set target(target: Target | null) {
    this.#over?.abort();
    this.asked = null;
    this.#target = target;
  }

  /** Whether the server takes keys by their places. */
  get takesPlaces(): boolean {
    return this.#target?.takesPlaces ?? false;
  }

  /** Types until the end, or until it is stopped. Each character's keys are up again before anything else can happen. */
  async type(text: Typed): Promise<void> {
    this.stop();
    const { presses } = text;
    const over = (this.#over = new AbortController());
    const isOver = () => over.signal.aborted || over !== this.#over;
    let done = 0;
    for (const press of presses) {
      this.progress = { done, total: presses.length };
      // What a server that stands still is sent waits on the way, where it cannot be stopped.
      while (this.#window.silence > 0 && !isOver()) await pause(SILENCE_MS, over.signal);
      if (isOver()) break;
      for (const { keysym, code, down } of press) this.#target?.sendKey(keysym, code, down);
      done += 1;
      await pause(PACES[this.pace], over.signal);
    }
    if (over !== this.#over) return;
    this.#over = this.progress = null;
    // Where the session has gone, its end says enough.
    if (over.signal.aborted && over.signal.reason !== STOPPED) return;
    this.#tell(text, done);
  }

  /** Has the engine type something: `run` resolves with whether all of it was typed. */
  async typeUnseen(run: (manner: Manner) => Promise<boolean>): Promise<void> {
    this.stop();
    this.unseen = true;
    try {
      const whole = await run({ pace: this.pace, by_place: this.takesPlaces });
      // Where the session has gone, its end says enough.
      if (this.#target) this.#window.showMessage(t(whole ? 'typing.unseen_done' : 'typing.unseen_stopped'), 4_000);
    } finally {
      this.unseen = false;
    }
  }

  /** Nothing more is typed. */
  stop(): void {
    // Where it cannot be told, the connection to the engine has gone, and what it typed with it.
    if (this.unseen) stopTyping().catch(() => {});
    this.#over?.abort(STOPPED);
  }

  #tell({ presses, unicode, foreign, impossible }: Typed, done: number): void {
    const sentences = [
      done < presses.length
        ? t('typing.stopped', { count: presses.length, done })
        : t('typing.done', { count: presses.length }),
    ];
    const add = (key: Key, letters: string[]) => {
      if (letters.length > 0) sentences.push(t(key, { letters: listed(letters) }));
    };
    add('typing.left_out', impossible);
    add('typing.look', [...foreign.filter((letter) => !unicode.includes(letter)), ...unicode]);
    this.#window.showMessage(joined(sentences), sentences.length > 1 ? 15_000 : 4_000);
  }
}

/** Not all of them where there are many. */
export function listed(letters: readonly string[]): string {
  const more = letters.length > LISTED ? ' …' : '';
  return letters.slice(0, LISTED).join(' ') + more;
}

const LISTED = 24;
const SILENCE_MS = 200;
const STOPPED = Symbol();

/** Ends at once where it is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
