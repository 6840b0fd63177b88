import { expect, test } from 'vitest';
import { connect } from './real';
import { Wheel } from './wheel';

const pixels = (deltaX: number, deltaY: number) => new WheelEvent('wheel', { deltaX, deltaY });
const notched = (notches: number) =>
  Object.assign(pixels(0, 53 * notches), { wheelDeltaX: 0, wheelDeltaY: -120 * notches });

test('each notch is one, however many come at once', () => {
  const wheel = new Wheel();
  expect([1, 3, -2].map((notches) => wheel.turn(notched(notches)).y)).toEqual([1, 3, -2]);
});

test('a finger that moves by a few pixels turns it by no more than these would', () => {
  const wheel = new Wheel();
  const finger = (by: number) => Object.assign(pixels(by, 0), { wheelDeltaX: -120 * by, wheelDeltaY: 0 });
  expect([5, 5, 20, -20].map((by) => wheel.turn(finger(by)).x)).toEqual([0, 1, 2, -2]);
});

test('what is left over counts for the next one, but not in the other direction', () => {
  const wheel = new Wheel();
  expect([30, 30, 30, 30].map((by) => wheel.turn(pixels(0, by)).y)).toEqual([0, 1, 0, 1]);
  expect(wheel.turn(pixels(0, 30)).y).toBe(0);
  expect(wheel.turn(pixels(0, -50)).y).toBe(-1);
  expect([-40, -40].map((by) => wheel.turn(pixels(by, 0)).x)).toEqual([0, -1]);
});

test('a page that stood still does not turn it for ever', () => {
  expect(new Wheel().turn(pixels(0, 100_000)).y).toBe(20);
});

test('the server gets a press and a release for each notch', async () => {
  const { rfb, sent } = await connect();
  sent().length = 0;
  rfb._canvas.dispatchEvent(pixels(0, 100));
  rfb._canvas.dispatchEvent(pixels(-50, 0));
  const masks = sent().filter((_, at) => at % 6 === 1);
  expect(masks).toEqual([16, 0, 16, 0, 32, 0]);
});
