import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the pages have the version of the program', () => {
  const version = /^version = "(.+)"$/m.exec(readFileSync('../Cargo.toml', 'utf8'))?.[1];
  expect(import.meta.env.VITE_VERSION).toBe(version);
});
