// Tells the user when a part of the screen that they have marked changes, or does not any more. Once: then it is to be asked for anew.

import { t } from '../../i18n';
import * as engine from '../../ipc';
import { Watching, type Cells, type Wish } from './watching';

/** A part of the remote screen, in its own pixels. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What shows the screen: noVNC with our changes. */
interface Source {
  /** The part in grey. */
  cells(area: Area): Cells;
  /** Asks for one update, where the window rests. */
  glance(): void;
}

/** What it says things in. */
interface Window {
  attempt(action: () => Promise<void>): Promise<void>;
  showMessage(text: string, ms: number | null): void;
}

export class Tell {
  /** Null while there is no screen. */
  source = $state.raw<Source | null>(null);
  /** The user is to mark a part. */
  marking = $state(false);
  /** What is waited for; null while nothing is. */
  wish = $state.raw<Wish | null>(null);
  readonly #window: Window;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(window: Window) {
    this.#window = window;
  }

  /** Waits no longer, as the user wishes. */
  cancel(): void {
    this.stop();
    this.#window.showMessage(t('tell.stopped'), 2_500);
  }

  /** Waits from now on. */
  begin(area: Area, wish: Wish): void {
    this.stop();
    this.marking = false;
    const { source } = this;
    if (!source) return;
    this.wish = wish;
    const watching = new Watching(wish, performance.now(), source.cells(area));
    this.#timer = setInterval(() => {
      // The next connection's screen may be another one.
      if (this.source !== source) return this.#lose();
      if (watching.look(performance.now(), source.cells(area))) void this.#tell(wish);
      // What changes until the next look, where the window is out of sight.
      else source.glance();
    }, LOOK_MS);
  }

  /** Waits no longer. */
  stop(): void {
    clearInterval(this.#timer);
    this.wish = null;
  }

  /** Who looks at the window sees that the connection is gone; who relies on being told is told. */
  #lose(): void {
    this.stop();
    if (!document.hasFocus()) void this.#window.attempt(async () => void (await engine.tell('lost')));
  }

  async #tell(wish: Wish): Promise<void> {
    this.stop();
    this.#window.showMessage(t(`tell.${wish.when}`), null);
    await this.#window.attempt(async () => void (await engine.tell(wish.when)));
  }
}

const LOOK_MS = 2_000;
