// The window in full screen, and which of this computer's monitors it fills then.

import { t } from '../i18n';
import * as engine from '../ipc';
import type { Display } from '../ipc/bindings/Display';
import type { LocalMonitors } from '../ipc/bindings/LocalMonitors';
import type { Monitors } from '../ipc/bindings/Monitors';
import { chords } from '../keys/viewer';

/** What it needs of its session. */
interface Window {
  readonly display: Display;
  /** Whether the window has the keys that are the desktop's. */
  readonly keyboard: { readonly given: boolean };
  changeDisplay(part: Partial<Display>): Promise<void>;
  showMessage(text: string, ms: number): void;
  attempt(action: () => Promise<void>): Promise<void>;
}

export class FullScreen {
  on = $state(false);
  /** This computer's monitors; none before they are asked for. */
  monitors = $state.raw<LocalMonitors>({ sizes: [], all: false, together: [], chosen: null });
  /** Which of them it fills: as was chosen with these, or else last. */
  chosen: Monitors = $derived.by(() => this.monitors.chosen ?? this.#window.display.monitors);
  readonly #window: Window;

  constructor(window: Window) {
    this.#window = window;
  }

  async set(on: boolean): Promise<void> {
    await this.#window.attempt(async () => {
      await engine.setFullscreen(on);
      this.on = on;
    });
  }

  /** Full screen as the user wants this machine from now on. */
  async choose(on: boolean): Promise<void> {
    await this.set(on);
    if (this.on === on && this.#window.display.full_screen !== on)
      await this.#window.changeDisplay({ full_screen: on });
  }

  /** Full screen, or a window again; where keys of the desktop still work, says once how to leave. */
  async toggle(): Promise<void> {
    await this.choose(!this.on);
    if (this.on && !this.#window.keyboard.given)
      this.#window.showMessage(t('viewer.full_screen_hint', { keys: chords.fullScreen.keys }), 6_000);
  }

  /** Full screen where it was chosen for this machine before. */
  async begin(): Promise<void> {
    if (this.#window.display.full_screen && !this.on) await this.set(true);
  }

  /** Looks which monitors this computer has. */
  async lookAtMonitors(): Promise<void> {
    await this.#window.attempt(async () => {
      this.monitors = await engine.monitors();
    });
  }

  /** Fills these monitors in full screen from now on; in full screen, at once. */
  async chooseMonitors(monitors: Monitors): Promise<void> {
    await this.#window.attempt(async () => {
      await engine.chooseMonitors(monitors);
      this.monitors = { ...this.monitors, chosen: monitors };
    });
    await this.#window.changeDisplay({ monitors });
    if (this.on) await this.set(true);
  }
}
