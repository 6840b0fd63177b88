// The worker that decompresses for the page: what takes longest does not keep the page from drawing and answering.

import { Decompressor } from './decompress';
import type { Job, Reply } from './job';

const decompressor = new Decompressor();
let done = Promise.resolve();

onmessage = ({ data: jobs }: MessageEvent<Job[]>) => {
  done = done.then(() => work(jobs));
};

// The page waits for this before it relies on the worker.
reply({ pixels: [] }, []);

async function work(jobs: Job[]): Promise<void> {
  try {
    const pixels: ArrayBuffer[] = [];
    for (const job of jobs) pixels.push(await decompressor.run(job));
    reply({ pixels }, pixels);
  } catch (caught) {
    reply({ failed: caught instanceof Error ? caught.message : String(caught) }, []);
  }
}

function reply(message: Reply, transfer: Transferable[]): void {
  postMessage(message, { transfer });
}
