// The hosts that were removed a moment ago: "Undo" brings all of them back.

import type { HostView } from '../../ipc/bindings/HostView';

/** Milliseconds that the engine keeps a removed host. */
export const UNDO_MS = 10_000;

export class RemovedHosts {
  #removed: { host: HostView; at: number }[] = [];

  /** Returns how many can be brought back now, these among them. */
  add(hosts: readonly HostView[]): number {
    const now = Date.now();
    this.#removed = [...this.#restorable(now), ...hosts.map((host) => ({ host, at: now }))];
    return this.#removed.length;
  }

  /** The hosts that can be brought back, oldest first; afterwards there are none. */
  take(): HostView[] {
    const hosts = this.#restorable(Date.now()).map(({ host }) => host);
    this.#removed = [];
    return hosts;
  }

  #restorable(now: number) {
    return this.#removed.filter(({ at }) => now - at < UNDO_MS);
  }
}
