// What is kept of the screen: pictures, and recordings. Where the files go, the engine decides.

import { errorText, t } from '../i18n';
import * as engine from '../ipc';
import type { EngineError } from '../ipc/bindings/EngineError';
import type { RecordingView } from '../ipc/bindings/RecordingView';
import { toEngineError } from '../ipc/error';
import type { Beginning } from './novnc';

/** What gives pictures: noVNC with our changes. */
interface Source {
  picture(): Promise<Blob | null>;
  beginning(from: number): Promise<Beginning>;
}

/** What it says things in. */
interface Window {
  readonly view: { readonly recording: RecordingView } | null;
  showMessage(text: string, ms: number | null, action?: { label: string; run: () => void }): void;
  attempt(action: () => Promise<void>): Promise<void>;
}

/** So long a file can be shown in its folder. */
const SAVED_MS = 8_000;

export class Capture {
  /** Null while there is no screen. */
  source = $state.raw<Source | null>(null);
  readonly #window: Window;
  /** What a recording of is about to begin; one that goes meanwhile may never say where. */
  #beginning: Source | null = null;

  constructor(window: Window) {
    this.#window = window;
  }

  get recording(): boolean {
    return this.#window.view?.recording.state === 'running';
  }

  /** Into the user's folder for pictures. */
  async savePicture(): Promise<void> {
    await this.#window.attempt(async () => {
      const png = await this.#picture();
      if (png) this.#saved('capture.picture_saved', await engine.saveScreenshot(png));
    });
  }

  /** Into this computer's clipboard. */
  async copyPicture(): Promise<void> {
    await this.#window.attempt(async () => {
      const png = await this.#picture();
      if (png && (await engine.copyScreenshot(png))) this.#window.showMessage(t('capture.picture_copied'), 2_500);
    });
  }

  /** Begins a recording, or ends it. */
  async toggleRecording(): Promise<void> {
    if (this.recording) return this.#window.attempt(() => engine.stopRecording());
    const { source } = this;
    if (!source || this.#beginning === source) return;
    this.#beginning = source;
    await this.#window.attempt(async () => {
      const from = await engine.prepareRecording();
      let beginning: Beginning;
      try {
        beginning = await source.beginning(from);
      } catch {
        // Nothing is held any longer. What another connection has begun meanwhile is not ended.
        if (this.source === source) await engine.stopRecording();
        throw { code: 'recording_not_begun' } satisfies EngineError;
      }
      await engine.beginRecording(toBytes(beginning));
    });
    if (this.#beginning === source) this.#beginning = null;
  }

  /** A stretch of the last minutes that this window shows, in milliseconds from their beginning, into the user's folder for videos. */
  async saveFilm(from: number, to: number): Promise<void> {
    await this.#window.attempt(async () => this.#saved('capture.recording_saved', await engine.saveFilm(from, to)));
  }

  /** Says what has become of a recording. */
  tell(before: RecordingView | undefined, now: RecordingView): void {
    if (now.state !== 'saved' && now.state !== 'failed') return;
    // A page that was loaded anew hears of what is over.
    if (!before || ('number' in before && before.number === now.number)) return;
    if (now.state === 'saved') this.#saved('capture.recording_saved', now.path);
    else this.#window.showMessage(errorText(toEngineError(now.error)), null, this.#toFolder());
  }

  #saved(what: 'capture.picture_saved' | 'capture.recording_saved', path: string): void {
    this.#window.showMessage(t(what, { file: fileName(path) }), SAVED_MS, this.#toFolder());
  }

  #toFolder() {
    return {
      label: t('capture.show_in_folder'),
      run: () => void this.#window.attempt(() => engine.showSaved()),
    };
  }

  async #picture(): Promise<Uint8Array | null> {
    const blob = await this.source?.picture();
    return blob ? new Uint8Array(await blob.arrayBuffer()) : null;
  }
}

/** Folder and name: a folder says where. */
function fileName(path: string): string {
  return path.split(/[/\\]/).slice(-2).join('/');
}

/** As the engine takes it: see docs/RECORDING.md. */
export function toBytes({ at, width, height, windows }: Beginning): Uint8Array {
  const bytes = new Uint8Array(12 + windows.reduce((sum, { length }) => sum + 2 + length, 0));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(at));
  view.setUint16(8, width);
  view.setUint16(10, height);
  let to = 12;
  for (const window of windows) {
    view.setUint16(to, window.length);
    bytes.set(window, to + 2);
    to += 2 + window.length;
  }
  return bytes;
}

/** The other way round: windows of which each stands behind its length. */
export function toWindows(bytes: ArrayBuffer): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes);
  const windows = [];
  for (let at = 0; at + 2 <= bytes.byteLength;) {
    const length = view.getUint16(at);
    windows.push(new Uint8Array(bytes.slice(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return windows;
}
