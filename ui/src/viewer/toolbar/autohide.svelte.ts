// When the toolbar is shown: for a while, and again when the pointer rests at its place on the window's edge. It never comes under a
// pointer that goes on, or under a click: the remote screen has menus and tabs there.

import type { Edge } from '../../ipc/bindings/Edge';

/** The pointer has to rest so long at the edge, in milliseconds. */
export const DWELL_MS = 300;

/** How near to the edge, in pixels. */
const NEAR = 3;

/** How far from the toolbar's middle along the edge, in pixels. */
const REACH = 120;

/** The window's size. */
export interface Size {
  width: number;
  height: number;
}

/** Whether a place is where the toolbar comes: `at` is its middle along the edge, from 0 to 1. */
export function isNear({ x, y }: { x: number; y: number }, { width, height }: Size, edge: Edge, at: number): boolean {
  const vertical = edge === 'left' || edge === 'right';
  const [along, length] = vertical ? [y, height] : [x, width];
  const depth = { top: y, bottom: height - 1 - y, left: x, right: width - 1 - x }[edge];
  const middle = Math.min(Math.max(at * length, REACH), Math.max(length - REACH, REACH));
  return depth >= 0 && depth < NEAR && Math.abs(along - middle) <= REACH;
}

/** The edge that a place is nearest to, and where on it. */
export function nearestEdge({ x, y }: { x: number; y: number }, { width, height }: Size): { edge: Edge; at: number } {
  const depths = { top: y / height, bottom: 1 - y / height, left: x / width, right: 1 - x / width };
  const edges = Object.keys(depths) as Edge[];
  const edge = edges.reduce((best, other) => (depths[other] < depths[best] ? other : best));
  const at = edge === 'left' || edge === 'right' ? y / height : x / width;
  return { edge, at: Math.min(1, Math.max(0, at)) };
}

export class Autohide {
  /** Whether the toolbar is shown for its time; panels and the focus may show it longer. */
  shown = $state(true);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dwell: ReturnType<typeof setTimeout> | undefined;

  /** Shows the toolbar for `ms` milliseconds from now on. */
  show(ms: number): void {
    this.shown = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.shown = false), ms);
  }

  /** The pointer is at the toolbar's place, or is not. */
  pointerIs(near: boolean): void {
    if (!near) {
      this.pointerActs();
    } else if (this.#dwell === undefined) {
      this.#dwell = setTimeout(() => {
        this.#dwell = undefined;
        this.show(1_500);
      }, DWELL_MS);
    }
  }

  /** A button is pressed, or the pointer is elsewhere: it does not rest. */
  pointerActs(): void {
    clearTimeout(this.#dwell);
    this.#dwell = undefined;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.pointerActs();
  }
}
