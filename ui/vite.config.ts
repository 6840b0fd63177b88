import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { helpPages } from './help-pages.ts';
import { thirdPartyNotices } from './third-party-notices.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const { version } = JSON.parse(readFileSync(here('package.json'), 'utf8')) as { version: string };

// `npm run dev` in a plain browser and the tests have no Rust behind them: there `import … from '../ipc'` means the fake
// backend. A production build never contains it.
const withoutRust = { find: /^(\.\.\/)+ipc$/, replacement: here('src/ipc/fake/index.ts') };

/** What a page imports later in any case is asked for with the page: noVNC, which its window has to be prepared for. */
const preloadImports: Plugin = {
  name: 'preload-imports',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (_, { chunk }) =>
      (chunk?.dynamicImports ?? []).map((file) => ({
        tag: 'link',
        attrs: { rel: 'modulepreload', crossorigin: true, href: `/${file}` },
        injectTo: 'head',
      })),
  },
};

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), svelteTesting(), helpPages(), preloadImports, thirdPartyNotices(here('node_modules'))],
  resolve: { alias: mode === 'fake' || mode === 'test' ? [withoutRust] : [] },
  define: { 'import.meta.env.VITE_VERSION': JSON.stringify(version) },
  server: { host: '127.0.0.1', port: 1420, strictPort: true },
  preview: { host: '127.0.0.1', port: 1420, strictPort: true },
  build: {
    // Top-level await in noVNC needs ES2022; every webview that Portlight runs in has it.
    target: 'es2022',
    // The polyfill is an inline script and inlined assets are data: URLs; the content security policy refuses both.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { input: { hosts: here('index.html'), quick: here('quick.html'), viewer: here('viewer.html') } },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts', '*.test.ts'],
    setupFiles: ['src/vitest-setup.ts'],
    restoreMocks: true,
    testTimeout: 20_000,
  },
}));
