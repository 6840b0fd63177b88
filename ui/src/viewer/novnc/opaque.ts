// Canvases without transparency. noVNC's framebuffer never has any, but a canvas that could is blended, pixel by pixel, wherever it
// is drawn: into the canvas that is seen, and into the page. Without a GPU that was a fifth of the page's time.

/** Until the function that it returns is called, a canvas gets a context without transparency, unless something else is asked for. */
export function askForOpaqueContexts(canvas: HTMLCanvasElement = HTMLCanvasElement.prototype): () => void {
  const { getContext } = canvas;
  const opaque = function (this: HTMLCanvasElement, kind: string, options: unknown = { alpha: false }) {
    return getContext.call(this, kind, options);
  };
  canvas.getContext = opaque as HTMLCanvasElement['getContext'];
  return () => void (canvas.getContext = getContext);
}
