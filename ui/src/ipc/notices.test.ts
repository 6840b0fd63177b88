import { afterEach, expect, test, vi } from 'vitest';
import { thirdPartyNotices } from './notices';

function serve(files: Record<string, string>) {
  vi.stubGlobal('fetch', async (url: URL) => {
    const text = files[url.pathname];
    return text === undefined ? new Response('', { status: 404 }) : new Response(text);
  });
}

afterEach(() => vi.unstubAllGlobals());

test('has the notices of the pages and those of the program', async () => {
  serve({ '/THIRD-PARTY-NOTICES.txt': 'svelte', '/THIRD-PARTY-NOTICES-RUST.txt': 'tokio' });
  expect(await thirdPartyNotices()).toEqual(['svelte', 'tokio']);
});

test('leaves out a file that is missing, also where the first page is served in its place', async () => {
  serve({ '/THIRD-PARTY-NOTICES.txt': 'svelte', '/THIRD-PARTY-NOTICES-RUST.txt': '<!doctype html>\n<html>' });
  expect(await thirdPartyNotices()).toEqual(['svelte']);
  serve({});
  expect(await thirdPartyNotices()).toEqual([]);
});
