// Wraps what a viewer's page does for a frame, and adds up milliseconds. `window.pace.take()` gives them and starts anew.
// WebKit's clock has steps of a millisecond: a sum over many short times is right all the same, as often too much is
// counted as too little.
(() => {
  const now = performance.now.bind(performance);
  let sums = {};
  let depth = 0;
  const add = (part, ms) => (sums[part] = (sums[part] ?? 0) + ms);
  // The outermost handler counts as such; within it, canvas calls count as those, too.
  const handler = (part, call) =>
    function (...given) {
      if (depth > 0) return call.apply(this, given);
      const began = now();
      depth += 1;
      try {
        return call.apply(this, given);
      } finally {
        depth -= 1;
        add(part, now() - began);
      }
    };
  const known = new WeakMap();
  const wrapped = (part, call) => {
    if (typeof call !== 'function') return call;
    if (!known.has(call)) known.set(call, handler(part, call));
    return known.get(call);
  };

  // Messages, however they are listened to, and pictures that are there.
  const sources = [[WebSocket, 'message', 'messages'], [Image, 'load', 'pictures'], [Worker, 'message', 'workers']];
  sources.push([MessagePort, 'message', 'workers']);
  const partOf = (target, type) => sources.find(([owner, of]) => target instanceof owner && type === of)?.[2];
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, call, ...rest) {
    const part = partOf(this, type);
    addEventListener.call(this, type, part ? wrapped(part, call) : call, ...rest);
  };
  EventTarget.prototype.removeEventListener = function (type, call, ...rest) {
    removeEventListener.call(this, type, partOf(this, type) ? (known.get(call) ?? call) : call, ...rest);
  };
  for (const [{ prototype }, type, part] of sources.filter(([, type]) => type === 'message')) {
    const property = Object.getOwnPropertyDescriptor(prototype, 'onmessage');
    Object.defineProperty(prototype, 'onmessage', {
      ...property,
      set(call) {
        property.set.call(this, wrapped(part, call));
      },
    });
  }

  // What goes on after something was waited for.
  const { then } = Promise.prototype;
  Promise.prototype.then = function (done, failed) {
    return then.call(this, wrapped('promises', done), wrapped('promises', failed));
  };
  const { requestAnimationFrame } = window;
  window.requestAnimationFrame = (call) => requestAnimationFrame.call(window, wrapped('animation', call));

  const canvases = [CanvasRenderingContext2D, window.OffscreenCanvasRenderingContext2D].filter(Boolean);
  for (const { prototype } of canvases) {
    for (const name of ['putImageData', 'drawImage', 'fillRect']) {
      const call = prototype[name];
      prototype[name] = function (...given) {
        const began = now();
        call.apply(this, given);
        add(name, now() - began);
      };
    }
  }

  // From giving a picture its bytes until it is there, or a promise for it is kept: waiting, not work of this thread.
  const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src');
  Object.defineProperty(HTMLImageElement.prototype, 'src', {
    ...source,
    set(url) {
      const began = now();
      addEventListener.call(this, 'load', () => add('decoding', now() - began), { once: true });
      source.set.call(this, url);
      add('src', now() - began);
    },
  });
  const waits = (owner, name, part) => {
    const call = owner?.[name];
    if (!call) return;
    owner[name] = function (...given) {
      const began = now();
      const promise = call.apply(this, given);
      then.call(promise, () => add(part, now() - began), () => {});
      return promise;
    };
  };
  waits(HTMLImageElement.prototype, 'decode', 'decoding');
  waits(window, 'createImageBitmap', 'decoding');
  waits(window.ReadableStreamDefaultReader?.prototype, 'read', 'reading');

  window.pace = {
    take() {
      const taken = sums;
      sums = {};
      return taken;
    },
  };
})();
