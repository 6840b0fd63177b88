import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findCycle, importsIn } from './import-cycles.js';

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'import-cycles-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('a circle through components, types and modules loaded later is found', () => {
  const folder = folderWith({
    'a.ts': "import B from './B.svelte';\nimport './alone';",
    'alone.ts': "import picture from './picture.svg';",
    'B.svelte': "<script lang=\"ts\">\n  import type { C } from './c.svelte';\n</script>\n<p>{import('./d')}</p>",
    'c.svelte.ts': "export const d = () => import('./d');",
    'd.ts': "export type { A } from './a';",
  });
  expect(importsIn(folder).get('alone.ts')).toEqual([]);
  expect(findCycle(importsIn(folder))).toEqual(['B.svelte', 'c.svelte.ts', 'd.ts', 'a.ts', 'B.svelte']);
});

test('files that import each other in one direction, by several ways, are no circle', () => {
  const folder = folderWith({
    'a.ts': "import './b';\nimport './c';",
    'b.ts': "import './c';",
    'c.ts': 'export {};',
  });
  expect(findCycle(importsIn(folder))).toBeNull();
});
