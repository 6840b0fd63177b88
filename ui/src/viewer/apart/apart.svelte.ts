// The windows of a session that shows each of the machine's screens in one of its own. They belong to this page, which draws in
// them: they have no page and no script of their own. The first screen is the session's own window's.

import * as engine from '../../ipc';
import type { Novnc } from '../novnc';
import type { Area } from '../novnc/screens';

/** What the windows draw from and act through: the session's own screen. */
export interface Source {
  rfb: InstanceType<Novnc>;
  /** What was copied here goes to the machine, before it is pasted there. */
  share(): Promise<void>;
}

export interface ScreenWindow {
  /** Of its screen, from 2. */
  number: number;
  there: Window;
}

/** What it depends on. */
interface Session {
  attempt(action: () => Promise<void>): Promise<void>;
}

/** So many screens have a window, at most, as the engine has it. */
const MOST = 16;

export class Apart {
  windows = $state.raw<readonly ScreenWindow[]>([]);
  /** Null while the session has no screen. */
  source = $state.raw<Source | null>(null);
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether any screen has a window of its own. */
  get isOn(): boolean {
    return this.windows.length > 0;
  }

  /** Opens a window for each of these screens but the first. Within the user's click: otherwise the web view opens none. */
  open(screens: readonly Area[]): void {
    screens.slice(1, MOST).forEach((screen, nth) => this.#open(nth + 2, screen));
  }

  /** Closes all of them. */
  close(): void {
    for (const { number } of this.windows) this.closeOne(number);
  }

  closeOne(number: number): void {
    this.#forget(number);
    void this.#session.attempt(() => engine.closeScreen(number));
  }

  /** The machine has so many screens from now on. */
  follow(count: number): void {
    for (const { number } of this.windows) if (number > count) this.closeOne(number);
  }

  #open(number: number, { width, height }: Area): void {
    if (this.windows.some((window) => window.number === number)) return;
    // What the engine is told of it. The empty page that it begins with is ours.
    const there = window.open(`about:blank#${number}-${width}x${height}`, `screen-${number}`);
    if (!there) return;
    there.document.documentElement.lang = document.documentElement.lang;
    for (const styles of document.querySelectorAll('link[rel=stylesheet], style'))
      there.document.head.append(there.document.importNode(styles, true));
    there.addEventListener('pagehide', () => this.#forget(number));
    this.windows = [...this.windows, { number, there }];
  }

  #forget(number: number): void {
    this.windows = this.windows.filter((window) => window.number !== number);
  }
}
