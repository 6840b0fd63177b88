// Which of the machine's screens are seen, and in which windows. The first one is always in the session's own. The windows of the
// others belong to this page, which draws in them: they have no page and no script of their own.

import * as engine from '../../ipc';
import type { Display } from '../../ipc/bindings/Display';
import type { Novnc } from '../novnc';
import type { Area } from '../novnc/screens';
import type { Size } from '../scaling';

/** What the windows draw from and act through: the session's own screen. */
export interface Source {
  rfb: InstanceType<Novnc>;
  /** What was copied here goes to the machine, before it is pasted there. */
  share(): Promise<void>;
}

/** The window of a single screen. */
export interface ScreenWindow {
  /** Its number, from 2. */
  number: number;
  there: Window;
}

/** What it depends on. */
interface Session {
  readonly display: Pick<Display, 'screen' | 'apart'>;
  /** Its window is about to close. */
  readonly leaving: boolean;
  changeDisplay(part: Partial<Display>): Promise<void>;
  attempt(action: () => Promise<void>): Promise<void>;
  /** What is seen in its own window has another size. */
  fitWindow(): void;
}

/** So many screens have a window, at most, as the engine has it. */
const MAX_SCREENS = 16;

export class Screens {
  /** Where they are, as far as the server has said so. */
  all = $state.raw<readonly Area[]>([]);
  windows = $state.raw<readonly ScreenWindow[]>([]);
  /** Null while the session has no screen. */
  source = $state.raw<Source | null>(null);
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether each has a window of its own. */
  areApart: boolean = $derived.by(() => this.windows.length > 0);

  /** Which one the session's own window shows, from 1; null: all. */
  shown: number | null = $derived.by(() => (this.areApart ? 1 : this.#session.display.screen));

  /** The size of the first one, where the session's own window shows only that because each has one. */
  get size(): Size | null {
    return (this.areApart && this.all[0]) || null;
  }

  /** Gives each a window of its own, from now on. */
  takeApart(): void {
    this.#openAll();
    this.#choose(this.areApart);
  }

  /** Closes all windows but the session's own, which shows this one, or all, from now on. */
  async show(screen: number | null): Promise<void> {
    this.bringTogether();
    await this.#session.changeDisplay({ screen, apart: false });
  }

  /** Closes all windows but the session's own, for now. */
  bringTogether(): void {
    for (const { number } of this.windows) this.#close(number);
  }

  /** The user closes the window of this screen. */
  close(number: number): void {
    this.#close(number);
    this.#choose(this.areApart);
  }

  /** The server has said where they are. The window of one that is no more closes, and that of a new one opens. */
  follow(all: readonly Area[]): void {
    const hasMore = all.length > this.all.length;
    this.all = all;
    for (const { number } of this.windows) if (number > all.length) this.#close(number);
    if (hasMore && this.#session.display.apart) this.#openAll();
  }

  /** Remembered with the machine. */
  #choose(apart: boolean): void {
    if (this.#session.display.apart !== apart) void this.#session.changeDisplay({ apart });
  }

  #openAll(): void {
    if (this.all.length < 2) return;
    this.all.slice(1, MAX_SCREENS).forEach((screen, nth) => this.#open(nth + 2, screen));
    this.#session.fitWindow();
  }

  #close(number: number): void {
    this.#forget(number);
    void this.#session.attempt(() => engine.closeScreen(number));
  }

  #open(number: number, { width, height }: Area): void {
    if (this.windows.some((window) => window.number === number)) return;
    // The engine reads which one it is from the address. The empty page that it begins with is ours.
    const there = window.open(`about:blank#${number}-${width}x${height}`, `screen-${number}`);
    if (!there) return;
    there.document.documentElement.lang = document.documentElement.lang;
    for (const styles of document.querySelectorAll('link[rel=stylesheet], style'))
      there.document.head.append(there.document.importNode(styles, true));
    there.addEventListener('pagehide', () => {
      const isOurs = !this.windows.some((window) => window.number === number);
      this.#forget(number);
      // It was closed by its title bar, and not together with this one.
      if (!isOurs && !this.#session.leaving) this.#choose(this.areApart);
    });
    this.windows = [...this.windows, { number, there }];
  }

  #forget(number: number): void {
    const others = this.windows.filter((window) => window.number !== number);
    if (others.length === this.windows.length) return;
    this.windows = others;
    if (!this.areApart) this.#session.fitWindow();
  }
}
