import { beforeEach, expect, test } from 'vitest';
import { FakeRfb, FakeSocket, installFakes } from '../novnc/fake';
import { chordOf, type Chord } from './chord';
import { Held } from './held.svelte';

let rfb: FakeRfb;
let held: Held;

beforeEach(() => {
  installFakes();
  rfb = new FakeRfb(document.body, new FakeSocket('', []));
  held = new Held();
  held.target = rfb;
  rfb.addEventListener('keyup', ({ detail }) => held.wentUp((detail as { code: string }).code));
});

const taken = () => rfb.taken.map(([, code, down]) => `${down ? '+' : '-'}${code}`);

test('a modifier is down at once, and shown as long as it is', () => {
  held.toggle('Alt');
  held.toggle('Ctrl');
  expect(held.modifiers).toEqual(['Ctrl', 'Alt']);
  held.toggle('Alt');
  expect(held.modifiers).toEqual(['Ctrl']);
  expect(taken()).toEqual(['+AltLeft', '+ControlLeft', '-AltLeft']);
});

test('the next key has it, and lets it go', () => {
  held.toggle('Ctrl');
  held.press(chordOf('Alt+F4') as Chord);
  expect(rfb.sent.map(([, code]) => code)).toEqual(['AltLeft', 'F4', 'F4', 'AltLeft']);
  expect(taken()).toEqual(['+ControlLeft', '-ControlLeft']);
  expect(held.modifiers).toEqual([]);
});

test('whoever lets all keys go lets these go', () => {
  held.toggle('Super');
  rfb.releaseKeys();
  expect(held.modifiers).toEqual([]);
  held.release();
  expect(taken()).toEqual(['+MetaLeft', '-MetaLeft']);
});

test('the same key of the keyboard takes it over', () => {
  held.toggle('Ctrl');
  rfb.takeKey(0xffe3, 'ControlLeft', true);
  expect(held.modifiers).toEqual(['Ctrl']);
  rfb.takeKey(0xffe3, 'ControlLeft', false);
  expect(held.modifiers).toEqual([]);
});

test('another session begins with none, and without one there is nothing to hold', () => {
  held.toggle('Ctrl');
  held.target = null;
  expect(held.modifiers).toEqual([]);
  held.toggle('Ctrl');
  expect(held.modifiers).toEqual([]);
});
