// How the pixels of a rectangle are laid out once they are inflated.

import type { Bounds } from './inflate';
import { fromGradient, fromPalette, fromRgb, fromRgbx } from './pixels';
import { fromTiles, mostOfTiles } from './tiles';

export type Layout =
  /** R, G, B; R, G, B, unused; Tight's gradient filter; ZRLE's tiles. */
  | { kind: 'rgb' | 'rgbx' | 'gradient' | 'tiles' }
  /** Tight's palette filter. `palette`: R, G, B for each colour. */
  | { kind: 'palette'; palette: Uint8Array };

/** The number of bytes of a rectangle; null where only the data tells. */
export function lengthOf(layout: Layout, width: number, height: number): number | null {
  switch (layout.kind) {
    case 'rgb':
    case 'gradient':
      return width * height * 3;
    case 'rgbx':
      return width * height * 4;
    case 'palette':
      return (layout.palette.length > 6 ? width : (width + 7) >> 3) * height;
    case 'tiles':
      return null;
  }
}

/** The same as bounds: tiles may have less than they have pixels, and no more than a byte for each pixel beside its colour. */
export function boundsOf(layout: Layout, width: number, height: number): Bounds {
  const length = lengthOf(layout, width, height);
  return length === null ? { atLeast: 0, atMost: mostOfTiles(width, height) } : { atLeast: length, atMost: length };
}

/** Fills in the pixels of a rectangle from all of its data. False where there is too little, which only tiles tell. */
export function fill(pixels: Uint32Array, data: Uint8Array, layout: Layout, width: number, height: number): boolean {
  switch (layout.kind) {
    case 'rgb':
      fromRgb(data, pixels);
      return true;
    case 'rgbx':
      fromRgbx(data, pixels);
      return true;
    case 'gradient':
      fromGradient(data, width, pixels);
      return true;
    case 'palette':
      fromPalette(data, layout.palette, width, pixels);
      return true;
    case 'tiles':
      return fromTiles(data, width, height, pixels);
  }
}
