import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { t } from '../../i18n';
import { typed } from './typing';
import { PACES, Typist } from './typist.svelte';

let sent: string;
let depth: number;
let messages: string[];
let silence: number;
let typist: Typist;

const target = {
  takesPlaces: false,
  sendKey(keysym: number, _: string | null, down?: boolean) {
    depth += down ? 1 : -1;
    if (down && keysym < 0xff00) sent += String.fromCodePoint(keysym & 0xffffff);
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  [sent, depth, messages, silence] = ['', 0, [], 0];
  typist = new Typist({
    get silence() {
      return silence;
    },
    showMessage: (text) => void messages.push(text),
  });
  typist.target = target;
});
afterEach(() => vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test.each(Object.keys(PACES) as (keyof typeof PACES)[])('types one character after the other: %s', async (pace) => {
  typist.pace = pace;
  void typist.type(typed('Hello'));
  expect(sent).toBe('H');
  await pass(PACES[pace] - 1);
  expect(sent).toBe('H');
  await pass(1);
  expect([sent, typist.progress]).toEqual(['He', { done: 1, total: 5 }]);
  await pass(4 * PACES[pace]);
  expect([sent, typist.progress, messages]).toEqual(['Hello', null, [t('typing.done', { count: 5 })]]);
});

test('a stop is at once, with nothing held, and says how far it came', async () => {
  void typist.type(typed('HELLO'));
  await pass(PACES.steady);
  typist.stop();
  await pass(0);
  expect([sent, depth, typist.progress]).toEqual(['HE', 0, null]);
  expect(messages).toEqual([t('typing.stopped', { count: 5, done: 2 })]);
  await pass(10_000);
  expect(sent).toBe('HE');
});

test('the rest is not for another session', async () => {
  void typist.type(typed('secret'));
  await pass(PACES.steady);
  typist.target = null;
  await pass(0);
  typist.target = target;
  await pass(10_000);
  expect([sent, typist.progress, messages]).toEqual(['se', null, []]);
});

test('a new text takes the place of the one before', async () => {
  void typist.type(typed('aaaa'));
  await pass(PACES.steady);
  void typist.type(typed('b'));
  await pass(10_000);
  expect([sent, messages]).toEqual(['aab', [t('typing.done', { count: 1 })]]);
});

test('waits while the server does not answer', async () => {
  void typist.type(typed('ab'));
  silence = 3;
  await pass(10_000);
  expect(sent).toBe('a');
  silence = 0;
  await pass(1_000);
  expect(sent).toBe('ab');
});

test('says afterwards what to look for, and what was left out', async () => {
  void typist.type(typed('a漢é\u0007'));
  await pass(10_000);
  expect(messages[0]).toContain(t('typing.look', { letters: 'é 漢' }));
  expect(messages[0]).toContain(t('typing.left_out', { letters: 'U+0007' }));
});
