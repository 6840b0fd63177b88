// The worker that decompresses for the page: what takes longest does not keep the page from drawing and answering.

import { Decompressor } from './decompress';
import type { Reply, Request } from './job';

const decompressor = new Decompressor();
let done = Promise.resolve();

onmessage = ({ data: request }: MessageEvent<Request>) => {
  done = done.then(() => work(request));
};

// The page waits for this before it relies on the worker.
reply({ pixels: [] }, []);

async function work(request: Request): Promise<void> {
  try {
    if (request === 'windows') return reply({ windows: decompressor.windows() }, []);
    if ('windows' in request) return await decompressor.begin(request.windows);
    const pixels: ArrayBuffer[] = [];
    for (const job of request) pixels.push(await decompressor.run(job));
    reply({ pixels }, pixels);
  } catch (caught) {
    reply({ failed: caught instanceof Error ? caught.message : String(caught) }, []);
  }
}

function reply(message: Reply, transfer: Transferable[]): void {
  postMessage(message, { transfer });
}
