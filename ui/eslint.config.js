import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** The arrows between the folders, as in docs/DESIGN.md: what the files of each may not import. */
function closed(files, ...patterns) {
  return { files, rules: { 'no-restricted-imports': ['error', { patterns }] } };
}
const tauri = { group: ['@tauri-apps/*'], message: 'Only src/ipc/index.ts talks to Tauri.' };
const novnc = { group: ['@novnc/*', 'novnc-core/*'], message: 'Only src/viewer knows noVNC.' };
const hosts = { group: ['**/hosts/*'], message: 'The hosts window is not for others to import.' };
const viewer = { group: ['**/viewer/*'], message: 'The viewer window is not for others to import.' };
const ipc = { regex: '/ipc$', message: 'Only the windows give commands.' };
const types = { regex: '/ipc/', message: 'Controls know nothing of hosts and sessions.' };

export default ts.config(
  { ignores: ['dist/', 'src/ipc/bindings/'] },
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  {
    rules: {
      'no-undef': 'off',
      // Texts of servers and users are shown as text, never as markup.
      'svelte/no-at-html-tags': 'error',
      // The content security policy refuses style attributes; `style:x={…}` goes through the CSSOM and is fine.
      'no-restricted-syntax': [
        'error',
        { selector: 'SvelteAttribute[key.name="style"]', message: 'The content security policy refuses style="…".' },
      ],
      // Sets here are replaced, not changed ($state.raw), or hold nothing that is drawn.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  closed(['src/hosts/**'], tauri, novnc, viewer),
  closed(['src/viewer/**'], tauri, hosts),
  closed(['src/controls/**'], tauri, novnc, hosts, viewer, ipc, types),
  closed(['src/protection/**'], tauri, novnc, hosts, viewer, ipc),
  closed(['src/stages/**'], tauri, novnc, hosts, viewer, ipc),
  closed(['src/keys/**'], tauri, novnc, hosts, viewer, ipc),
  closed(['src/i18n/**'], tauri, novnc, hosts, viewer, ipc),
  closed(['src/ipc/**'], novnc, hosts, viewer),
  closed(['src/ipc/fake/**', 'src/ipc/fixtures.ts'], tauri, novnc, hosts, viewer),
);
