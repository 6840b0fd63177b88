// A WebSocket and a noVNC for the tests: they record calls and emit what a test makes them emit.

import { vi } from 'vitest';
import type { Cursor } from '../../ipc/bindings/Cursor';
import type { Scaling } from '../../ipc/bindings/Scaling';
import type { Area } from '../tell/tell.svelte';
import { COLUMNS, ROWS, type Cells } from '../tell/watching';
import type { Following } from './follow';
import type { Beginning, Novnc } from '.';
import type { Counts } from './meter';
import type { Transfer } from './transfers';

export class FakeSocket extends EventTarget {
  static all: FakeSocket[] = [];
  /** What `new WebSocket` throws, as WebKit does where the content security policy forbids the address. */
  static refusal: Error | null = null;
  onmessage: ((message: MessageEvent) => void) | null = null;
  closed = false;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    super();
    if (FakeSocket.refusal) throw FakeSocket.refusal;
    FakeSocket.all.push(this);
  }

  close(): void {
    this.closed = true;
  }
  /** The other end closes. */
  drop(code = 1006): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
  /** Something arrives. */
  arrive(): void {
    this.onmessage?.(new MessageEvent('message'));
  }
}

export class FakeRfb {
  static prepared(): Promise<void> {
    return Promise.resolve();
  }
  static all: FakeRfb[] = [];
  viewOnly = false;
  scaling: Scaling = 'fit';
  following: Following = 'unknown';
  showsPart = false;
  /** How far was panned. */
  panned = { x: 0, y: 0 };
  clicked: number[] = [];
  showDotCursor = false;
  cursor: Cursor = 'server';
  shownScreen: number | null = null;
  sideButtons: [forward: boolean, down: boolean][] = [];
  background = '';
  qualityLevel = 6;
  compressionLevel = 2;
  /** How often all of the screen was asked for, and how many watch. */
  refreshed = 0;
  watched = 0;
  counts: Counts = { at: 0, received: 0, sent: 0, updates: 0, waiting: 0, busy: 0, encodings: new Map(), answer: null };
  transferred: (transfer: Transfer, busy: number) => void = () => {};
  takesPlaces = false;
  sent: [keysym: number, code: string | null, down: boolean | undefined][] = [];
  pasted: string[] = [];
  disconnected = false;
  /** What happens when something arrives. */
  read: () => void = () => {};
  canvas = document.createElement('canvas');
  #screen = document.createElement('div');
  #listeners = new Map<string, Set<(event: CustomEvent) => void>>();

  constructor(
    target: HTMLElement,
    readonly socket: FakeSocket,
  ) {
    FakeRfb.all.push(this);
    this.canvas.tabIndex = -1;
    this.#screen.append(this.canvas);
    target.append(this.#screen);
    socket.onmessage = () => this.read();
  }

  addEventListener(name: string, listener: (event: CustomEvent) => void): void {
    this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(listener));
  }
  emit(name: string, detail: unknown = {}): void {
    this.#listeners.get(name)?.forEach((listener) => listener(new CustomEvent(name, { detail })));
  }
  /** Disconnects by itself: leaves the page, then emits `disconnect`. */
  leave(clean: boolean): void {
    this.#screen.remove();
    this.emit('disconnect', { clean });
  }
  disconnect(): void {
    this.disconnected = true;
    this.#screen.remove();
  }
  pan(x: number, y: number): boolean {
    this.panned = { x: this.panned.x + x, y: this.panned.y + y };
    return this.showsPart;
  }
  point(): void {}
  measure(ontransfer: (transfer: Transfer, busy: number) => void): void {
    this.transferred = ontransfer;
  }
  watch() {
    this.watched += 1;
    return { look: () => ({ ...this.counts }), end: () => void (this.watched -= 1) };
  }
  refresh(): void {
    this.refreshed += 1;
  }
  click(_x: number, _y: number, button: number): void {
    this.clicked.push(button);
  }
  sideButton(_x: number, _y: number, forward: boolean, down: boolean): void {
    this.sideButtons.push([forward, down]);
  }
  sendKey(keysym: number, code: string | null, down?: boolean): void {
    this.sent.push([keysym, code, down]);
  }
  /** Keys that the toolkit told of; whether it was view-only each time that all were let go. */
  taken: [keysym: number, code: string, down: boolean][] = [];
  released: boolean[] = [];
  #down = new Set<string>();
  takeKey(keysym: number, code: string, down: boolean): void {
    this.taken.push([keysym, code, down]);
    if (down) this.#down.add(code);
    else if (this.#down.delete(code)) this.emit('keyup', { code });
  }
  /** Whether the pointer is the machine's alone. */
  locked = false;
  lockPointer(): Promise<void> {
    this.locked = true;
    return Promise.resolve();
  }
  unlockPointer(): void {
    this.locked = false;
  }
  releaseKeys(): void {
    this.released.push(this.viewOnly);
    for (const code of this.#down) this.takeKey(0, code, false);
  }
  /** The screens that are drawn in other windows, and what was done there. */
  mirrored: number[] = [];
  done: string[] = [];
  mirror(number: number) {
    this.mirrored.push(number);
    return {
      take: ({ type }: MouseEvent) => this.done.push(type),
      end: () => (this.mirrored = this.mirrored.filter((other) => other !== number)),
    };
  }
  keyThere({ type, code }: KeyboardEvent): void {
    this.done.push(`${type} ${code}`);
  }
  /** How often a text was taken back. */
  withheld = 0;
  withholdClipboard(): void {
    this.withheld += 1;
  }
  /** Where its zlib streams begin. */
  begun: Uint8Array[] | null = null;
  picture(): Promise<Blob | null> {
    // This environment's own cannot be read.
    const arrayBuffer = () => Promise.resolve(new Uint8Array([0x89, 0x50]).buffer);
    return Promise.resolve(Object.assign(new Blob(), { arrayBuffer }));
  }
  arrived = 0;
  /** How light all of the screen is; how often a window that rests has asked for an update. */
  light = 0;
  glances = 0;
  toScreen(x: number, y: number) {
    return { x, y };
  }
  watchedArea: Area | null = null;
  cells(area: Area): Cells {
    this.watchedArea = area;
    return new Uint8Array(COLUMNS * ROWS).fill(this.light);
  }
  glance(): void {
    this.glances += 1;
  }
  beginning(from: number): Promise<Beginning> {
    const windows = Array.from({ length: 6 }, () => new Uint8Array(0));
    return Promise.resolve({ at: from + 1, width: 640, height: 480, windows });
  }
  beginAt(windows: Uint8Array[]): void {
    this.begun = windows;
  }
  clipboardPasteFrom(text: string): void {
    this.pasted.push(text);
  }
  focus(): void {
    this.canvas.focus();
  }
}

export const fakeNovnc = FakeRfb as unknown as Novnc;

/** Puts new fakes in place. */
export function installFakes(): void {
  // This environment has no pointers that could be captured.
  HTMLElement.prototype.setPointerCapture = () => {};
  FakeSocket.all = [];
  FakeSocket.refusal = null;
  FakeRfb.all = [];
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  );
}
