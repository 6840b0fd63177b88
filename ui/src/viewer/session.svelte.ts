// What the viewer window knows about its session, and what can be done with it. The components below it only draw and pass on.

import { errorText, t } from '../i18n';
import * as engine from '../ipc';
import type { Answer } from '../ipc/bindings/Answer';
import type { EngineError } from '../ipc/bindings/EngineError';
import type { Protection } from '../ipc/bindings/Protection';
import type { SessionState } from '../ipc/bindings/SessionState';
import type { SessionView } from '../ipc/bindings/SessionView';
import { toEngineError } from '../ipc/error';
import { SharedClipboard } from './clipboard.svelte';

export class Session {
  /** Null until the engine has said whose session this is. */
  view = $state.raw<SessionView | null>(null);
  state = $state.raw<SessionState>({ state: 'connecting', stage: 'dialing' });
  viewOnly = $state(false);
  /** The screen is scaled to the window; else it has its own size. */
  scaled = $state(true);
  fullScreen = $state(false);
  /** Whether the user wants passwords kept; a choice that outlives a mistyped password. */
  remember = $state(true);
  /** Where the screen comes from, while there is one. */
  url = $state<string | null>(null);
  /** What protects it, once it is there. */
  protection = $state.raw<Protection | null>(null);
  /** What the toast says. */
  message = $state<string | null>(null);
  /** Whether noVNC got through its handshake since the session was dialled. */
  drawn = $state(false);
  readonly clipboard = new SharedClipboard();

  #silence: ReturnType<typeof setTimeout> | undefined;
  #hush: ReturnType<typeof setTimeout> | undefined;

  /** Where the window is: the session's state, but live only once there is a picture to look at. */
  phase: SessionState['state'] = $derived.by(() => {
    const { state } = this.state;
    return state === 'ready' || state === 'live' ? (this.drawn ? 'live' : 'ready') : state;
  });

  get name(): string {
    return this.view?.name ?? '';
  }

  /** Follows the engine from now on. */
  async follow(): Promise<void> {
    performance.mark('attach');
    // States may overtake the answer, which says whose session it is and whether it may send anything: they wait for it.
    let met = () => {};
    const meeting = new Promise<void>((resolve) => (met = resolve));
    try {
      this.view = await engine.attach((state) => void meeting.then(() => this.#reach(state)));
      this.viewOnly = this.view.view_only;
      met();
    } catch (caught) {
      this.#end(toEngineError(caught));
    }
  }

  // ---- what the user does

  /** Throws an EngineError for the prompt to show. */
  async answer(answer: Answer): Promise<void> {
    await engine.answer(answer);
  }

  async again(): Promise<void> {
    try {
      await engine.again();
    } catch (caught) {
      this.#end(toEngineError(caught));
    }
  }

  /** Ends the session; the window stays. */
  async disconnect(): Promise<void> {
    await this.attempt(() => engine.close());
  }

  async closeWindow(): Promise<void> {
    await this.attempt(() => engine.closeWindow());
  }

  /** Into this computer's clipboard. */
  async copy(text: string): Promise<void> {
    await this.attempt(async () => {
      await engine.writeClipboard(text);
      this.say(t('viewer.copied'), 2_000);
    });
  }

  async setFullScreen(on: boolean): Promise<void> {
    await this.attempt(async () => {
      await engine.setFullscreen(on);
      this.fullScreen = on;
    });
  }

  // ---- what the screen reports

  /** noVNC is through its handshake. */
  draw(): void {
    performance.mark('connect');
    this.drawn = true;
  }

  /** The picture cannot go on. Where the session has ended already, the engine knows the reason better. */
  broke(detail: string): void {
    clearTimeout(this.#silence);
    if (this.#isOver) return;
    engine.viewerFailed(detail).catch((caught: unknown) => this.#end(toEngineError(caught)));
  }

  /** The socket is closed. The engine tells why; only where it stays silent, the closing itself is the reason. */
  socketClosed(code: number): void {
    if (this.#isOver) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.broke(t('viewer.socket_closed', { code })), SILENCE_MS);
  }

  // ---- messages

  /** Says it for so long; null: until it is dismissed. */
  say(text: string, ms: number | null = null): void {
    this.hush();
    this.message = text;
    if (ms !== null) this.#hush = setTimeout(() => this.hush(), ms);
  }

  hush(): void {
    clearTimeout(this.#hush);
    this.message = null;
  }

  /** Runs what has no place of its own for its errors. */
  async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (caught) {
      this.say(errorText(toEngineError(caught)));
    }
  }

  // ---- details

  /** The engine has said that the picture is over, and why. */
  get #isOver(): boolean {
    return this.state.state === 'ended' || this.state.state === 'reconnecting';
  }

  #reach(next: SessionState): void {
    if (next.state === 'ready') {
      performance.mark('ready');
      this.drawn = false;
      this.url = next.url;
      this.protection = next.protection;
      if (next.not_stored) this.say(t('viewer.password_not_stored', { reason: errorText(next.not_stored) }));
    } else if (next.state !== 'live') {
      clearTimeout(this.#silence);
      this.url = null;
      // What was said about a picture that is gone; `drawn` stays, to tell an end from a failure to begin.
      this.hush();
      if (next.state !== 'ended' && next.state !== 'reconnecting') this.drawn = false;
      else if (next.state === 'ended' && this.fullScreen) void this.setFullScreen(false);
    }
    this.state = next;
  }

  #end(error: EngineError): void {
    this.#reach({ state: 'ended', error });
  }
}

/** How long the engine has to say why a socket closed. */
export const SILENCE_MS = 2_000;
