import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { KeyPress } from '../../ipc/bindings/KeyPress';
import { passKey } from '.';
import { codeOf } from './codes';

const core = dirname(createRequire(import.meta.url).resolve('@novnc/novnc'));
const table = readFileSync(join(core, 'input', 'xtscancodes.js'), 'utf8');

const press = (facts: Partial<KeyPress>): KeyPress => ({
  keysym: 0x61,
  key: 30,
  down: true,
  caps_lock: false,
  num_lock: false,
  chord: false,
  ...facts,
});

test('every key that noVNC has a scan code for is named as noVNC names it', () => {
  const named = [...table.matchAll(/"(\w+)": 0x\w+, \/\* html:\w+ \(\w+\) -> linux:(\d+)/g)];
  expect(named.length).toBeGreaterThan(140);
  // Some keys have two names.
  const names = (key: string) => named.filter(([, , other]) => other === key).map(([, name]) => name);
  const wrong = named.filter(([, , key]) => !names(String(key)).includes(codeOf(Number(key))));
  expect(wrong.map(([, name, key]) => `${key} ${name}`)).toEqual([]);
});

test('keys without a name are told apart', () => {
  expect(codeOf(240)).not.toBe(codeOf(241));
  expect(table).not.toContain(codeOf(240));
});

test('a key goes to the server with the state of the locks', () => {
  const takeKey = vi.fn();
  passKey(press({ keysym: 0xfe51, key: 13, num_lock: true }), { takeKey });
  passKey(press({ keysym: 0xfe51, key: 13, num_lock: true, down: false }), { takeKey });
  expect(takeKey.mock.calls).toEqual([
    [0xfe51, 'Equal', true, true, false],
    [0xfe51, 'Equal', false, true, false],
  ]);
});

test('a chord of the page is the page’s, and every other one the server’s', () => {
  const takeKey = vi.fn();
  const scope = new EventTarget();
  scope.addEventListener('keydown', (event) => {
    if ((event as KeyboardEvent).code === 'KeyT') event.preventDefault();
  });
  passKey(press({ key: 20, chord: true }), { takeKey }, scope);
  expect(takeKey).not.toHaveBeenCalled();
  passKey(press({ key: 20 }), { takeKey }, scope);
  passKey(press({ key: 21, chord: true }), { takeKey }, scope);
  expect(takeKey).toHaveBeenCalledTimes(2);
});
