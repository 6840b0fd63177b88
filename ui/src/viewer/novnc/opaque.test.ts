// Canvases without transparency.

import { afterEach, expect, test, vi } from 'vitest';
import { askForOpaqueContexts } from './opaque';
import { connect } from './real';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** What contexts were asked for. */
const asked = () =>
  vi.mocked(HTMLCanvasElement.prototype.getContext as (...asked: unknown[]) => unknown).mock.calls.splice(0);

test('noVNC’s canvases have none, and those that are made later may', async () => {
  const { rfb } = await connect();
  const contexts = asked();
  expect(contexts.length).toBeGreaterThan(1);
  expect(contexts.filter(([, options]) => !(options as { alpha?: boolean } | undefined)?.alpha)).toEqual(contexts);
  expect(contexts.slice(0, 2)).toEqual([
    ['2d', { alpha: false }],
    ['2d', { alpha: false }],
  ]);
  rfb._cursor._canvas.getContext('2d');
  expect(asked()).toEqual([['2d']]);
});

test('who asks for something else gets that', () => {
  const getContext = vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  const end = askForOpaqueContexts();
  document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  end();
  expect(getContext.mock.calls).toEqual([['2d', { willReadFrequently: true }]]);
});
