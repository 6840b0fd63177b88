// Fails where files under src/ import each other in a circle. Type imports count: they are dependencies too.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { argv, exit } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

/** The files of `folder` and what each imports from it, as paths relative to it. */
export function importsIn(folder) {
  const files = readdirSync(folder, { recursive: true })
    .map((file) => join(folder, String(file)))
    .filter((file) => /\.(ts|svelte)$/.test(file))
    .sort();
  return new Map(files.map((file) => [relative(folder, file), importsOf(file).map((path) => relative(folder, path))]));
}

function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  const scripts = file.endsWith('.svelte')
    ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script)
    : [text];
  return scripts
    .flatMap((script) => ts.preProcessFile(script, true, true).importedFiles)
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => found(resolve(dirname(file), fileName)))
    .filter((path) => path !== null && path !== file);
}

/** The file that an import without ending means; null for what is not code, such as a picture. */
function found(path) {
  const candidates = [path, `${path}.ts`, join(path, 'index.ts')];
  return candidates.find((file) => /\.(ts|svelte)$/.test(file) && existsSync(file) && statSync(file).isFile()) ?? null;
}

/** The first circle of a depth-first search, its beginning repeated at its end; null where there is none. */
export function findCycle(imports) {
  const done = new Set();
  const visit = (file, path) => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const imported of imports.get(file) ?? []) {
      const cycle = visit(imported, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of imports.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return null;
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) {
  const imports = importsIn(fileURLToPath(new URL('src', import.meta.url)));
  const cycle = findCycle(imports);
  if (cycle) {
    console.error(`These files import each other in a circle:\n  ${cycle.join('\n  ')}`);
    exit(1);
  }
  console.log(`${imports.size} files, no import cycles`);
}
