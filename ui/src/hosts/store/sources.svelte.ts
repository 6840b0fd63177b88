// Lists that others keep: what the engine says of them.

import * as engine from '../../ipc';
import type { HostSourceView } from '../../ipc/bindings/HostSourceView';
import type { HostView } from '../../ipc/bindings/HostView';
import type { SourceId } from '../../ipc/bindings/SourceId';

export class Sources {
  all = $state.raw<HostSourceView[]>([]);
  /** The names again: most changes leave them as they are, and then the list need not be prepared anew. */
  names = $state.raw<ReadonlyMap<SourceId, string>>(new Map());

  async load(): Promise<void> {
    this.all = await engine.sources();
    const names = new Map(this.all.map(({ id, name }) => [id, name]));
    const same = names.size === this.names.size && [...names].every(([id, name]) => this.names.get(id) === name);
    if (!same) this.names = names;
  }

  /** What the source is called that lists a host; null for the user's own. */
  nameOf(host: HostView | null): string | null {
    return host?.source ? (this.names.get(host.source) ?? null) : null;
  }
}
