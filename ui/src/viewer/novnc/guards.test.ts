// What noVNC does by itself, for each module here that changes it: the unmodified package, behind its handshake. Where one of these
// fails, a new noVNC does better, or does it elsewhere: look whether the module is still needed, and for what.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connect as connectTo, long, text, word, type Connected } from './real';

/** What noVNC alone has, and ours replaces. */
type Original = Connected['rfb'] & {
  scaleViewport: boolean;
  clipViewport: boolean;
  resizeSession: boolean;
  _enabledContinuousUpdates: boolean;
};

const connect = (size: [number, number] = [64, 48]) =>
  connectTo(size, () => true, true) as Promise<Connected & { rfb: Original }>;

/** What happens on the session's object, with what is told. */
function events({ rfb }: Connected): unknown[] {
  const told: unknown[] = [];
  vi.spyOn(rfb, 'dispatchEvent').mockImplementation(({ type, detail }: CustomEvent) => told.push([type, detail]) > 0);
  return told;
}

const taken = ({ sent }: Connected) => sent().splice(0);
const rectangle = (encoding: number, [x, y, width, height]: number[], ...data: number[]): number[] => [
  ...[x ?? 0, y ?? 0, width ?? 0, height ?? 0].flatMap(word),
  ...long(encoding >>> 0),
  ...data,
];
const update = (...rectangles: number[][]): number[] => [0, 0, ...word(rectangles.length), ...rectangles.flat()];
const pixel = (x: number) => rectangle(0, [x, 0, 1, 1], 1, 2, 3, 4);
const REQUEST = [3, 1, ...[0, 0, 64, 48].flatMap(word)];

/** ExtendedDesktopSize: why, with what success, the size, and where the screens are. */
const extendedSize = (reason: number, status: number, [width = 0, height = 0]: number[], ...screens: number[][]) =>
  update(rectangle(-308, [reason, status, width, height], screens.length, 0, 0, 0, ...screens.flatMap(screen)));
const screen = (place: number[], id: number) => [...long(id), ...place.flatMap(word), ...long(0)];
const ONE_SCREEN = [0, 0, 64, 48];

/** The window's room for the screen, in the page's pixels. */
let room = { width: 300, height: 200 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'], now: 1_000_000 });
  room = { width: 300, height: 200 };
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(
    () => ({ left: 0, top: 0, ...room }) as DOMRect,
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const GUARDS: Record<string, [fault: string, check: () => Promise<void>][]> = {
  acknowledge: [
    [
      'tells nobody how much it has handled',
      async () => {
        const session = await connect();
        session.say([...update(pixel(0)), 2, 2, 2]);
        expect(taken(session)).toEqual(REQUEST);
      },
    ],
  ],

  ahead: [
    [
      'asks for the next update at the end of one',
      async () => {
        const session = await connect();
        session.say([...update(pixel(0), pixel(1)).slice(0, -4)]);
        expect(taken(session)).toEqual([]);
        session.say(pixel(1).slice(-4));
        expect(taken(session)).toEqual(REQUEST);
      },
    ],
  ],

  answers: [
    [
      'neither asks nor tells where a server does not answer to keys',
      async () => {
        const session = await connect();
        const told = events(session);
        session.rfb.sendKey(0x61, 'KeyA', true);
        taken(session);
        vi.advanceTimersByTime(3_600_000);
        expect([taken(session), told]).toEqual([[], []]);
      },
    ],
  ],

  bells: [
    [
      'makes an event of each bell',
      async () => {
        const session = await connect();
        const told = events(session);
        session.say(new Array<number>(1_000).fill(2));
        expect(told).toHaveLength(1_000);
      },
    ],
  ],

  boundary: [
    [
      'does not tell where a message ends',
      async () => {
        const session = await connect();
        const told = events(session);
        session.say([...update(pixel(0)), 150, 3, 0, 0, 0, ...long(1), 65]);
        expect(told).toEqual([['clipboard', { text: 'A' }]]);
      },
    ],
  ],

  clipboard: [
    [
      'reads UTF-8 as Latin-1',
      async () => {
        const session = await connect();
        const told = events(session);
        session.say([3, 0, 0, 0, ...long(3), ...text('光')]);
        expect(told).toEqual([['clipboard', { text: 'å\u0085\u0089' }]]);
      },
    ],
    [
      'says nothing of letters that the server’s clipboard has not',
      async () => {
        const session = await connect();
        const told = events(session);
        session.rfb.clipboardPasteFrom('光');
        expect([taken(session), told]).toEqual([[6, 0, 0, 0, ...long(1), 63], []]);
      },
    ],
    [
      'sends a text of any length',
      async () => {
        const session = await connect();
        session.rfb.clipboardPasteFrom('a'.repeat(5_000_000));
        expect(session.sent()).toHaveLength(5_000_008);
      },
    ],
  ],

  cursor: [
    [
      'shows a cursor in its own size, whatever the picture’s',
      async () => {
        const session = await connect();
        session.rfb.scaleViewport = true;
        expect(session.rfb._display.scale).toBeGreaterThan(4);
        session.say(update(rectangle(-239, [0, 0, 2, 2], ...new Array<number>(18).fill(255))));
        expect([session.rfb._cursor._canvas.width, session.rfb._cursor._canvas.style.width]).toEqual([2, '']);
        expect(session.rfb._canvas.style.cursor).not.toContain('image-set');
      },
    ],
    [
      'shows the server’s cursor, whatever was chosen',
      async () => {
        const session = await connect();
        session.rfb.showDotCursor = true;
        const change = vi.spyOn(session.rfb._cursor, 'change');
        session.say(update(rectangle(-239, [0, 0, 2, 2], ...new Array<number>(18).fill(255))));
        expect(change.mock.lastCall?.slice(3)).toEqual([2, 2]);
      },
    ],
  ],

  follow: [
    [
      'asks for a size while the window is still being dragged',
      async () => {
        const session = await connect();
        session.rfb.resizeSession = true;
        session.say(extendedSize(0, 0, [64, 48], ONE_SCREEN));
        expect(sizes(session)).toEqual(['300x200']);
        session.say(extendedSize(1, 0, [300, 200], [0, 0, 300, 200]));
        for (const width of [310, 320]) {
          room = { width, height: 200 };
          vi.advanceTimersByTime(100);
          session.rfb._requestRemoteResize();
          session.say(extendedSize(1, 0, [width, 200], [0, 0, width, 200]));
        }
        expect(sizes(session)).toEqual(['310x200', '320x200']);
      },
    ],
    [
      'asks without end where a server takes another size',
      async () => {
        const session = await connect();
        session.rfb.resizeSession = true;
        session.say(extendedSize(0, 0, [64, 48], ONE_SCREEN));
        for (let times = 0; times < 5; times++) {
          session.say(extendedSize(1, 0, [296, 200], [0, 0, 296, 200]));
          vi.advanceTimersByTime(1_000);
        }
        expect(sizes(session)).toHaveLength(6);
      },
    ],
    [
      'never asks again where a server did not answer',
      async () => {
        const session = await connect();
        session.rfb.resizeSession = true;
        session.say(extendedSize(0, 0, [64, 48], ONE_SCREEN));
        room = { width: 400, height: 200 };
        vi.advanceTimersByTime(60_000);
        session.rfb._requestRemoteResize();
        expect(sizes(session)).toEqual(['300x200']);
      },
    ],
    [
      'tells nobody of a refusal',
      async () => {
        const session = await connect();
        session.say(extendedSize(0, 0, [64, 48], ONE_SCREEN));
        const told = events(session);
        session.say(extendedSize(1, 1, [300, 200], ONE_SCREEN));
        expect(told).toEqual([]);
      },
    ],
  ],

  keysUp: [
    [
      'does not tell that it lets keys go',
      async () => {
        const session = await connect();
        const told = events(session);
        session.rfb._keyboard._sendKeyEvent(0xffe1, 'ShiftLeft', true, null, null);
        session.rfb._keyboard._allKeysUp();
        expect(session.rfb._keyboard._keyDownList).toEqual({});
        expect(told).toEqual([]);
      },
    ],
  ],

  meter: [
    [
      'does not tell what came, or how long it took',
      async () => {
        const session = await connect();
        const told = events(session);
        session.say(update(pixel(0)));
        session.say([248, 0, 0, 0, ...long(0x8000_0001), 0]);
        expect(told).toEqual([]);
      },
    ],
  ],

  mirror: [
    [
      'draws into one canvas, however many screens there are',
      async () => {
        const session = await connect();
        session.say(extendedSize(0, 0, [64, 48], [0, 0, 32, 48], [32, 0, 32, 48]));
        expect(session.rfb._screen.querySelectorAll('canvas')).toHaveLength(1);
      },
    ],
  ],

  rest: [
    [
      'asks for updates that nobody sees',
      async () => {
        const session = await connect();
        vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
        document.dispatchEvent(new Event('visibilitychange'));
        session.say(update(pixel(0)));
        expect(taken(session)).toEqual(REQUEST);
      },
    ],
  ],

  screens: [
    [
      'does not tell where the screens are',
      async () => {
        const session = await connect();
        const told = events(session);
        session.say(extendedSize(0, 0, [64, 48], [0, 0, 32, 48], [32, 0, 32, 48]));
        expect(told).toEqual([]);
      },
    ],
  ],

  screenSize: [
    [
      'does not tell a new size',
      async () => {
        const session = await connect();
        const told = events(session);
        session.say(update(rectangle(-223, [0, 0, 32, 24])));
        expect([session.rfb._fbWidth, told]).toEqual([32, []]);
      },
    ],
  ],

  sideButtons: [
    [
      'knows side buttons from the web view’s events only, and tells servers of none that do not know them',
      async () => {
        const session = await connect();
        session.rfb._canvas.dispatchEvent(new MouseEvent('mousedown', { button: 3, buttons: 8 }));
        expect(taken(session)).toEqual([5, 0, 0, 0, 0, 0]);
        expect('sideButton' in session.rfb).toBe(false);
      },
    ],
  ],

  view: [
    [
      'does not show a part of a picture that is scaled',
      async () => {
        room = { width: 30, height: 20 };
        const { rfb } = await connect();
        rfb.clipViewport = true;
        expect([rfb._display._viewportLoc.w, rfb._display.scale]).toEqual([30, 1]);
        rfb.scaleViewport = true;
        expect([rfb._display._viewportLoc.w, rfb._display.clipViewport]).toEqual([64, false]);
      },
    ],
    [
      'leaves what is larger than the window to the web view’s scrollbars',
      async () => {
        const { rfb } = await connect();
        expect(rfb._screen.style.overflow).toBe('auto');
      },
    ],
  ],

  wheel: [
    [
      'turns by one notch for each event, however far, and throws away what is left over',
      async () => {
        const session = await connect();
        const turn = (deltaY: number) => session.rfb._canvas.dispatchEvent(new WheelEvent('wheel', { deltaY }));
        const notches = () => taken(session).filter((byte, at) => at % 6 === 1 && byte === 16).length;
        turn(500);
        expect(notches()).toBe(1);
        // Together three notches.
        for (let times = 0; times < 4; times++) turn(40);
        expect(notches()).toBe(2);
      },
    ],
  ],

  fingers: [
    [
      'takes for a mouse what the web view makes of a finger',
      async () => {
        const session = await connect();
        for (const [type, touches] of [
          ['touchstart', [{}]],
          ['touchend', []],
        ] as const) {
          window.dispatchEvent(Object.assign(new Event(type), { touches }));
        }
        session.rfb._canvas.dispatchEvent(new MouseEvent('mousedown', { buttons: 1 }));
        expect(taken(session).slice(0, 2)).toEqual([5, 1]);
      },
    ],
  ],

  index: [
    [
      'keeps keys down where another element takes the focus',
      async () => {
        const session = await connect();
        session.rfb._keyboard._sendKeyEvent(0x61, 'KeyA', true, null, null);
        taken(session);
        session.rfb._canvas.dispatchEvent(new FocusEvent('blur'));
        expect(taken(session)).toEqual([]);
        expect(session.rfb._keyboard._keyDownList).toEqual({ KeyA: 0x61 });
      },
    ],
  ],
};

/** The sizes that the server was asked for (SetDesktopSize), since the last look. */
function sizes(session: Connected): string[] {
  const bytes = taken(session);
  const found: string[] = [];
  // Requests of updates (10 bytes) lie between those of 24.
  for (let at = 0; at < bytes.length; at += bytes[at] === 251 ? 24 : 10) {
    const number = (from: number) => (bytes[at + from] ?? 0) * 256 + (bytes[at + from + 1] ?? 0);
    if (bytes[at] === 251) found.push(`${number(2)}x${number(4)}`);
  }
  return found;
}

describe.each(Object.entries(GUARDS))('%s: noVNC by itself', (_module, guards) => {
  test.each(guards)('%s', (_fault, check) => check());
});

/** In the tests of these, as they need what is prepared there. */
const ELSEWHERE: Record<string, string[]> = {
  './ahead.test.ts': ['ahead'],
  './copies.test.ts': ['copies'],
  './damage.test.ts': ['damage'],
  './acknowledge.test.ts': ['acknowledge', 'bells'],
  './messages.test.ts': ['messages', 'clipboard', 'rectangles', 'screenSize'],
  './progress.test.ts': ['progress'],
  './relative.test.ts': ['relative'],
  './shims.test.ts': ['shims'],
  './small.test.ts': ['small'],
  './decoders/decoders.test.ts': ['decoders'],
  './decoders/queue.test.ts': ['decoders'],
};
/** They change nothing: types, and what is made of what the meter counts. */
const NO_CHANGE = ['internals', 'transfers'];

test('whatever changes noVNC says what noVNC does by itself', () => {
  const sources = import.meta.glob<string>(['./index.ts', './*.test.ts', './decoders/*.test.ts'], {
    query: '?raw',
    import: 'default',
    eager: true,
  });
  for (const [file, modules] of Object.entries(ELSEWHERE)) {
    expect(sources[file], `${file}, of ${modules.join()}`).toContain("'noVNC by itself ");
  }
  const guarded = new Set([...Object.keys(GUARDS), ...Object.values(ELSEWHERE).flat(), ...NO_CHANGE]);
  const imported = [...(sources['./index.ts'] ?? '').matchAll(/from '\.\/(\w+)'/g)].map(([, module]) => module);
  expect(imported.length).toBeGreaterThan(20);
  expect(imported.filter((module) => !guarded.has(module ?? ''))).toEqual([]);
});
