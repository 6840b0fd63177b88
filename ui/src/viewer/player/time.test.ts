import { expect, test } from 'vitest';
import { timeText } from './time';

test('times are as short as they can be', () => {
  expect([0, 999, 7_000, 754_000, 3_599_999, 3_723_000, 360_000_000].map(timeText)).toEqual([
    '0:00',
    '0:00',
    '0:07',
    '12:34',
    '59:59',
    '1:02:03',
    '100:00:00',
  ]);
});
