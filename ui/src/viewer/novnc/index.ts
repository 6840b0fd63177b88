// noVNC, and all that Portlight changes of it from outside: its package stays unmodified.

import type RFB from '@novnc/novnc';
import type { Area } from '../tell/tell.svelte';
import { COLUMNS, ROWS, type Cells } from '../tell/watching';
import type { Cursor } from '../../ipc/bindings/Cursor';
import type { Scaling } from '../../ipc/bindings/Scaling';
import { acknowledge } from './acknowledge';
import { requestAhead, skipSecondRequests } from './ahead';
import { noticeInput, watchAnswers } from './answers';
import { limitBells } from './bells';
import { Boundaries } from './boundary';
import { replaceDecoders, startWorker, waitWithin, type Streams, type Windows } from './decoders';
import { inflatorOf, limitClipboard } from './clipboard';
import { copyByPart } from './copies';
import { chooseCursor, scaleCursor } from './cursor';
import { showParts } from './damage';
import { leaveFingersAlone } from './fingers';
import { Follow } from './follow';
import type { Cursors, Internals, Messages } from './internals';
import { skipMessagesOfKnownLength } from './messages';
import { Mirror, Mirrors } from './mirror';
import { Meter, type Watch } from './meter';
import { limitRectangles } from './rectangles';
import { showProgress } from './progress';
import { glance, holdRequests, restWhileHidden } from './rest';
import { refuseTooLarge, tellScreenSize } from './screenSize';
import { askForPointerMode, RelativePointer } from './relative';
import { readScreens } from './screens';
import { tellKeysUp } from './keysUp';
import { captureErrors, nameSuperKey, removeVideoDecoder } from './shims';
import { drawSmallThroughOne } from './small';
import { pressSideButton } from './sideButtons';
import type { Transfer } from './transfers';
import { View } from './view';
import { turnWheel, Wheel } from './wheel';

/** What ours has in addition to noVNC's. */
interface Additions {
  /**
   * A key goes down or up, as the window's toolkit or a button says; one that goes up has the symbol that it went down with. The
   * locks are null where it is not known how they stand here.
   */
  takeKey(keysym: number, code: string, down: boolean, numLock: boolean | null, capsLock: boolean | null): void;
  /** A text that the server was told of and has not fetched yet is not given to it. */
  withholdClipboard(): void;
  /** The screen in its own size, without the pointer, as a PNG file; null where there is none. */
  picture(): Promise<Blob | null>;
  /** Bytes that the relay has sent. */
  readonly arrived: number;
  /**
   * Where a recording can begin, at so many bytes from the relay or later; asks for the whole picture from there on. Rejects
   * where this web view cannot tell.
   */
  beginning(from: number): Promise<Beginning>;
  /** What comes begins in the middle of a session, behind these windows of its zlib streams. Before the first message. */
  beginAt(windows: Windows): void;
  /** A place in the window as one on the remote screen. */
  toScreen(clientX: number, clientY: number): { x: number; y: number };
  /** A part of the remote screen in grey, see `tell/watching.ts`. */
  cells(area: Area): Cells;
  /** Asks for one update, where the window rests. */
  glance(): void;
  /** Says this with each transfer, and the part of the time since the last one that the page was busy. */
  measure(ontransfer: (transfer: Transfer, busy: number) => void): void;
  /** Counts everything until the watch is ended. */
  watch(): Watch;
  /** Asks for all of the screen, as the server would draw it now. */
  refresh(): void;
  /** Gives the pointer to a machine that takes movements only, after a click; nothing for any other. */
  lockPointer(): Promise<void>;
  /** Takes it back. */
  unlockPointer(): void;
  /** One of the machine's screens in a canvas of another window, too. */
  mirror(number: number, canvas: HTMLCanvasElement): Mirror;
  /** Whether the server takes keys by their places. */
  readonly takesPlaces: boolean;
  /** A key of another window's page. */
  keyThere(event: KeyboardEvent): void;
  /** All keys that are down go up. noVNC does so where the window loses the focus, but not where another element takes it. */
  releaseKeys(): void;
}

/** Between two messages of the server. */
export interface Beginning {
  /** Bytes from the relay before it, those of the handshake too. */
  at: number;
  width: number;
  height: number;
  windows: Windows;
}

export type { Windows } from './decoders';

/** noVNC with our changes. */
export interface Novnc {
  new (...parameters: ConstructorParameters<typeof RFB>): RFB & Additions;
  /** Waits until the next one made has a worker of its own, where this web view can have one. */
  prepared(): Promise<void>;
}

/** Loads noVNC; `onError` gets its error messages, now and later. */
export type LoadNovnc = (onError: (message: string) => void) => Promise<Novnc>;

export async function loadNovnc(onError: (message: string) => void): Promise<Novnc> {
  removeVideoDecoder(window);
  nameSuperKey(KeyboardEvent.prototype);
  const [{ default: Original }, worker] = await Promise.all([
    captureErrors(() => import('@novnc/novnc'), onError),
    startWorker(),
  ]);
  return changed(Original, worker);
}

/** noVNC with our changes. */
function changed(Original: typeof RFB, firstWorker: Worker | null): Novnc {
  // A worker keeps the state of one session's streams: the next session gets another one.
  let next = firstWorker;
  let starting: Promise<void> | null = null;
  const prepare = (): Promise<void> => {
    if (next) return Promise.resolve();
    starting ??= startWorker().then((worker) => {
      next = worker;
      starting = null;
    });
    return starting;
  };
  const { messages, cursors } = Original as unknown as { messages: Messages; cursors: Cursors };
  holdRequests(messages);
  const original = { ...messages };
  skipSecondRequests(messages);
  noticeInput(messages);
  askForPointerMode(messages);
  const { _handleMouse: handleMouse } = Original.prototype as unknown as Internals;
  return class extends Original implements Additions {
    readonly #toPaste: (text: string) => string | null;
    readonly #internals: Internals;
    readonly #follow: Follow;
    readonly #view: View;
    readonly #wheel = new Wheel();
    readonly #pointer: RelativePointer;
    #cursor: Cursor = 'server';
    readonly #streams: Streams | null;
    readonly #boundaries: Boundaries;
    readonly #meter: Meter;
    readonly #mirrors: Mirrors;
    #small: HTMLCanvasElement | null = null;

    constructor(...parameters: ConstructorParameters<typeof RFB>) {
      super(...parameters);
      const internals = this as unknown as Internals;
      const Inflator = inflatorOf(internals);
      requestAhead(internals, original.fbUpdateRequest);
      const { streams, end: endDecoders } = replaceDecoders(internals, next);
      this.#streams = streams;
      waitWithin(internals);
      drawSmallThroughOne(internals._display);
      copyByPart(internals._display);
      this.#mirrors = new Mirrors(internals);
      let isPictured = false;
      showParts(internals._display, () => {
        // What is shown before is an empty screen.
        if (isPictured || internals._rfbConnectionState !== 'connected') return;
        isPictured = true;
        internals.dispatchEvent(new CustomEvent('picture'));
      });
      showProgress(internals);
      limitBells(internals);
      refuseTooLarge(internals);
      tellScreenSize(internals);
      scaleCursor(internals, cursors.dot);
      chooseCursor(internals, cursors, () => this.#cursor);
      const endFingers = leaveFingersAlone(internals._canvas);
      this.#internals = internals;
      this.#follow = new Follow(
        internals,
        () => (this.#view.scaling === 'follow' ? this.#view.room : null),
        ({ width, height }) =>
          messages.setDesktopSize(internals._sock, width, height, internals._screenID, internals._screenFlags),
      );
      this.#view = new View(
        internals,
        () => this.#follow.state === 'able',
        () => internals._refreshCursor(),
      );
      readScreens(internals, (screens) => {
        this.#view.screens = this.#mirrors.screens = screens;
        internals.dispatchEvent(new CustomEvent('screens', { detail: screens }));
      });
      this.#pointer = new RelativePointer(internals, messages);
      tellKeysUp(internals);
      limitRectangles(internals);
      skipMessagesOfKnownLength(internals);
      // Behind all others that look at messages: what it skips is none.
      this.#toPaste = limitClipboard(internals, Inflator);
      this.#boundaries = new Boundaries(internals, parameters[1]);
      const endWatch = watchAnswers(parameters[1], internals, original);
      acknowledge(parameters[1], internals);
      this.#meter = new Meter(parameters[1], internals, original);
      const endRest = restWhileHidden(internals, messages, this.#mirrors);
      next = null;
      this.addEventListener('disconnect', () => {
        endDecoders();
        endWatch();
        endRest();
        endFingers();
        void prepare();
      });
    }

    static prepared(): Promise<void> {
      return prepare();
    }

    override get scaling(): Scaling {
      return this.#view.scaling;
    }
    override set scaling(scaling: Scaling) {
      this.#view.scaling = scaling;
      this.#follow.begin();
    }

    override get shownScreen(): number | null {
      return this.#view.screen;
    }
    override set shownScreen(number: number | null) {
      this.#view.screen = number;
    }

    override get cursor(): Cursor {
      return this.#cursor;
    }
    override set cursor(cursor: Cursor) {
      this.#cursor = cursor;
      this.#internals._refreshCursor();
    }

    override sideButton(clientX: number, clientY: number, forward: boolean, down: boolean): void {
      pressSideButton(this.#internals, clientX, clientY, forward, down);
    }

    override get following() {
      return this.#follow.state;
    }

    override get showsPart(): boolean {
      return this.#view.isPart;
    }

    override pan(x: number, y: number): boolean {
      return this.#view.pan(x, y);
    }

    override point(clientX: number, clientY: number): void {
      const { left, top } = this.#internals._canvas.getBoundingClientRect();
      this.#internals._handleMouseMove(clientX - left, clientY - top);
    }

    override click(clientX: number, clientY: number, button: number): void {
      const { left, top } = this.#internals._canvas.getBoundingClientRect();
      for (const mask of [button, 0]) this.#internals._handleMouseButton(clientX - left, clientY - top, mask);
    }

    lockPointer(): Promise<void> {
      return this.#pointer.lock();
    }

    unlockPointer(): void {
      this.#pointer.unlock();
    }

    /** noVNC calls this for each event of the mouse. */
    _handleMouse(event: MouseEvent): void {
      if (!this.#pointer.take(event)) handleMouse.call(this.#internals, event);
    }

    /** noVNC calls this for each event of the wheel. */
    _handleWheel(event: WheelEvent): void {
      turnWheel(this.#internals, this.#wheel, event);
    }

    takeKey(keysym: number, code: string, down: boolean, numLock: boolean | null, capsLock: boolean | null): void {
      const { _keyboard: keyboard } = this as unknown as Internals;
      const symbol = down ? keysym : (keyboard._keyDownList[code] ?? keysym);
      keyboard._sendKeyEvent(symbol, code, down, numLock, capsLock);
    }

    measure(ontransfer: (transfer: Transfer, busy: number) => void): void {
      this.#meter.ontransfer = ontransfer;
    }

    watch(): Watch {
      return this.#meter.watch();
    }

    refresh(): void {
      const { _sock, _fbWidth, _fbHeight, _rfbConnectionState } = this.#internals;
      if (_rfbConnectionState === 'connected') messages.fbUpdateRequest(_sock, false, 0, 0, _fbWidth, _fbHeight);
    }

    get takesPlaces(): boolean {
      return this.#internals._qemuExtKeyEventSupported;
    }

    mirror(number: number, canvas: HTMLCanvasElement): Mirror {
      return new Mirror(this.#internals, messages, this.#mirrors, number, canvas);
    }

    keyThere(event: KeyboardEvent): void {
      const { keydown, keyup } = this.#internals._keyboard._eventHandlers;
      if (event.type === 'keydown') keydown(event);
      else keyup(event);
    }

    releaseKeys(): void {
      (this as unknown as Internals)._keyboard._allKeysUp();
    }

    override clipboardPasteFrom(text: string): void {
      const sent = this.viewOnly ? null : this.#toPaste(text);
      if (sent !== null) super.clipboardPasteFrom(sent);
    }

    toScreen(clientX: number, clientY: number): { x: number; y: number } {
      const { x, y, w, h } = this.#internals._display._viewportLoc;
      const { left, top, width, height } = this.#internals._canvas.getBoundingClientRect();
      const within = (part: number, length: number) => Math.round(Math.min(1, Math.max(0, part)) * length);
      return { x: x + within((clientX - left) / width, w), y: y + within((clientY - top) / height, h) };
    }

    cells({ x, y, width, height }: Area): Cells {
      this.#small ??= document.createElement('canvas');
      [this.#small.width, this.#small.height] = [COLUMNS, ROWS];
      const context = this.#small.getContext('2d', { willReadFrequently: true });
      if (!context) return new Uint8Array(COLUMNS * ROWS);
      const { canvas } = this.#internals._display._drawCtx;
      context.drawImage(canvas, x, y, Math.max(1, width), Math.max(1, height), 0, 0, COLUMNS, ROWS);
      const { data } = context.getImageData(0, 0, COLUMNS, ROWS);
      // Red, green and blue as they are bright to the eye (Rec. 601).
      return Uint8Array.from({ length: COLUMNS * ROWS }, (_, cell) => {
        const at = cell * 4;
        return 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
      });
    }

    glance(): void {
      glance(this);
    }

    picture(): Promise<Blob | null> {
      const { canvas } = this.#internals._display._drawCtx;
      return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    }

    get arrived(): number {
      return this.#boundaries.arrived;
    }

    beginning(from: number): Promise<Beginning> {
      const [streams, internals] = [this.#streams, this.#internals];
      if (!streams) return Promise.reject(new Error('this web view does not inflate by itself'));
      return new Promise((resolve) => {
        this.#boundaries.next(from, (at) => {
          const { _fbWidth: width, _fbHeight: height } = internals;
          original.fbUpdateRequest(internals._sock, false, 0, 0, width, height);
          void streams.windows().then((windows) => resolve({ at, width, height, windows }));
        });
      });
    }

    beginAt(windows: Windows): void {
      if (this.#streams) this.#streams.begin(windows);
      else if (windows.some(({ length }) => length > 0)) throw new Error('this web view does not inflate by itself');
    }

    withholdClipboard(): void {
      this.#internals._clipboardText = null;
    }
  };
}
