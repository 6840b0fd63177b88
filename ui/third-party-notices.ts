import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

// The notices of bundled packages: bundling strips licence comments, and the licences require that they come along.

/** What ends up in the bundle, with the files that hold its notices. */
const bundled = [
  {
    name: '@novnc/novnc',
    source: (version: string) =>
      `Used unmodified, under the Mozilla Public License 2.0. Its source code: https://github.com/novnc/noVNC, tag v${version}.`,
    files: ['AUTHORS', 'LICENSE.txt', 'docs/LICENSE.MPL-2.0', 'vendor/pako/LICENSE'],
    /** Files whose licence stands only in their first comment. */
    heads: ['core/crypto/des.js'],
  },
  { name: 'svelte', files: ['LICENSE.md'] },
  { name: 'clsx', files: ['license'] },
  { name: 'esm-env', files: ['LICENSE'] },
  { name: '@tauri-apps/api', files: ['LICENSE-MIT', 'LICENSE-APACHE-2.0'] },
];

/** Writes THIRD-PARTY-NOTICES.txt into the build; fails where a bundled package is not in the list above. */
export function thirdPartyNotices(modules: string): Plugin {
  return {
    name: 'third-party-notices',
    apply: 'build',
    generateBundle() {
      for (const id of this.getModuleIds()) {
        const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
        const known = bundled.some((other) => other.name === name);
        if (name && !known) this.error(`${name} is bundled, but third-party-notices.ts does not know its licence`);
      }
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-NOTICES.txt', source: notices(modules) });
    },
  };
}

function notices(modules: string): string {
  const parts = bundled.map(({ name, source, files, heads = [] }) => {
    const folder = join(modules, name);
    const version = (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
    return [
      `${'='.repeat(56)}\n${name} ${version}`,
      source?.(version),
      ...files.map((file) => `--- ${file}\n\n${read(folder, file)}`),
      ...heads.map((file) => `--- ${file}\n\n${firstComment(read(folder, file))}`),
    ]
      .filter((part) => part !== undefined)
      .join('\n\n');
  });
  return `Portlight's windows contain the following software by others.\n\n${parts.join('\n\n')}\n`;
}

function read(folder: string, file: string): string {
  const path = join(folder, file);
  if (!existsSync(path)) throw new Error(`${path} is gone: where does this package keep its licence now?`);
  return readFileSync(path, 'utf8').trim();
}

function firstComment(source: string): string {
  return source.slice(0, source.indexOf('*/') + 2);
}
