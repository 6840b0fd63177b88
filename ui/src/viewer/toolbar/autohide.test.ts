import { expect, test } from 'vitest';
import { isNear, nearestEdge } from './autohide.svelte';

const size = { width: 1_000, height: 600 };

test('the place of the toolbar is a stretch of its edge, and wholly in the window', () => {
  expect(isNear({ x: 500, y: 0 }, size, 'top', 0.5)).toBe(true);
  expect(isNear({ x: 500, y: 3 }, size, 'top', 0.5)).toBe(false);
  expect(isNear({ x: 621, y: 0 }, size, 'top', 0.5)).toBe(false);
  expect(isNear({ x: 500, y: 0 }, size, 'bottom', 0.5)).toBe(false);
  expect(isNear({ x: 500, y: 599 }, size, 'bottom', 0.5)).toBe(true);
  expect(isNear({ x: 999, y: 300 }, size, 'right', 0.5)).toBe(true);
  expect(isNear({ x: 0, y: 10 }, size, 'left', 0)).toBe(true);
  expect(isNear({ x: 500, y: -1 }, size, 'top', 0.5)).toBe(false);
});

test('what is dragged comes to the edge that is nearest', () => {
  expect(nearestEdge({ x: 250, y: 20 }, size)).toEqual({ edge: 'top', at: 0.25 });
  expect(nearestEdge({ x: 990, y: 300 }, size)).toEqual({ edge: 'right', at: 0.5 });
  expect(nearestEdge({ x: 300, y: 590 }, size)).toEqual({ edge: 'bottom', at: 0.3 });
  expect(nearestEdge({ x: -30, y: 450 }, size)).toEqual({ edge: 'left', at: 0.75 });
});
