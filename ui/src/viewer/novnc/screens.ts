// The screens of a remote machine that has several: ExtendedDesktopSize lists them, and noVNC reads over them.

import type { Internals } from './internals';
import { peek } from './skip';

/** Where a screen is in the framebuffer. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Calls `told` with each list, before noVNC draws the new size. */
export function readScreens(rfb: Internals, told: (screens: Area[]) => void): void {
  const read = rfb._handleExtendedDesktopSize.bind(rfb);
  rfb._handleExtendedDesktopSize = () => {
    const { _sock: sock, _FBU: header } = rfb;
    const length = sock.rQlen() > 0 ? HEAD + SCREEN * sock.rQpeek8() : Infinity;
    if (sock.rQlen() < length) return read();
    // A refusal has the list that the viewer asked for, which is no list of what is there.
    const refused = header.x === BY_US && header.y !== 0;
    if (!refused) told(areas(peek(sock, length)));
    return read();
  };
}

/** The screen of this number, from 1, in a framebuffer of this size; null where there is no such one. */
export function screenArea(screens: Area[], number: number, width: number, height: number): Area | null {
  const screen = screens[number - 1];
  if (screen === undefined) return null;
  const isWithin = screen.x + screen.width <= width && screen.y + screen.height <= height;
  return isWithin && screen.width > 0 && screen.height > 0 ? screen : null;
}

/** What is seen of a framebuffer of this size: a screen, or all of it where there is no such one. */
export function seenArea(screens: Area[], number: number | null, width: number, height: number): Area {
  const screen = number === null ? null : screenArea(screens, number, width, height);
  return screen ?? { x: 0, y: 0, width, height };
}

function areas(list: DataView): Area[] {
  return Array.from({ length: list.getUint8(0) }, (_, nth) => {
    const [x, y, width, height] = [4, 6, 8, 10].map((at) => list.getUint16(HEAD + SCREEN * nth + at)) as FourNumbers;
    return { x, y, width, height };
  });
}

type FourNumbers = [number, number, number, number];

/** Bytes before the screens, and of each of them: its number, place, size and flags. */
const HEAD = 4;
const SCREEN = 16;
/** Reason 1 in ExtendedDesktopSize: this viewer has asked for the change. */
const BY_US = 1;
