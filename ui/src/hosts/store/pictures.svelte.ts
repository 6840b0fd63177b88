// The last pictures of machines, as far as they are looked at.

import * as engine from '../../ipc';
import type { HostId } from '../../ipc/bindings/HostId';
import { toBlob, toPicture } from '../../ipc/picture';

/** Pictures that are held, at most: some screens full of cards. */
const HELD = 80;

interface Held {
  taken: number;
  file: Promise<Blob | null>;
}

export class Pictures {
  /** When the picture of each machine was taken, in milliseconds since 1970; machines without one are not there. */
  taken = $state.raw<ReadonlyMap<HostId, number>>(new Map());
  readonly #held = new Map<HostId, Held>();

  /** Follows the engine's event until the returned function is called. */
  follow(): () => void {
    const stop = engine.onPicturesChanged(() => void this.load());
    void this.load();
    return () => void stop.then((stop) => stop());
  }

  async load(): Promise<void> {
    try {
      const found = await engine.pictures();
      const isSame =
        found.length === this.taken.size && found.every(({ host, taken }) => this.taken.get(host) === taken);
      if (!isSame) this.taken = new Map(found.map(({ host, taken }) => [host, taken]));
    } catch {
      // Then it stays as it was: the next event brings it up to date.
    }
  }

  /** The picture of a machine that was taken then. Asked for by the cards that are seen, and by no others. */
  of(host: HostId, taken: number): Promise<Blob | null> {
    const held = this.#held.get(host);
    this.#held.delete(host);
    const now = held?.taken === taken ? held : { taken, file: fetched(host) };
    // The one that was looked at last is the last that is dropped.
    this.#held.set(host, now);
    const [oldest] = this.#held.keys();
    if (this.#held.size > HELD && oldest !== undefined) this.#held.delete(oldest);
    return now.file;
  }
}

async function fetched(host: HostId): Promise<Blob | null> {
  try {
    const picture = toPicture(await engine.picture(host));
    return picture && toBlob(picture.file);
  } catch {
    return null;
  }
}
