import { expect, test } from 'vitest';
import { knowsUnicode } from './symbols';
import { onLayout, typed } from './typing';

const keys = (text: string) =>
  typed(text).presses.map((press) =>
    press.map(({ keysym, down }) => `${down ? '+' : '-'}${keysym.toString(16)}`).join(' '),
  );

const RETURN = '+ff0d -ff0d';

test.each([
  ['a letter', 'a', ['+61 -61']],
  ['a capital, with Shift', 'A', ['+ffe1 +41 -41 -ffe1']],
  ['what lies above on a us keyboard, with Shift', '!', ['+ffe1 +21 -21 -ffe1']],
  ['Latin-1, as itself', 'éß', ['+e9 -e9', '+df -df']],
  ['a capital of Latin-1', 'É', ['+ffe1 +c9 -c9 -ffe1']],
  ['what X11 has an older symbol for', '€ł', ['+20ac -20ac', '+1b3 -1b3']],
  ['Cyrillic', 'ж', ['+6d6 -6d6']],
  ['Unicode', '漢', ['+1006f22 -1006f22']],
  ['beyond its first plane', '😀', ['+101f600 -101f600']],
  ['an accent behind its letter', 'e\u0301', ['+e9 -e9']],
  ['lines and tabs', 'a\r\nb\rc\n\t', ['+61 -61', RETURN, '+62 -62', RETURN, '+63 -63', RETURN, '+ff09 -ff09']],
  ['nothing for what no key gives', '\u0007\ud800\u{fffff}', []],
  ['nothing for the mark in front of a file', '\ufeffa', ['+61 -61']],
])('%s', (_, text, expected) => expect(keys(text)).toEqual(expected));

test('after each character nothing is held, and no scan code is sent', () => {
  for (const press of typed('aA!é漢\n').presses) {
    const held: number[] = [];
    for (const { keysym, code, down } of press) {
      expect(code).toBeNull();
      if (down) held.push(keysym);
      else expect(held.pop()).toBe(keysym);
    }
    expect(held).toEqual([]);
  }
});

test('says what may not arrive, each once', () => {
  expect(typed('naïve ñ ñ: 漢字漢 €\u00a0\u0007\u0000\u200d')).toMatchObject({
    foreign: ['ï', 'ñ', '漢', '字', '€', 'U+00A0', 'U+200D'],
    unicode: ['漢', '字', 'U+200D'],
    impossible: ['U+0007', 'U+0000'],
  });
  expect(typed('plain ASCII\n\t~')).toMatchObject({ foreign: [], unicode: [], impossible: [] });
});

test('what a server would take for another key is left out', () => {
  const { presses, impossible } = typed('é－（a）\n', knowsUnicode('QEMU (windows)'));
  expect(presses.map(([stroke]) => stroke?.keysym)).toEqual([0xe9, 0x61, 0xff0d]);
  expect(impossible).toEqual(['－', '（', '）']);
  expect(knowsUnicode('ada@qemu')).toBe(true);
});

test('on a layout each character is where the engine says, and the rest is left out', () => {
  const key = (keysym: number, key: number | null, down: boolean) => ({ keysym, key, down });
  const layout = onLayout(['y', 'é'], [[key(0x79, 44, true), key(0x79, 44, false)], null]);
  const { presses, foreign, impossible } = typed('yéyx', true, layout);
  const press = [
    { keysym: 0x79, code: 'KeyZ', down: true },
    { keysym: 0x79, code: 'KeyZ', down: false },
  ];
  expect(presses).toEqual([press, press]);
  expect([foreign, impossible]).toEqual([[], ['é', 'x']]);
});

test('counts lines as people do', () => {
  expect(['', 'a', 'a\n', 'a\nb', 'a\r\n\r\n'].map((text) => typed(text).lines)).toEqual([1, 1, 1, 2, 2]);
});
