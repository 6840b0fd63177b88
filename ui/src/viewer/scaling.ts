// How large the remote screen is drawn, and how much of it is seen.

import type { Scaling } from '../ipc/bindings/Scaling';

export interface Size {
  width: number;
  height: number;
}

export interface Layout {
  /** The page's pixels for one of the remote screen's. */
  scale: number;
  /** What is seen of the remote screen, in its pixels. */
  part: Size;
}

/** The percentages that the menu has beside the actual size. */
export const PERCENTAGES = [50, 75, 125, 150, 200];

/**
 * The page's pixels for one of the remote screen's in its actual size. They are whole pixels of the display, as anything
 * else is blurred: at a `ratio` of 1.25 one, at 1.5 and at 2 two.
 */
export function actualScale(ratio: number): number {
  return Math.max(1, Math.round(ratio)) / ratio;
}

/** `room` is the window's, in the page's pixels; `follows` says whether the server takes the window's size. */
export function layOut(scaling: Scaling, room: Size, screen: Size, ratio: number, follows: boolean): Layout {
  const whole = Math.min(room.width / screen.width, room.height / screen.height);
  const actual = actualScale(ratio);
  if (scaling === 'fit' || (scaling === 'follow' && !follows)) return { scale: usable(whole), part: screen };
  // Until the server has the window's size, and where it takes another one.
  if (scaling === 'follow') return { scale: usable(Math.min(whole, actual)), part: screen };
  const scale = scaling === 'actual' ? actual : (actual * scaling.percent) / 100;
  return {
    scale,
    part: { width: seen(room.width, scale, screen.width), height: seen(room.height, scale, screen.height) },
  };
}

/** The size that the remote screen has to have, so that it fills a window with this `room` in its actual size. */
export function followed(room: Size, ratio: number): Size {
  const scale = actualScale(ratio);
  return { width: seen(room.width, scale, MAX_SIDE), height: seen(room.height, scale, MAX_SIDE) };
}

/** A little is added, so that no rounding takes a pixel away that has room. */
function seen(room: number, scale: number, all: number): number {
  return Math.max(1, Math.min(all, Math.floor(room / scale + 0.01)));
}

/** A window without any room, or a server without a screen, has no scale. */
function usable(scale: number): number {
  return Number.isFinite(scale) && scale > 0 ? scale : 1;
}

/** Sizes have 16 bits in the protocol. */
const MAX_SIDE = 0xffff;
