// The parts of noVNC 1.7.0's insides that we reach. None of them is promised: `decoders/decoders.test.ts` fails where
// a new version has moved one.

/** `core/websock.js`: what the server has sent and no decoder has read. Reading beyond what is there is not noticed. */
export interface Websock {
  /** Whether fewer than `bytes` are there; if so, goes back by `back`, to read it all again when there is more. */
  rQwait(what: string, bytes: number, back?: number): boolean;
  rQlen(): number;
  rQpeek8(): number;
  rQpeekBytes(bytes: number, copy?: boolean): Uint8Array<ArrayBuffer>;
  rQskipBytes(bytes: number): void;
  rQshift8(): number;
  rQshift32(): number;
  /** Without `copy`, a view that is valid until the next message. */
  rQshiftBytes(bytes: number, copy?: boolean): Uint8Array<ArrayBuffer>;
}

/** An entry in the queue of what is to be drawn: drawn in order, and not before the entries in front of it. */
export interface QueueEntry {
  type: string;
  /** None in an entry that makes visible what has been drawn. */
  width?: number;
  height?: number;
}

/** The entry for a frame of video, drawn when its promise is kept. */
export interface FrameEntry extends QueueEntry {
  type: 'frame';
  x: number;
  y: number;
  width: number;
  height: number;
  frame: { ready: boolean; promise: Promise<void>; frame?: VideoFrameLike };
}

/** What the entry of a video frame draws. */
export interface VideoFrameLike {
  codedWidth: number;
  codedHeight: number;
  close(): void;
}

/** `core/display.js`: the framebuffer and its canvases. */
export interface Display {
  /** Of the framebuffer. */
  readonly width: number;
  readonly height: number;
  readonly _renderQ: QueueEntry[];
  fillRect(x: number, y: number, width: number, height: number, color: ArrayLike<number>): void;
  /** `pixels` are R, G, B, A, and start where their buffer starts: noVNC copies from there if it has to queue them. */
  blitImage(
    x: number,
    y: number,
    width: number,
    height: number,
    pixels: Uint8Array,
    offset: number,
    fromQueue?: boolean,
  ): void;
  /** Moves a part of the framebuffer, which may lie over where it goes. */
  copyImage(
    fromX: number,
    fromY: number,
    x: number,
    y: number,
    width: number,
    height: number,
    fromQueue?: boolean,
  ): void;
  imageRect(x: number, y: number, width: number, height: number, mime: string, bytes: Uint8Array<ArrayBuffer>): void;
  /** With eight numbers: source x, y, width, height; destination x, y, width, height. */
  drawImage(image: CanvasImageSource | VideoFrameLike, ...place: number[]): void;
  /** Whether so much is queued that the next update has to wait for {@link flush}. */
  pending(): boolean;
  flush(): Promise<void>;
  _renderQPush(entry: FrameEntry): void;
  /** Draws what can be drawn. */
  _scanRenderQ(): void;
}

/** The canvases of {@link Display}: the framebuffer's, and the one that is seen, which has a part of it. */
export interface Canvases {
  /** The page's pixels for one of the framebuffer's. */
  scale: number;
  /** Whether a part of the framebuffer may be shown. */
  clipViewport: boolean;
  /** The part that is shown. */
  readonly _viewportLoc: { x: number; y: number; w: number; h: number };
  /** Both keep the part within the framebuffer. */
  viewportChangeSize(width: number, height: number): void;
  viewportChangePos(x: number, y: number): void;
  _drawCtx: CanvasRenderingContext2D;
  _targetCtx: CanvasRenderingContext2D;
  /** Makes visible what an update has drawn; queued where something waits, unless it comes from there. */
  flip(fromQueue?: boolean): void;
  /** What is to be seen with the next flip; empty where `right` is not beyond `left`. */
  readonly _damageBounds: { left: number; top: number; right: number; bottom: number };
  /** Notes that this part is to be seen with the next flip. */
  _damage(x: number, y: number, width: number, height: number): void;
}

/** An entry of the table of decoders, `core/decoders/*.js`. */
export interface Decoder {
  /**
   * Reads a rectangle's data, and draws or queues it. False where data is missing: it is called again when there is more.
   * `depth` is 24 (four bytes a pixel: R, G, B, unused) or 8. Throws where the data is wrong, which ends the session.
   */
  decodeRect(
    x: number,
    y: number,
    width: number,
    height: number,
    sock: Websock,
    display: Display,
    depth: number,
  ): boolean;
}

/** `core/inflator.js`: a zlib stream. */
export interface Inflator {
  setInput(data: Uint8Array | null): void;
  /** The next `length` bytes, valid until the next call. Throws where there are fewer, or the data is broken. */
  inflate(length: number): Uint8Array;
}

/** `core/input/keyboard.js`: knows which keys are down. */
export interface Keyboard {
  /** A release of a key that is not down is dropped. */
  _sendKeyEvent(keysym: number, code: string, down: boolean, numLock: boolean | null, capsLock: boolean | null): void;
  _allKeysUp(): void;
  /** Both stop the event. */
  readonly _eventHandlers: { keydown(event: KeyboardEvent): void; keyup(event: KeyboardEvent): void };
  /** The symbol that each key was pressed with, by its name. */
  readonly _keyDownList: Readonly<Record<string, number>>;
}

/** `core/rfb.js`. Its handlers of messages are called with the type read, and of rectangles with the header read. They return
 * false where data is missing, and are called again when there is more. */
export interface Internals {
  /** Fills the target; around the canvas. */
  _screen: HTMLElement;
  _canvas: HTMLCanvasElement;
  _cursor: Cursor;
  _rfbConnectionState: string;
  /** What the server calls its desktop. */
  readonly _fbName: string;
  /** Of the server's first screen. */
  _screenID: number;
  _screenFlags: number;
  _updateClip(): void;
  _updateScale(): void;
  _requestRemoteResize(): void;
  _handleExtendedDesktopSize(): boolean;
  _refreshCursor(): void;
  /** Both take pixels of the canvas's on the page, the second one also RFB's mask of buttons. */
  _handleMouseMove(x: number, y: number): void;
  _handleMouseButton(x: number, y: number, mask: number): void;
  /** As both above; of the DOM's. */
  _handleMouse(event: MouseEvent): void;
  /** As both above. What noVNC itself calls for everything that the mouse does. */
  _sendMouse(x: number, y: number, mask: number): void;
  /** The server takes keys by their places, with QEMU's extended KeyEvent. */
  readonly _qemuExtKeyEventSupported: boolean;
  /** The server knows more than seven buttons. */
  _extendedPointerEventSupported: boolean;
  /** The buttons that are down, by RFB's mask. */
  readonly _mouseButtonMask: number;
  addEventListener(name: string, listener: () => void): void;
  _decoders: Record<number, Decoder>;
  _display: Display & Canvases;
  _sock: Websock;
  /** The framebuffer update that is being read; `rects` is 0 between two. For a cursor, `x` and `y` are its hotspot. */
  _FBU: { rects: number; x: number; y: number; width: number; height: number; encoding: number };
  _viewOnly: boolean;
  _keyboard: Keyboard;
  /** The text that the server may ask for; null where it has a newer one itself. */
  _clipboardText: string | null;
  _clipboardServerCapabilitiesFormats: Record<number, boolean>;
  _clipboardServerCapabilitiesActions: Record<number, boolean>;
  _handleSetColourMapMsg(): boolean;
  _handleServerCutText(): boolean;
  _handleServerFenceMsg(): boolean;
  _handleXvpMsg(): boolean;
  _handleCursor(): boolean;
  _handleVMwareCursor(): boolean;
  _handleDesktopName(): boolean;
  _resize(width: number, height: number): void;
  dispatchEvent(event: CustomEvent): boolean;
  /** An update waits for those before to be drawn, and nothing is read. */
  _flushing: boolean;
  _fbWidth: number;
  _fbHeight: number;
  /** The server has sent a fence, so that it understands them. */
  _supportsFence: boolean;
  /** The server sends updates without being asked. */
  _enabledContinuousUpdates: boolean;
  /** Reads a message, or the rest of an update. False where data is missing: it is called again when there is more. */
  _normalMsg(): boolean;
  /** Reads a rectangle of an update. False where data is missing. */
  _handleRect(): boolean;
  /** The same for one that has pixels. */
  _handleDataRect(): boolean;
  /** Reads what there is, a byte at least. */
  _handleMessage(): void;
  /** Ends the session. */
  _fail(detail: string): boolean;
}

/** `core/util/cursor.js`: the pointer over the canvas. */
export interface Cursor {
  /** Null before it is attached, and after. */
  _target: HTMLElement | null;
  _canvas: HTMLCanvasElement;
  _hotSpot: { x: number; y: number };
  /** `rgba` are the pixels, `x` and `y` the hotspot. */
  change(rgba: ArrayLike<number>, x: number, y: number, width: number, height: number): void;
}

/** `RFB.cursors` of `core/rfb.js`. */
export interface Cursors {
  /** What is shown in place of a cursor without any visible pixel. */
  dot: { rgbaPixels: ArrayLike<number>; hotx: number; hoty: number; w: number; h: number };
}

/** `RFB.messages` of `core/rfb.js`: what is sent. */
export interface Messages {
  enableContinuousUpdates(sock: Websock, enable: boolean, x: number, y: number, width: number, height: number): void;
  fbUpdateRequest(sock: Websock, incremental: boolean, x: number, y: number, width: number, height: number): void;
  setDesktopSize(sock: Websock, width: number, height: number, id: number, flags: number): void;
  clientFence(sock: Websock, flags: number, payload: string): void;
  keyEvent(sock: Websock, ...fields: number[]): void;
  QEMUExtendedKeyEvent(sock: Websock, ...fields: number[]): void;
  clientEncodings(sock: Websock, encodings: number[]): void;
  pointerEvent(sock: Websock, ...fields: number[]): void;
  extendedPointerEvent(sock: Websock, ...fields: number[]): void;
}
