import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepFocus } from './focus';

let stop = () => {};

beforeEach(() => {
  document.body.innerHTML =
    '<button id="before"></button><ul><li><button id="one"></button></li><li><button id="two"></button></li></ul><button id="after"></button>';
  stop = keepFocus(document.body);
});
afterEach(() => {
  stop();
  document.body.innerHTML = '';
});

const byId = (id: string) => document.getElementById(id) as HTMLButtonElement;
const focused = () => document.activeElement?.id;
/** When all that was changed has been looked at. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test('what goes away with the focus leaves it to its neighbour', async () => {
  byId('one').focus();
  byId('one').parentElement?.remove();
  await settled();
  expect(focused()).toBe('two');
  byId('two').parentElement?.remove();
  await settled();
  expect(focused()).toBe('after');
  byId('after').remove();
  await settled();
  expect(focused()).toBe('before');
});

test('what is busy for a moment keeps it, and who clicks beside everything has left it', async () => {
  byId('one').focus();
  byId('one').disabled = true;
  byId('one').blur();
  await settled();
  byId('one').disabled = false;
  await settled();
  expect(focused()).toBe('one');
  byId('one').blur();
  byId('after').remove();
  await settled();
  expect(focused()).toBe('');
});

test('nothing is taken from what has it elsewhere', async () => {
  byId('one').focus();
  byId('before').focus();
  byId('one').remove();
  await settled();
  expect(focused()).toBe('before');
});

test('a neighbour that is busy gets it as soon as it can', async () => {
  byId('one').focus();
  byId('two').disabled = true;
  byId('one').parentElement?.remove();
  await settled();
  expect(focused()).toBe('after');
  byId('two').disabled = false;
  await settled();
  expect(focused()).toBe('two');
});
