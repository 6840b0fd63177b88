import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeRfb } from './novnc/fake';
import { pace, Panning } from './panning';

let element: HTMLElement;
let rfb: FakeRfb;
let viewOnly = false;
let stop: () => void;

beforeEach(() => {
  element = document.createElement('div');
  document.body.append(element);
  vi.spyOn(element, 'getBoundingClientRect').mockReturnValue({ left: 0, top: 0, width: 400, height: 300 } as DOMRect);
  rfb = new FakeRfb(element, {} as never);
  rfb.showsPart = true;
  viewOnly = false;
  stop = new Panning(
    element,
    () => rfb,
    () => viewOnly,
  ).listen();
});
afterEach(() => {
  stop();
  element.remove();
});

function point(type: string, clientX: number, clientY: number, button = -1): boolean {
  const init = { bubbles: true, cancelable: true, clientX, clientY, button, buttons: button < 0 ? 0 : 1 };
  const pointer = Object.assign(new MouseEvent(`pointer${type}`, init), { pointerType: 'mouse' });
  rfb.canvas.dispatchEvent(pointer);
  // Whether noVNC gets it.
  return rfb.canvas.dispatchEvent(new MouseEvent(`mouse${type}`, init));
}

test('the middle button drags, and clicks where it does not move', () => {
  expect([point('down', 100, 100, 1), point('move', 90, 80), point('up', 90, 80, 1)]).toEqual([false, false, false]);
  expect([rfb.panned, rfb.clicked]).toEqual([{ x: 10, y: 20 }, []]);
  point('down', 100, 100, 1);
  point('move', 101, 101);
  point('up', 101, 101, 1);
  expect([rfb.panned, rfb.clicked]).toEqual([{ x: 10, y: 20 }, [2]]);
  expect(point('down', 100, 100, 0), 'other buttons are the server’s').toBe(true);
});

test('who only watches drags with any button that is at hand', () => {
  viewOnly = true;
  expect(point('down', 100, 100, 0)).toBe(false);
  point('move', 50, 100);
  point('up', 50, 100, 0);
  expect(rfb.panned).toEqual({ x: 50, y: 0 });
});

test('where all is seen nothing is taken from the server', () => {
  rfb.showsPart = false;
  expect(point('down', 100, 100, 1)).toBe(true);
});

test('at an edge it moves, and faster the nearer', () => {
  expect([0, 12, 24, 200, 388, 400, 500].map((at) => pace(at, 400))).toEqual([-1500, -750, 0, 0, 750, 1500, 1500]);
  expect(pace(0, 90), 'not in a window that is all edge').toBe(0);
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal('requestAnimationFrame', (frame: FrameRequestCallback) => frames.push(frame));
  point('move', 200, 150);
  expect(frames).toHaveLength(0);
  point('move', 400, 150);
  frames.shift()?.(performance.now() + 40);
  expect(rfb.panned.x).toBeGreaterThan(30);
  expect(frames, 'goes on by itself').toHaveLength(1);
  rfb.showsPart = false;
  frames.shift()?.(performance.now() + 80);
  expect(frames).toHaveLength(0);
  vi.unstubAllGlobals();
});

/** So many fingers are there now, the first of them at this place. */
function touch(type: string, clientX: number, clientY: number, fingers = 1): void {
  const touches = Array.from({ length: fingers }, () => ({ clientX, clientY }));
  rfb.canvas.dispatchEvent(Object.assign(new Event(`touch${type}`, { bubbles: true }), { touches }));
}

test('who only watches drags with one finger, whether or not it is told of as a pointer, too', () => {
  viewOnly = true;
  touch('start', 100, 100);
  touch('move', 90, 80);
  touch('move', 90, 80, 2);
  touch('move', 50, 50, 2);
  touch('end', 0, 0, 0);
  expect(rfb.panned).toEqual({ x: 10, y: 20 });
  viewOnly = false;
  touch('start', 100, 100);
  touch('move', 90, 80);
  expect(rfb.panned).toEqual({ x: 10, y: 20 });
});
