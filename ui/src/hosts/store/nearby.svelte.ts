// The machines in the network that are not in the list, as the engine has heard of them.

import * as engine from '../../ipc';
import type { NearbyView } from '../../ipc/bindings/NearbyView';

export class Nearby {
  view = $state.raw<NearbyView>({ machines: [], more: false });

  /** Follows the engine's event until the returned function is called. */
  follow(): () => void {
    const stop = engine.onNearbyChanged(() => void this.load());
    void this.load();
    return () => void stop.then((stop) => stop());
  }

  async load(): Promise<void> {
    try {
      this.view = await engine.nearby();
    } catch {
      // Then it stays as it was: the next event brings it up to date.
    }
  }
}
