import { afterEach, expect, test, vi } from 'vitest';
import { connect, word, type Connected } from './real';

/** QEMU says how its mouse works. */
const mode = (absolute: boolean) => [0, 0, 0, 1, ...word(absolute ? 1 : 0), 0, 0, 0, 64, 0, 48, 0xff, 0xff, 0xfe, 0xff];

/** The pointer's messages that were sent since the last look: the buttons, and both fields. */
function pointer({ sent }: Connected): [mask: number, x: number, y: number][] {
  const bytes = sent().splice(0);
  const found: [number, number, number][] = [];
  // Requests of updates (10 bytes) lie between them.
  for (let at = 0; at < bytes.length; at += bytes[at] === 5 ? 6 : 10) {
    const [kind, mask = 0, ...rest] = bytes.slice(at, at + 6);
    const [a = 0, b = 0, c = 0, d = 0] = rest;
    if (kind === 5) found.push([mask, a * 256 + b, c * 256 + d]);
  }
  return found;
}

/** The web view locks the pointer to the canvas, or lets it go. */
function lock(connected: Connected, element: Element | null): void {
  Object.defineProperty(document, 'pointerLockElement', { configurable: true, value: element });
  connected.sent().length = 0;
}

const mouse = (type: string, init: MouseEventInit & { movementX?: number; movementY?: number }): MouseEvent => {
  const event = new MouseEvent(type, { bubbles: true, cancelable: true, ...init });
  Object.defineProperty(event, 'movementX', { value: init.movementX ?? 0 });
  Object.defineProperty(event, 'movementY', { value: init.movementY ?? 0 });
  return event;
};

afterEach(() => {
  Object.defineProperty(document, 'pointerLockElement', { configurable: true, value: null });
  vi.useRealTimers();
});

test('places become movements where the machine takes those, and places again', async () => {
  const connected = await connect();
  const { rfb, say, errors } = connected;
  const told: boolean[] = [];
  rfb.addEventListener('pointermode', ({ detail }: CustomEvent<{ relative: boolean }>) => told.push(detail.relative));
  connected.sent().length = 0;
  rfb._sendMouse(10, 20, 0);
  expect(pointer(connected)).toEqual([[0, 10, 20]]);

  say(mode(false));
  connected.sent().length = 0;
  rfb._sendMouse(10, 20, 0);
  rfb._sendMouse(13, 18, 1);
  expect(pointer(connected)).toEqual([
    [0, 0x7fff, 0x7fff],
    [1, 0x7fff + 3, 0x7fff - 2],
  ]);

  say(mode(true));
  connected.sent().length = 0;
  rfb._sendMouse(13, 18, 0);
  expect(pointer(connected)).toEqual([[0, 13, 18]]);
  expect([told, errors]).toEqual([[true, false], []]);
});

test('what is less than a pixel of a picture that is scaled is not lost', async () => {
  const connected = await connect();
  connected.say(mode(false));
  vi.spyOn(connected.rfb._display, 'scale', 'get').mockReturnValue(2);
  connected.rfb._sendMouse(0, 0, 0);
  connected.sent().length = 0;
  for (const x of [1, 2, 3, 4]) connected.rfb._sendMouse(x, 0, 0);
  expect(pointer(connected).map(([, x]) => x - 0x7fff)).toEqual([0, 1, 0, 1]);
});

test('a locked pointer moves on where it would have met an edge, and clicks where it is', async () => {
  vi.useFakeTimers({ now: 100_000 });
  const connected = await connect();
  const { rfb, say } = connected;
  // jsdom has no layout.
  Object.assign(document, { elementFromPoint: () => rfb._canvas });
  say(mode(false));
  rfb._sendMouse(500, 300, 0);
  lock(connected, rfb._canvas);
  const all: [number, number, number][] = [];
  for (let nth = 0; nth < 5; nth++) {
    rfb._canvas.dispatchEvent(mouse('mousemove', { clientX: 0, clientY: 0, movementX: -40, movementY: 7 }));
    vi.advanceTimersByTime(50);
    all.push(...pointer(connected));
  }
  const sum = (field: 1 | 2) => all.reduce((before, event) => before + event[field] - 0x7fff, 0);
  expect([sum(1), sum(2)]).toEqual([-200, 35]);

  rfb._canvas.dispatchEvent(mouse('mousedown', { buttons: 2 }));
  rfb._canvas.dispatchEvent(mouse('mouseup', { buttons: 0 }));
  expect(pointer(connected)).toEqual([
    [4, 0x7fff, 0x7fff],
    [0, 0x7fff, 0x7fff],
  ]);

  // Free again, it is where it was, which is no movement.
  lock(connected, null);
  rfb._canvas.dispatchEvent(mouse('mousemove', { clientX: 500, clientY: 300 }));
  vi.advanceTimersByTime(50);
  expect(pointer(connected)).toEqual([[0, 0x7fff, 0x7fff]]);
});

test('who only watches moves nothing, and a machine that takes places again lets the pointer go', async () => {
  const connected = await connect();
  const { rfb, say } = connected;
  const exit = vi.fn();
  Object.defineProperty(document, 'exitPointerLock', { configurable: true, value: exit });
  say(mode(false));
  lock(connected, rfb._canvas);
  rfb.viewOnly = true;
  rfb._sendMouse(5, 5, 1);
  expect(pointer(connected)).toEqual([]);
  expect(exit).not.toHaveBeenCalled();
  say(mode(true));
  expect(exit).toHaveBeenCalledOnce();
});

test('noVNC by itself ends the session there', async () => {
  const { rfb, say } = await connect([64, 48], () => true, true);
  expect(rfb._rfbConnectionState).toBe('connected');
  say(mode(false));
  expect(rfb._rfbConnectionState).not.toBe('connected');
});
