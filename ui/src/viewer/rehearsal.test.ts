// The rehearsal, with the real noVNC.

import { afterEach, expect, test, vi } from 'vitest';
import { rehearse } from './rehearsal';
import { loadNovnc } from './novnc';
import { stubCanvas } from './novnc/real';

afterEach(() => vi.unstubAllGlobals());

test('a rehearsal draws, goes through to the end, and leaves nothing', async () => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  );
  const drawn: string[] = [];
  stubCanvas(drawn);
  vi.stubGlobal('isSecureContext', true);
  const errors: string[] = [];
  const Novnc = await loadNovnc((message) => errors.push(message));
  const before = document.body.innerHTML;
  rehearse(Novnc);
  expect(drawn).toContain('putImageData');
  expect(errors).toEqual([]);
  expect(document.body.innerHTML).toBe(before);
});
