// The picture that is kept with the machine: taken from the screen that is here anyway, soon after it has appeared, each minute,
// when the window loses the focus, and when the session ends.

import { keepPicture } from '../ipc';
import type { PictureChoice } from '../ipc/bindings/PictureChoice';
import { toBytes } from '../ipc/picture';
import { drawn, JPEG } from './smallPicture';

/** At most so wide and high, in pixels: as wide as a card on a display with two pixels for each of its own. */
const SIZE = { width: 480, height: 480 };
const QUALITY = 0.8;
const WEBP = 'image/webp';
/** After the first picture: a desktop has drawn itself by then. */
export const FIRST_MS = 2_500;
export const EVERY_MS = 60_000;

export class KeptPicture {
  readonly #choice: () => PictureChoice;
  #screen: HTMLCanvasElement | null = null;
  /** The file that was kept last. */
  #kept = new Uint8Array();
  /** A web view that cannot make WebP files makes PNG files instead; WebKitGTK does. */
  #type: typeof WEBP | typeof JPEG = WEBP;
  #timers: ReturnType<typeof setTimeout>[] = [];
  /** Ends when all that was taken is kept. */
  #keeping: Promise<void> = Promise.resolve();

  /** What is to be kept of the screen is asked for each time. */
  constructor(choice: () => PictureChoice) {
    this.#choice = choice;
  }

  /** This is the screen from now on. */
  begin(screen: HTMLCanvasElement): void {
    this.#stop();
    this.#screen = screen;
    const take = () => {
      // It is not in sight, so nothing has changed since the window had the focus.
      if (!document.hidden) void this.take();
    };
    this.#timers = [setTimeout(take, FIRST_MS), setInterval(take, EVERY_MS)];
  }

  /** The session is over; its last picture is still on the screen. */
  end(): void {
    if (this.#screen === null) return;
    void this.take();
    this.#stop();
  }

  /** Keeps what is on the screen now, where that is something else than before. */
  take(): Promise<void> {
    const [screen, choice] = [this.#screen, this.#choice()];
    if (screen === null || choice === 'off') return this.#keeping;
    const blurred = choice === 'blurred';
    const small = drawn(screen, SIZE, blurred);
    const { width, height } = screen;
    if (!small) return this.#keeping;
    // One after the other: an earlier picture that took longer would take the later one's place.
    const keep = () => this.#keep(small, { blurred, width, height });
    this.#keeping = this.#keeping.then(keep, keep);
    return this.#keeping;
  }

  async #keep(small: HTMLCanvasElement, about: { blurred: boolean; width: number; height: number }): Promise<void> {
    const file = await this.#encoded(small);
    if (!file || isSame(file, this.#kept)) return;
    this.#kept = file;
    // One that is lost is no loss: the next one follows.
    await keepPicture(toBytes({ ...about, file })).catch(() => {});
  }

  /** A WebP file, or a JPEG file where the web view makes no other; null where it makes neither. */
  async #encoded(small: HTMLCanvasElement): Promise<Uint8Array<ArrayBuffer> | null> {
    const file = await toFile(small, this.#type);
    if (file?.type === this.#type) return new Uint8Array(await file.arrayBuffer());
    if (this.#type === JPEG) return null;
    this.#type = JPEG;
    return this.#encoded(small);
  }

  #stop(): void {
    this.#screen = null;
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
  }
}

function toFile(canvas: HTMLCanvasElement, type: string): Promise<Blob | null> {
  return new Promise((done) => canvas.toBlob(done, type, QUALITY));
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
