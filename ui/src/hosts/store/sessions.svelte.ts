// The sessions whose windows are open, as the window with the list knows them.

import * as engine from '../../ipc';
import type { HostId } from '../../ipc/bindings/HostId';
import type { OpenSession } from '../../ipc/bindings/OpenSession';
import type { SessionId } from '../../ipc/bindings/SessionId';

/** So often small pictures are asked for while they are in sight, */
export const PICTURES_MS = 2_000;
/** and while they are only to be seen beside something else. */
export const BESIDE_MS = 10_000;

export class OpenSessions {
  /** Without their pictures, so that a new picture is no new list. */
  all = $state.raw<OpenSession[]>([]);
  /** JPEG files, in base64. */
  pictures = $state.raw<ReadonlyMap<SessionId, string>>(new Map());
  /** The saved hosts whose session is not over. */
  hosts: ReadonlySet<HostId> = $derived(
    new Set(this.all.flatMap(({ host, state }) => (host !== null && state !== 'ended' ? [host] : []))),
  );
  #watched = 0;

  /** Follows the engine's event until the returned function is called. */
  follow(): () => void {
    const stop = engine.onSessionsChanged(() => void this.load());
    void this.load();
    return () => void stop.then((stop) => stop());
  }

  /** Gets small pictures, too, until the returned function is called. */
  watch(every = PICTURES_MS): () => void {
    this.#watched += 1;
    void this.load();
    const timer = setInterval(() => void this.load(), every);
    // The pages answer in a moment; the first look shall not wait for the second.
    const soon = setTimeout(() => void this.load(), SOON_MS);
    return () => {
      this.#watched -= 1;
      clearInterval(timer);
      clearTimeout(soon);
    };
  }

  async load(): Promise<void> {
    try {
      const found = await engine.openSessions(this.#watched > 0);
      const all = found.map((session) => ({ ...session, picture: null }));
      if (JSON.stringify(all) !== JSON.stringify(this.all)) this.all = all;
      this.pictures = new Map(found.flatMap(({ id, picture }) => (picture === null ? [] : [[id, picture]])));
    } catch {
      // Then it stays as it was: the next event brings it up to date.
    }
  }
}

const SOON_MS = 300;
