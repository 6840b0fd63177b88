// Reading ahead, with noVNC's own queue.

import { expect, test } from 'vitest';
import type { Display } from '../internals';
import { drawDecoded, enqueue, readAhead } from './queue';
import { ofNovnc } from './replay';

/** noVNC's Display without a canvas, 100x100. */
async function display(): Promise<Display> {
  const { default: NovncDisplay } = await ofNovnc('display.js');
  const made = Object.create(NovncDisplay.prototype);
  Object.assign(made, { _renderQ: [], _flushPromise: null, _fbWidth: 100, _fbHeight: 100 });
  drawDecoded(made);
  readAhead(made);
  return made;
}

function later() {
  let resolve = () => {};
  const promise = new Promise<undefined>((done) => (resolve = () => done(undefined)));
  const events: string[] = [];
  const drawable = (name: string) =>
    promise.then(() => ({
      draw: () => events.push(`draw ${name}`),
      release: () => events.push(`release ${name}`),
    }));
  return { drawable, resolve: () => resolve(), events };
}

const WHOLE = { x: 0, y: 0, width: 100, height: 100 };

test('what is decoded is drawn in order, whatever is decoded first', async () => {
  const shown = await display();
  const [first, second] = [later(), later()];
  const order: string[] = [];
  enqueue(shown, WHOLE, first.drawable('first'));
  enqueue(shown, WHOLE, second.drawable('second'));
  first.events.push = second.events.push = (...events) => order.push(...events);
  second.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  expect(order).toEqual([]);
  first.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  expect(order).toEqual(['draw first', 'release first', 'draw second', 'release second']);
  expect(shown._renderQ).toEqual([]);
});

test('two screens may be queued when the next update is read, and no more', async () => {
  const shown = await display();
  const waiting = later();
  enqueue(shown, WHOLE, waiting.drawable('a'));
  enqueue(shown, WHOLE, waiting.drawable('b'));
  expect(shown.pending()).toBe(false);
  enqueue(shown, { ...WHOLE, height: 1 }, waiting.drawable('c'));
  expect(shown.pending()).toBe(true);

  let flushed = false;
  const flush = shown.flush().then(() => (flushed = true));
  await Promise.resolve();
  expect(flushed).toBe(false);
  waiting.resolve();
  await flush;
  expect(shown.pending()).toBe(false);
});

test('a thousand small rectangles may be queued, and no more', async () => {
  const shown = await display();
  const waiting = later();
  for (let count = 0; count < 1_000; count++) enqueue(shown, { ...WHOLE, width: 1, height: 1 }, waiting.drawable('x'));
  expect(shown.pending()).toBe(false);
  enqueue(shown, { ...WHOLE, width: 1, height: 1 }, waiting.drawable('x'));
  expect(shown.pending()).toBe(true);
});

// Where this fails, noVNC has become better, or has changed: look whether reading ahead is still needed.
test('noVNC by itself waits for everything to be drawn before it reads the next update', async () => {
  const { default: RFB } = await ofNovnc('rfb.js');
  expect(String(RFB.prototype._framebufferUpdate)).toMatch(/this\._display\.pending\(\)[^]+this\._display\.flush\(\)/);
  const { default: NovncDisplay } = await ofNovnc('display.js');
  expect(String(NovncDisplay.prototype.pending)).toContain('this._renderQ.length > 0');
});
