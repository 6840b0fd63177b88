// The state of the viewer window's session, and its actions. The components only show the one and call the other.

import { errorText, shortened, sizeText, t } from '../i18n';
import * as engine from '../ipc';
import type { Answer } from '../ipc/bindings/Answer';
import { defaultDisplay } from '../ipc/display';
import type { Composing } from '../ipc/bindings/Composing';
import type { Display } from '../ipc/bindings/Display';
import type { Bell } from '../ipc/bindings/Bell';
import type { ClipboardSharing } from '../ipc/bindings/ClipboardSharing';
import type { EngineError } from '../ipc/bindings/EngineError';
import type { Protection } from '../ipc/bindings/Protection';
import type { Quality } from '../ipc/bindings/Quality';
import type { RewindChoice } from '../ipc/bindings/RewindChoice';
import type { Scaling } from '../ipc/bindings/Scaling';
import type { SessionState } from '../ipc/bindings/SessionState';
import type { SessionUpdate } from '../ipc/bindings/SessionUpdate';
import type { Storing } from '../ipc/bindings/Storing';
import type { SessionView } from '../ipc/bindings/SessionView';
import { toEngineError } from '../ipc/error';
import type { ListWish } from '../ipc/wish';
import { chords } from '../keys/viewer';
import { atMostEvery, BELL_PAUSE_MS } from './bell';
import { Capture } from './capture.svelte';
import { FullScreen } from './fullScreen.svelte';
import { Held } from './keyboard/held.svelte';
import { KeptChords } from './keyboard/kept.svelte';
import { Keyboard } from './keyboard/keyboard.svelte';
import { Typist } from './keyboard/typist.svelte';
import { SharedClipboard } from './clipboard.svelte';
import type { TextTooLarge } from './novnc/clipboard';
import type { Following, Refusal } from './novnc/follow';
import { type MessageAction, SharingOffer } from './offer.svelte';
import { type Level } from './quality/automatic';
import type { Figures } from './quality/figures';
import { Rewind } from './rewind/rewind.svelte';
import type { Size } from './scaling';
import { Screens } from './screens/screens.svelte';
import { Tell } from './tell/tell.svelte';

export class Session {
  /** Null until the first update. */
  view = $state.raw<SessionView | null>(null);
  state = $state.raw<SessionState>({ state: 'connecting', stage: 'dialing' });
  viewOnly = $state(false);
  /** How the user likes to see this machine. */
  display = $state.raw<Display>(defaultDisplay);
  /** Whether the user wants passwords kept; stays chosen when a password was refused. */
  remember = $state(true);
  /** The same for a machine that is not in the list, which is added then. */
  rememberNew = $state(false);
  /** How many other sessions are open. */
  others = $state(0);
  /** How many callers wait to be answered, this one among them. */
  calls = $state(0);
  /** How many small pictures were asked for. */
  pictures = $state(0);
  /** The window is about to close, and waits for a last picture. */
  leaving = $state(false);
  /** How often the server's bell has flashed. */
  flashes = $state(0);
  /** The relay's WebSocket, while there is a screen. */
  url = $state<string | null>(null);
  /** As the server calls it, from the first `ready` on. */
  desktopName = $state('');
  /** What protects the session, from the first `ready` on. */
  protection = $state.raw<Protection | null>(null);
  /** The toast's text, and what can be done there. */
  message = $state<string | null>(null);
  messageAction = $state.raw<MessageAction | undefined>();
  /** Whether noVNC has finished its handshake since the session was last dialled. */
  drawn = $state(false);
  /** Whether the first picture is to be seen, or is long in coming: what lies over it is drawn after it. */
  pictured = $state(false);
  /** Whether the remote screen can follow the window's size. */
  following = $state.raw<Following | 'unable'>('unknown');
  /** For how many seconds the server has not answered to input; 0 while it does. */
  silence = $state(0);
  /** How often the engine has heard how the user likes to see this machine. */
  displaysTold = $state(0);
  /** Whether it is shown what the connection does, and what that is; null before it is known. */
  infoShown = $state(false);
  figures = $state.raw<Figures | null>(null);
  /** The quality that was measured to be the right one. */
  measured = $state<Level>('good');
  /** Of the remote screen, in its own pixels. */
  size = $state.raw<Size | null>(null);
  readonly clipboard = new SharedClipboard();
  readonly offer: SharingOffer = new SharingOffer(this);
  readonly keyboard: Keyboard = new Keyboard(this);
  readonly fullScreen: FullScreen = new FullScreen(this);
  readonly held = new Held();
  readonly kept = new KeptChords(this);
  readonly screens = new Screens(this);
  readonly typist = new Typist(this);
  readonly capture = new Capture(this);
  readonly rewind = new Rewind(this);
  readonly tell = new Tell(this);

  /** Null before it is known. */
  #screenSize: string | null = null;
  /** It was said that letters are lost; from then on the panel says which. */
  #lossTold = false;
  readonly #mayRing = atMostEvery(BELL_PAUSE_MS);
  readonly #mayTellTouch = atMostEvery(TOUCH_PAUSE_MS);
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  #toldStoring = 'null';
  #messageTimer: ReturnType<typeof setTimeout> | undefined;
  #pictureTimer: ReturnType<typeof setTimeout> | undefined;

  /** The session's state, but `live` only once noVNC has finished its handshake. */
  phase: SessionState['state'] = $derived.by(() => {
    const { state } = this.state;
    return state === 'ready' || state === 'live' ? (this.drawn ? 'live' : 'ready') : state;
  });

  /** How large the screen is drawn: as was chosen for this machine, or for all. */
  scaling: Scaling = $derived.by(() => this.display.scaling ?? this.view?.scaling_unchosen ?? 'fit');

  /** The quality that was chosen for this machine, or for all. */
  chosenQuality: Quality = $derived.by(() => this.display.quality ?? this.view?.quality_unchosen ?? 'automatic');

  /** The quality that the server is asked for. */
  quality: Level = $derived.by(() => (this.chosenQuality === 'automatic' ? this.measured : this.chosenQuality));

  /** Which way text is copied. */
  sharing: ClipboardSharing = $derived.by(() => this.display.clipboard ?? this.view?.clipboard_unchosen ?? 'off');

  /** Where what is typed is composed. */
  composing: Composing = $derived.by(() => this.display.composing ?? this.view?.composing_unchosen ?? 'there');

  /** Whether its last minutes are kept. */
  rewindChoice: RewindChoice = $derived.by(() => this.display.rewind ?? this.view?.rewind_unchosen ?? 'off');

  /** Whether keys are down there, or typed, without one down here. */
  get keysMarked(): boolean {
    return this.typist.progress !== null || this.typist.unseen || this.held.modifiers.length > 0;
  }

  /** Whether the connection was measured to carry the lowest quality only. */
  get slow(): boolean {
    return this.measured === 'low';
  }

  /** The host's name, at most 80 characters. */
  get name(): string {
    return shortened(this.view?.name ?? '');
  }

  /** The window's title: a name that is not from the saved list has its address beside it. */
  get title(): string {
    if (!this.view) return t('app.name');
    const { name, address, saved, playback } = this.view;
    // A link's and a discovered machine's name have it already.
    const hasAddress = name === address || name.endsWith(`(${address})`);
    return saved || playback || hasAddress ? name : `${this.name} (${address})`;
  }

  /** Attaches to the session and follows its states. */
  async follow(): Promise<void> {
    performance.mark('attach');
    try {
      await engine.attach((update) => this.#update(update));
    } catch (caught) {
      this.#end(toEngineError(caught));
    }
  }

  // ---- the user's actions

  /** Throws an EngineError for the prompt to show. */
  async answer(number: number, answer: Answer): Promise<void> {
    await engine.answer(number, answer);
  }

  async reconnect(): Promise<void> {
    try {
      await engine.reconnect();
    } catch (caught) {
      this.#end(toEngineError(caught));
    }
  }

  /** Ends the session; the window stays. */
  async disconnect(): Promise<void> {
    await this.attempt(() => engine.close());
  }

  /** Brings the list to the front with what a key stands for. */
  async wantList(wish: ListWish): Promise<void> {
    await this.attempt(() => engine.wantList(wish));
  }

  async closeWindow(): Promise<void> {
    await this.attempt(() => engine.closeWindow());
  }

  /** Puts a fingerprint into this computer's clipboard. */
  async copyFingerprint(fingerprint: string): Promise<void> {
    await this.attempt(async () => {
      await engine.copyFingerprint(fingerprint);
      this.showMessage(t('viewer.copied'), 2_000);
    });
  }

  /** Shows the machine as the user likes it from now on; remembered with a saved one. */
  async changeDisplay(part: Partial<Display>): Promise<void> {
    const display = (this.display = { ...this.display, ...part });
    await this.attempt(() => engine.setDisplay(display));
    // Another one that the engine tells of from now on is newer.
    if (this.view) this.view = { ...this.view, display };
    this.displaysTold += 1;
  }

  /** Only watches from now on, or no longer. The relay holds that, whatever this page does. */
  async watch(viewOnly: boolean): Promise<void> {
    await this.attempt(async () => {
      await engine.setViewOnly(viewOnly);
      this.viewOnly = viewOnly;
    });
  }

  /** *Touch this machine*: ends view only for this window, or begins it. */
  async toggleTouch(): Promise<void> {
    await this.watch(!this.viewOnly);
    const facts = { name: this.name, keys: chords.touch.keys };
    this.showMessage(t(this.viewOnly ? 'viewer.untouched' : 'viewer.touched', facts), 4_000);
  }

  /** There was input for a machine that is only viewed. */
  tellHowToTouch(): void {
    if (this.viewOnly && !this.view?.playback && this.#mayTellTouch())
      this.showMessage(t('viewer.touch_hint', { keys: chords.touch.keys }), 6_000);
  }

  /** Has the engine type the machine's password, which this page never sees. */
  async typePassword(readably: boolean): Promise<void> {
    await this.attempt(() => this.typist.typeUnseen((manner) => engine.typePassword(manner, readably)));
  }

  /** The same for the machine's own secret. */
  async typeSecret(readably: boolean): Promise<void> {
    await this.attempt(() => this.typist.typeUnseen((manner) => engine.typeSecret(manner, readably)));
  }

  /** Keeps a secret of the machine's own under this name; throws an EngineError for the form to show. */
  async keepSecret(name: string, secret: string): Promise<void> {
    await engine.keepSecret(name, secret);
  }

  /** Has the engine type the clipboard; several lines only once the user has looked at them. */
  async typeClipboard(): Promise<void> {
    await this.attempt(() => this.typist.typeUnseen((manner) => engine.typeClipboard(manner)));
  }

  /** Copies text this way from now on; null: as for all machines. */
  async share(clipboard: ClipboardSharing | null): Promise<void> {
    this.offer.withdraw();
    await this.changeDisplay({ clipboard });
  }

  /** Adds the machine to the list; throws an EngineError for the form to show. */
  async keep(name: string, withLogin: boolean): Promise<void> {
    const kept = await engine.keep(name, withLogin);
    if (!kept) return;
    this.showMessage(t('keep.added', { name: shortened(kept.name) }), 4_000);
  }

  /** Connects to another address instead; throws an EngineError for the form to show. */
  async correctAddress(text: string): Promise<void> {
    await engine.correctAddress(text);
    this.offer.forget();
  }

  /** Wakes the machine up, and connects when it answers. */
  async wake(): Promise<void> {
    await this.attempt(() => engine.wake());
  }

  /** Takes the step that the failure leads to. */
  async followLead(): Promise<void> {
    await this.attempt(() => engine.followLead());
    this.offer.forget();
  }

  /** Brings the list to the front, with the form of this machine. */
  async edit(): Promise<void> {
    await this.attempt(() => engine.editHost());
  }

  /** Brings the list to the front, with all open sessions. */
  async showSessions(): Promise<void> {
    await this.attempt(() => engine.showSessions());
  }

  /** Brings the next session's window to the front, or the one before. */
  async showNext(back: boolean): Promise<void> {
    await this.attempt(() => engine.showNextSession(back));
  }

  // ---- the screen's events

  /** noVNC has finished its handshake. */
  draw(): void {
    performance.mark('connect');
    this.drawn = true;
    this.#pictureTimer = setTimeout(() => this.picture(), LATE_PICTURE_MS);
  }

  /** The first picture is to be seen. */
  picture(): void {
    clearTimeout(this.#pictureTimer);
    this.pictured = this.drawn;
  }

  /** The viewer failed. Ignored where the engine has already given a reason. */
  viewerFailed(detail: string): void {
    clearTimeout(this.#closeTimer);
    if (this.#hasReason) return;
    engine.viewerFailed(detail).catch((caught: unknown) => this.#end(toEngineError(caught)));
  }

  /** The screen is larger than the web view can show. */
  screenTooLarge(width: number, height: number): void {
    if (this.#hasReason) return;
    engine.screenTooLarge(width, height).catch((caught: unknown) => this.#end(toEngineError(caught)));
  }

  /** The server's bell. Where it cannot be rung, a message about that would be of no use. */
  ring(): void {
    if (!this.#mayRing()) return;
    const flash = (bell: Bell) => {
      if (bell === 'flash') this.flashes += 1;
    };
    engine.ring().then(flash, () => {});
  }

  /** The remote machine copied text. */
  async receiveText(text: string): Promise<void> {
    if ((await this.clipboard.receive(text)) && document.hasFocus()) this.offer.make();
  }

  /** These letters of the text that is sent arrive as question marks. */
  loseLetters(letters: string): void {
    const isFirst = letters !== '' && !this.#lossTold;
    this.clipboard.lost = letters;
    this.#lossTold ||= isFirst;
    if (isFirst) this.showMessage(t('clipboard.lost', { letters }), 8_000);
  }

  /** The remote screen has this size. */
  screenSized({ width, height }: Size): void {
    this.size = { width, height };
    this.fitWindow();
  }

  /** What is seen in the window has another size. It keeps fitting, unless the screen follows it. */
  fitWindow(): void {
    const shown = this.screens.size ?? this.size;
    if (!shown) return;
    const { width, height } = shown;
    const size = `${width}x${height}`;
    const isNew = size !== this.#screenSize && this.#screenSize !== null && this.scaling !== 'follow';
    this.#screenSize = size;
    // Where it cannot, the picture is scaled, and a message about that would be of no use.
    if (isNew) engine.screenSized(width, height).catch(() => {});
  }

  /** The user wants the screen to follow the window: says so where it cannot. */
  tellWhetherFollowed(): void {
    if (this.following !== 'several' && this.following !== 'unable') return;
    this.showMessage(t(`viewer.follow_${this.following}`), 8_000);
  }

  tellNotFollowed(refusal: Refusal): void {
    this.showMessage(t(`viewer.follow_${refusal}`), 8_000);
  }

  tellTextTooLarge({ from, bytes, limit }: TextTooLarge): void {
    const facts = { size: sizeText(bytes), limit: sizeText(limit) };
    this.showMessage(t(from === 'server' ? 'viewer.text_not_received' : 'viewer.text_not_sent', facts));
  }

  /** The WebSocket closed. The engine usually says why; if it has not within `CLOSE_REASON_MS`, the closing is the reason. */
  socketClosed(code: number): void {
    if (this.#hasReason) return;
    clearTimeout(this.#closeTimer);
    this.#closeTimer = setTimeout(() => this.viewerFailed(t('viewer.socket_closed', { code })), CLOSE_REASON_MS);
  }

  // ---- messages

  /** Shows a message for `ms` milliseconds; null: until it is dismissed. */
  showMessage(text: string, ms: number | null = null, action?: MessageAction): void {
    this.dismissMessage();
    this.message = text;
    this.messageAction = action;
    if (ms !== null) this.#messageTimer = setTimeout(() => this.dismissMessage(), ms);
  }

  dismissMessage(): void {
    clearTimeout(this.#messageTimer);
    this.message = null;
    this.messageAction = undefined;
  }

  /** Runs an action and shows its error as a message. */
  async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (caught) {
      this.showMessage(errorText(toEngineError(caught)));
    }
  }

  // ---- details

  /** The engine has said that the picture is over, and why. */
  get #hasReason(): boolean {
    return this.state.state === 'ended' || this.state.state === 'reconnecting';
  }

  #update({ view, state, others, calls, pictures, leaving }: SessionUpdate): void {
    // The user's own choice in the toolbar stays, unless the host's setting has changed.
    if (view.view_only !== this.view?.view_only) this.viewOnly = view.view_only;
    if (JSON.stringify(view.display) !== JSON.stringify(this.view?.display)) this.display = view.display;
    const before = this.view?.recording;
    this.view = view;
    this.capture.tell(before, view.recording);
    this.others = others;
    this.calls = calls;
    this.pictures = pictures;
    this.leaving = leaving;
    // Told once more because something else has changed: what it did when it was new, it must not do again.
    if (JSON.stringify(state) !== JSON.stringify(this.state)) this.#reach(state);
    this.#tellStoring(view.storing);
  }

  /** What has become of the login that is put into the keyring: told once, and not over a prompt. */
  #tellStoring(storing: Storing | null): void {
    const { state } = this.state;
    if (state === 'connecting' || state === 'asking') return;
    const key = JSON.stringify(storing);
    if (storing === null || key === this.#toldStoring) return;
    this.#toldStoring = key;
    if (storing.storing === 'waiting') this.showMessage(t('viewer.storing_waits'));
    else if (storing.storing === 'done') this.showMessage(t('viewer.password_stored'), 4_000);
    else this.showMessage(t('viewer.password_not_stored', { reason: errorText(storing.error) }));
  }

  #reach(next: SessionState): void {
    // Of a caller who has hung up nothing is asked or said.
    if (next.state === 'ended' && next.error?.code === 'caller_left') void this.closeWindow();
    if (next.state !== 'live') {
      this.silence = 0;
      // The WebSocket that has closed was another state's.
      clearTimeout(this.#closeTimer);
    }
    if (next.state === 'ready') {
      performance.mark('ready');
      this.drawn = this.pictured = false;
      this.following = 'unknown';
      this.measured = 'good';
      this.figures = null;
      this.screens.all = [];
      this.url = next.url;
      this.desktopName = next.desktop_name;
      this.protection = next.protection;
    } else if (next.state !== 'live') {
      this.url = null;
      // The message was about a picture that is gone. `drawn` stays: it tells an end from a failure to connect.
      this.dismissMessage();
      if (next.state !== 'ended' && next.state !== 'reconnecting') this.drawn = false;
      else if (next.state === 'ended') {
        this.screens.bringTogether();
        if (this.fullScreen.on) void this.fullScreen.set(false);
      }
    }
    this.state = next;
  }

  #end(error: EngineError): void {
    this.#reach({ state: 'ended', error });
  }
}

/** How to touch a machine is told once in so many milliseconds. */
const TOUCH_PAUSE_MS = 10_000;

/** So many milliseconds after its handshake noVNC has for the first picture, before the toolbar comes without it. */
const LATE_PICTURE_MS = 300;

/** So many milliseconds the engine has to say why the WebSocket closed. */
export const CLOSE_REASON_MS = 2_000;
