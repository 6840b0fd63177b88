// What noVNC 1.7.0 needs changed around it, so that it can be used unmodified. All of it is done before noVNC loads.
// Not among it: canvases without acceleration (`willReadFrequently`). They help noVNC only where there is no GPU, and there
// the shell has already chosen a renderer with the same effect.

/**
 * noVNC must not find a video decoder. It waits for one with a top-level await, so a decoder that never answers would keep
 * noVNC from loading at all, and its H.264 can freeze a session for good.
 */
export function removeVideoDecoder(scope: { VideoDecoder?: unknown }): void {
  delete scope.VideoDecoder;
}

/** WebKitGTK calls the Windows key “Super”, a name that noVNC does not know and drops. */
export function nameSuperKey(prototype: KeyboardEvent): void {
  const name = Object.getOwnPropertyDescriptor(prototype, 'key')?.get;
  if (!name) return;
  Object.defineProperty(prototype, 'key', {
    configurable: true,
    enumerable: true,
    get(this: KeyboardEvent): string {
      const key = name.call(this) as string;
      return key === 'Super' || key === 'Hyper' ? 'Meta' : key;
    },
  });
}

/**
 * noVNC says why it gave up nowhere but on the console, which it takes hold of while it loads. Lends it a console that
 * passes on what it says to `hear`; the page's own is back once noVNC is loaded.
 */
export async function overhear<Module>(load: () => Promise<Module>, hear: (words: string) => void): Promise<Module> {
  const { error } = console;
  console.error = (...words: unknown[]) => {
    error.apply(console, words);
    hear(words.map(String).join(' '));
  };
  try {
    return await load();
  } finally {
    console.error = error;
  }
}
