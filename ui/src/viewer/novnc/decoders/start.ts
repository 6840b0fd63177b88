// Starts the worker that decompresses.

/** For the worker to start. Without it noVNC decompresses itself. */
const START_MS = 2_000;

/** The worker, once it has said that it is there; null where this web view cannot start it, or cannot inflate natively. */
export async function startWorker(): Promise<Worker | null> {
  if (typeof Worker === 'undefined' || typeof DecompressionStream === 'undefined') return null;
  try {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    if (await saysHello(worker)) return worker;
    worker.terminate();
  } catch (cause) {
    console.warn('no worker', cause);
  }
  return null;
}

function saysHello(worker: Worker): Promise<boolean> {
  return new Promise((resolve) => {
    worker.onmessage = () => resolve(true);
    worker.onerror = () => resolve(false);
    setTimeout(() => resolve(false), START_MS);
  });
}
