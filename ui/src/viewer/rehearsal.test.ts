// The rehearsal, with the real noVNC.

import { afterEach, expect, test, vi } from 'vitest';
import { rehearse } from './rehearsal';
import { loadNovnc } from './novnc';

afterEach(() => vi.unstubAllGlobals());

test('a rehearsal draws, goes through to the end, and leaves nothing', async () => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      disconnect(): void {}
    },
  );
  const drawn: string[] = [];
  const context = new Proxy({} as Record<string, unknown>, {
    get: (_, name) => (name === 'canvas' ? document.createElement('canvas') : () => void drawn.push(String(name))),
    set: () => true,
  });
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(context as unknown as RenderingContext & null);
  vi.stubGlobal('ImageData', vi.fn());
  vi.stubGlobal('isSecureContext', true);
  const errors: string[] = [];
  const Novnc = await loadNovnc((message) => errors.push(message));
  const before = document.body.innerHTML;
  rehearse(Novnc);
  expect(drawn).toContain('putImageData');
  expect(errors).toEqual([]);
  expect(document.body.innerHTML).toBe(before);
});
