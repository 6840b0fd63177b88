// A VNC server in the page, so that a plain browser has a picture to look at: RFB 3.8, security type None, four stripes.

import { DESKTOP } from '../fixtures';

/** From now on a WebSocket to `DESKTOP.url` reaches the server in the page; others are real ones. */
export function serveDesktop(): void {
  globalThis.WebSocket = new Proxy(WebSocket, {
    construct: (real, [url, protocols]) =>
      url === DESKTOP.url ? new Desktop() : new real(url as string, protocols as string[]),
  });
}

/** The part of the WebSocket interface that noVNC uses. */
class Desktop extends EventTarget {
  binaryType = 'arraybuffer';
  protocol = 'binary';
  readyState = 1;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((message: MessageEvent) => void) | null = null;
  #sent = 0;

  constructor() {
    super();
    this.#send(text('RFB 003.008\n'));
  }

  send(): void {
    const { name, width, height } = DESKTOP;
    const answers = [
      // Security types: one, None; SecurityResult: OK; ServerInit (RFC 6143 7.3.2); then one FramebufferUpdate.
      () => [1, 1],
      () => [0, 0, 0, 0],
      () => [
        ...u16(width),
        ...u16(height),
        32,
        24,
        0,
        1,
        0,
        255,
        0,
        255,
        0,
        255,
        0,
        8,
        16,
        0,
        0,
        0,
        ...u32(name.length),
        ...text(name),
      ],
      () => update(width, height),
    ];
    const answer = answers[this.#sent++];
    if (answer) this.#send(answer());
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  #send(bytes: number[]): void {
    setTimeout(() => this.onmessage?.(new MessageEvent('message', { data: new Uint8Array(bytes).buffer })));
  }
}

/** A FramebufferUpdate of RRE rectangles without subrectangles (RFC 6143 7.7.3): one colour each. */
function update(width: number, height: number): number[] {
  const colours = [0x2f4858, 0x33658a, 0x86bbd8, 0xf6ae2d];
  const stripe = height / colours.length;
  const rectangles = colours.flatMap((colour, at) => [
    ...[...u16(0), ...u16(at * stripe), ...u16(width), ...u16(stripe)],
    ...[...u32(2), ...u32(0), (colour >> 16) & 255, (colour >> 8) & 255, colour & 255, 0],
  ]);
  return [0, 0, ...u16(colours.length), ...rectangles];
}

const text = (words: string): number[] => [...new TextEncoder().encode(words)];
const u16 = (value: number): number[] => [value >> 8, value & 255];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];
