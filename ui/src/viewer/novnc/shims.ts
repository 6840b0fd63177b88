// Changes to the page that noVNC 1.7.0 needs, made before it loads, so that noVNC itself stays unmodified.
// Canvases without acceleration (`willReadFrequently`) are not among them: they help only without a GPU, and there the
// shell has already chosen a renderer with the same effect.

/**
 * Removes WebCodecs' `VideoDecoder`. noVNC probes it with a top-level await, so a decoder that never answers would keep noVNC
 * from loading, and its H.264 can freeze a session.
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
 * Passes noVNC's `console.error` messages to `onError`, now and later: noVNC reports why it gave up nowhere else. It binds
 * the console's functions while it loads; afterwards the page's own are back.
 */
export async function captureErrors<Module>(
  load: () => Promise<Module>,
  onError: (message: string) => void,
): Promise<Module> {
  const { error } = console;
  console.error = (...words: unknown[]) => {
    error.apply(console, words);
    onError(words.map(String).join(' '));
  };
  try {
    return await load();
  } finally {
    console.error = error;
  }
}
