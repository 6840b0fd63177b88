// The licences of what Portlight is built from: text files that the build puts beside the pages.

/** `THIRD-PARTY-NOTICES.txt` covers the pages, `THIRD-PARTY-NOTICES-RUST.txt` the program. */
const FILES = ['THIRD-PARTY-NOTICES.txt', 'THIRD-PARTY-NOTICES-RUST.txt'];

/** The notices that this build has, one text for each file. */
export async function thirdPartyNotices(): Promise<string[]> {
  const texts = await Promise.all(FILES.map(read));
  return texts.filter((text) => text !== null);
}

async function read(file: string): Promise<string | null> {
  const answer = await fetch(new URL(`/${file}`, location.origin));
  if (!answer.ok) return null;
  const text = await answer.text();
  // Both Tauri and Vite answer for a missing file with the first page.
  return /^\s*<!doctype html/i.test(text) ? null : text;
}
