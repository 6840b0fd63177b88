import { afterEach, beforeEach, expect, test } from 'vitest';
import { leaveFingersAlone } from './fingers';

let canvas: HTMLCanvasElement;
let heard: string[];
let time: number;
let end: () => void;

beforeEach(() => {
  canvas = document.createElement('canvas');
  document.body.append(canvas);
  heard = [];
  time = 1_000;
  end = leaveFingersAlone(canvas, () => time);
  for (const type of ['mousedown', 'mousemove', 'mouseup', 'wheel', 'touchstart', 'touchend'])
    canvas.addEventListener(type, () => heard.push(type));
});

afterEach(() => {
  end();
  canvas.remove();
});

const mouse = (what: 'down' | 'move' | 'up') => canvas.dispatchEvent(new MouseEvent(`mouse${what}`));
const wheel = () => canvas.dispatchEvent(new WheelEvent('wheel', { cancelable: true }));
/** So many fingers are on the screen now. */
const touch = (type: string, fingers: number) =>
  canvas.dispatchEvent(Object.assign(new Event(type, { bubbles: true }), { touches: Array.from({ length: fingers }) }));

test('what a web view makes of fingers is left out while they are down, and shortly after', () => {
  touch('touchstart', 2);
  wheel();
  mouse('move');
  touch('touchend', 1);
  time += 5_000;
  wheel();
  touch('touchend', 0);
  mouse('down');
  mouse('up');
  time += 499;
  wheel();
  expect(heard).toEqual(['touchstart', 'touchend', 'touchend']);
  time += 1;
  mouse('down');
  wheel();
  expect(heard.slice(3)).toEqual(['mousedown', 'wheel']);
});
