// Who has the window's keys: the page, the remote machine, or the remote machine with the shortcuts of this desktop.

import { t } from '../../i18n';
import * as engine from '../../ipc';
import type { Composing } from '../../ipc/bindings/Composing';
import type { Display } from '../../ipc/bindings/Display';
import type { KeyboardOwner } from '../../ipc/bindings/KeyboardOwner';
import type { KeyPress } from '../../ipc/bindings/KeyPress';
import type { SideButton } from '../../ipc/bindings/SideButton';
import { chords } from '../../keys/viewer';

/** What it depends on. */
interface Window {
  readonly display: Display;
  readonly composing: Composing;
  readonly fullScreen: { readonly on: boolean };
  readonly name: string;
  readonly viewOnly: boolean;
  showMessage(text: string, ms: number): void;
  attempt(action: () => Promise<void>): Promise<void>;
}

export class Keyboard {
  /** The screen has the focus within the page, and takes keys. */
  isScreens = $state(false);
  /** The window has the focus. */
  #focused = $state(false);
  /** What the user's chord has decided, until full screen or the machine's setting changes; null where it has not. */
  #chosen = $state<boolean | null>(null);
  /** This desktop has kept its shortcuts: it is asked again when the window has the focus again. */
  #refused = $state(false);
  /** Whether the toolkit gives keys: only then shortcuts of this desktop can go to the remote machine. */
  given = $state(false);
  /** The machine takes only movements of the mouse, and gets the mouse together with all keys. */
  takesMovements = $state(false);
  readonly #window: Window;
  /** Of the screen that the window shows alone; null: it is the session's own. */
  readonly #screen: number | null;

  /** Whether all shortcuts are to go to the remote machine while it has the keys. */
  wants: boolean = $derived.by(() => this.#chosen ?? (this.#window.fullScreen.on || this.#window.display.grab));

  owner: KeyboardOwner = $derived.by(() => {
    if (!this.given || !this.isScreens || !this.#focused) return 'page';
    return this.wants && !this.#refused ? 'grabbed' : 'screen';
  });

  constructor(window: Window, screen: number | null = null, focused = document.hasFocus()) {
    this.#window = window;
    this.#screen = screen;
    this.#focused = focused;
  }

  /** Passes the toolkit's keys on from now on; the owner follows what the user does. For a component that is being made. */
  async take(
    onPress: (press: KeyPress) => void,
    onText: (text: string) => void,
    onSideButton: (button: SideButton) => void,
  ): Promise<void> {
    this.given = await engine.takeKeys((notice) => {
      if (notice.kind === 'press') onPress(notice);
      else if (notice.kind === 'composed') onText(notice.text);
      else if (notice.kind === 'side_button') onSideButton(notice);
      else if (notice.kind === 'refused') this.#refuse();
      else this.#released();
    }, this.#screen);
  }

  focus(focused: boolean): void {
    this.#focused = focused;
    this.#refused = false;
  }

  /** All keys go to the remote machine, from the chord on. */
  grabNow(): void {
    this.#chosen = true;
    this.#refused = false;
  }

  /** The machine takes only movements of the mouse from now on, or places again. */
  pointerMode(relative: boolean): void {
    this.takesMovements = relative;
    if (relative && !this.#window.viewOnly) this.#say('viewer.mouse_relative', 8_000);
  }

  /** Full screen or the machine's setting has changed: it decides again. */
  forgetChoice(): void {
    this.#chosen = null;
    this.#refused = false;
  }

  /** Tells the window who has the keys. */
  tell(owner: KeyboardOwner): void {
    if (!this.given) return;
    const composesHere = this.#window.composing === 'here';
    void this.#window.attempt(() => engine.setKeyboardOwner(owner, composesHere, this.#screen));
    if (owner === 'grabbed') this.#say('viewer.keys_grabbed');
  }

  #released(): void {
    this.#chosen = false;
    this.#say('viewer.keys_released');
  }

  #refuse(): void {
    this.#refused = true;
    this.#say('viewer.keys_refused');
  }

  #say(
    what: 'viewer.keys_grabbed' | 'viewer.keys_released' | 'viewer.keys_refused' | 'viewer.mouse_relative',
    ms = 6_000,
  ): void {
    this.#window.showMessage(
      t(what, { name: this.#window.name, keys: chords.grab.keys, toolbar: chords.toolbar.keys }),
      ms,
    );
  }
}
