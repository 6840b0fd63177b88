import { describe, expect, it } from 'vitest';
import { columnsIn, GAP, HEADING, Layout, ROW, type Block, type Step } from './layout';

const rows = (first: number, count: number): Block => ({ first, count, cards: false, heading: true });
const cards = (first: number, count: number): Block => ({ first, count, cards: true, heading: true });

describe('the layout', () => {
  it('has headings above the rows that begin a section', () => {
    const layout = new Layout([rows(0, 2), rows(2, 3)], 900);
    expect([0, 1, 2, 4].map((row) => layout.box(row).top)).toEqual([
      HEADING,
      HEADING + ROW,
      2 * HEADING + 2 * ROW,
      2 * HEADING + 4 * ROW,
    ]);
    expect(layout.headingTop(2)).toBe(HEADING + 2 * ROW);
    expect(layout.height).toBe(2 * HEADING + 5 * ROW);
  });

  it('has as many cards beside each other as there is room for, and rows no longer than they can be read', () => {
    expect([0, 388, 453, 454, 688, 1180].map(columnsIn)).toEqual([2, 2, 2, 2, 3, 5]);
    const layout = new Layout([cards(0, 6), rows(6, 2)], 1180);
    const [first, second, below] = [layout.box(0), layout.box(1), layout.box(5)];
    expect(first.width).toBeGreaterThanOrEqual(220);
    expect(second).toEqual({ ...first, left: first.width + GAP });
    expect(below).toEqual({ ...first, top: first.top + first.height + GAP });
    expect(layout.box(6)).toEqual({ top: below.top + below.height + GAP + HEADING, left: 0, width: 900, height: ROW });
  });

  it('finds the rows at each place', () => {
    const layout = new Layout([cards(0, 7), rows(7, 3), cards(10, 1), rows(11, 900)], 700);
    for (let row = 0; row < 911; row++) {
      const { top, height } = layout.box(row);
      for (const y of [top, top + height - 1]) {
        expect(layout.rowAt(y)).toBeLessThanOrEqual(row);
        expect(layout.lastAt(y)).toBeGreaterThanOrEqual(row);
        expect(layout.box(layout.rowAt(y)).top).toBe(top);
      }
    }
    expect(layout.rowAt(1e9)).toBe(910);
    expect(layout.lastAt(1e9)).toBe(910);
    expect(layout.rowAt(-50)).toBe(0);
    expect(layout.rowAt(layout.headingTop(7) + 1)).toBe(7);
    expect([new Layout([], 700).rowAt(5), new Layout([], 700).lastAt(5)]).toEqual([0, 0]);
  });

  it('leads by arrow keys in both directions, and from one section into the next', () => {
    // Three columns: 0 1 2 / 3 4, then rows 5 6, then 7.
    const layout = new Layout([cards(0, 5), rows(5, 2), cards(7, 1)], 700);
    const walk = (from: number, ...steps: Step[]) => steps.map((step) => (from = layout.next(from, step)));
    expect(walk(0, 'right', 'right', 'right', 'left', 'up')).toEqual([1, 2, 3, 2, 2]);
    expect(walk(1, 'down', 'down', 'down', 'down', 'down')).toEqual([4, 5, 6, 7, 7]);
    expect(walk(2, 'down')).toEqual([4]);
    expect(walk(6, 'up', 'up', 'up')).toEqual([5, 3, 0]);
    expect(walk(7, 'right', 'left')).toEqual([7, 6]);
    expect(new Layout([], 700).next(0, 'down')).toBe(0);
  });

  it('leads by pages to what is that far away', () => {
    const layout = new Layout([cards(0, 6), rows(6, 100)], 700);
    expect(layout.far(6, 10 * ROW)).toBe(16);
    expect(layout.far(16, -10 * ROW)).toBe(6);
    expect(layout.far(6, 1)).toBe(7);
    expect(layout.far(100, 1e6)).toBe(105);
    expect(layout.far(0, -600)).toBe(0);
  });

  it('knows where something is dropped', () => {
    const layout = new Layout([rows(0, 2), cards(2, 5), rows(7, 9)], 700);
    const { left, top, width, height } = layout.box(6);
    expect(layout.placeAt(2, left + 5, top + 5)).toBe(4);
    expect(layout.placeAt(2, left + width - 5, top + 5)).toBe(5);
    expect(layout.placeAt(2, 0, layout.box(2).top)).toBe(0);
    expect(layout.placeAt(2, 600, top + height)).toBe(5);
    expect(layout.placeAt(2, 0, top + height + 200)).toBe(null);
    expect(layout.placeAt(0, 0, layout.box(1).top + ROW - 1)).toBe(2);
  });
});
