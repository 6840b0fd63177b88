// Measures a session. What the choice of a quality needs is measured always: a few additions with each message. All else is
// counted only while that is shown, and costs nothing otherwise: its hooks are not there.

import { holdsBack } from './acknowledge';
import type { Internals, Messages } from './internals';
import { peek } from './skip';
import { Transfers, type Transfer } from './transfers';

/** What has come so far, and what was waited for, since the session began or that is shown. */
export interface Counts {
  /** When, in milliseconds. */
  at: number;
  /** Bytes of RFB from the server, and to it. */
  received: number;
  sent: number;
  /** Updates with something to draw. */
  updates: number;
  /** Milliseconds in which the rest of an update was waited for, */
  waiting: number;
  /** and in which the page read, decoded and drew, or nothing was read because too much waited to be drawn. */
  busy: number;
  /** By encoding, in the order of their first rectangles. */
  encodings: Map<string, { rectangles: number; bytes: number }>;
  /** Milliseconds from the last question to its answer; null where none has come. */
  answer: number | null;
}

/** Rectangle's header (RFC 6143 7.6.1). */
const HEADER = 12;
const TIGHT = 7;
const NAMES: Record<number, string> = {
  0: 'Raw',
  1: 'CopyRect',
  2: 'RRE',
  5: 'Hextile',
  6: 'zlib',
  [TIGHT]: 'Tight',
  16: 'ZRLE',
  21: 'JPEG',
  50: 'H.264',
  [-260]: 'TightPNG',
};
/** Cursors, sizes, names: nothing of the screen. */
export const OTHER = '';

/** A fence that wants an answer, and has to be handled after what was sent before it (rfbproto 7.5.7). */
const QUESTION = 2 ** 31 + 1;
/** Tells our answer from those to other fences. */
const PAYLOAD = 'pace';
/** The largest rectangle that a server answers one pixel with: some have tiles. */
const TILE = 64 * 64;

export class Meter {
  /** A transfer has ended; the part of the time since the last one that the page was busy. */
  ontransfer: (transfer: Transfer, busy: number) => void = () => {};
  readonly #rfb: Internals;
  readonly #socket: WebSocket;
  readonly #messages: Messages;
  readonly #transfers = new Transfers();
  #counts: Counts;
  #last: { at: number; busy: number };

  /** Behind all others that handle the socket's messages; `messages` are noVNC's own. */
  constructor(socket: WebSocket, rfb: Internals, messages: Messages) {
    const at = performance.now();
    [this.#rfb, this.#socket, this.#messages] = [rfb, socket, messages];
    this.#counts = { at, received: 0, sent: 0, updates: 0, waiting: 0, busy: 0, encodings: new Map(), answer: null };
    this.#last = { at, busy: 0 };
    this.#hear();
  }

  #hear(): void {
    const receive = this.#socket.onmessage;
    const [rfb, counts] = [this.#rfb, this.#counts];
    let ended = performance.now();
    let [unfinished, full] = [false, false];
    this.#socket.onmessage = (message: MessageEvent<ArrayBuffer>) => {
      const bytes = message.data.byteLength;
      const began = performance.now();
      const gap = began - ended;
      if (full) counts.busy += gap;
      else if (unfinished) counts.waiting += gap;
      const waited = full ? 0 : gap;
      receive?.call(this.#socket, message);
      ended = performance.now();
      counts.busy += ended - began;
      counts.received += bytes;
      full = holdsBack(rfb);
      unfinished = rfb._FBU.rects > 0;
      const transfer = this.#transfers.take(bytes, waited, unfinished);
      if (transfer) this.#tell(transfer, ended);
    };
  }

  #tell(transfer: Transfer, at: number): void {
    const { busy } = this.#counts;
    const part = (busy - this.#last.busy) / Math.max(at - this.#last.at, 1);
    this.#last = { at, busy };
    this.ontransfer(transfer, Math.min(part, 1));
  }

  /** Counts everything from now on. Ends with the function that it returns. */
  watch(): Watch {
    const counts = this.#counts;
    Object.assign(counts, { sent: 0, updates: 0, answer: null });
    counts.encodings = new Map();
    const question = new Question(this.#rfb, this.#messages, counts);
    const ends = [this.#countSent(), this.#countRectangles(question), question.listen()];
    return {
      look: () => {
        question.ask();
        const encodings = new Map([...counts.encodings].map(([name, sum]) => [name, { ...sum }]));
        return { ...counts, at: performance.now(), encodings };
      },
      end: () => ends.reverse().forEach((end) => end()),
    };
  }

  #countSent(): () => void {
    const socket = this.#socket;
    const send = socket.send.bind(socket);
    socket.send = (data: Parameters<WebSocket['send']>[0]) => {
      // Texts are for the relay.
      if (typeof data !== 'string' && 'byteLength' in data) this.#counts.sent += data.byteLength;
      send(data);
    };
    return () => void (socket.send = send);
  }

  #countRectangles(question: Question): () => void {
    const [rfb, counts] = [this.#rfb, this.#counts];
    const { _handleRect: handleRect, _display: display } = rfb;
    const { flip } = display;
    let [used, name, drawn] = [0, OTHER, false];
    rfb._handleRect = () => {
      const { encoding, x, y, width, height } = rfb._FBU;
      const before = rfb._sock.rQlen();
      // The first byte of a Tight rectangle says whether it is a JPEG picture. It may not be there yet.
      if (used === 0)
        name = encoding === TIGHT && before > 0 && rfb._sock.rQpeek8() >> 4 === 9 ? 'Tight JPEG' : named(encoding);
      const done = handleRect.call(rfb);
      used += before - rfb._sock.rQlen();
      if (!done) return false;
      const sum = counts.encodings.get(name) ?? { rectangles: 0, bytes: 0 };
      counts.encodings.set(name, { rectangles: sum.rectangles + 1, bytes: sum.bytes + used + HEADER });
      used = 0;
      const isAnswer = name !== OTHER && question.isAnsweredBy(x, y, width, height);
      drawn ||= name !== OTHER && !isAnswer;
      return true;
    };
    display.flip = (fromQueue) => {
      if (drawn) counts.updates += 1;
      drawn = false;
      flip.call(display, fromQueue);
    };
    return () => {
      rfb._handleRect = handleRect;
      display.flip = flip;
    };
  }
}

export interface Watch {
  /** What was counted so far. Asks the server for an answer, whose time the next look has. */
  look(): Counts;
  end(): void;
}

function named(encoding: number): string {
  return NAMES[encoding] ?? OTHER;
}

/** Something that a server always answers: a fence, or one pixel where it has no fences. */
class Question {
  #asked: number | null = null;
  #byPixel = false;

  constructor(
    readonly rfb: Internals,
    readonly messages: Messages,
    readonly counts: Counts,
  ) {}

  ask(): void {
    if (this.#asked !== null || this.rfb._rfbConnectionState !== 'connected') return;
    this.#asked = performance.now();
    this.#byPixel = !this.rfb._supportsFence;
    if (this.#byPixel) this.messages.fbUpdateRequest(this.rfb._sock, false, 0, 0, 1, 1);
    else this.messages.clientFence(this.rfb._sock, QUESTION, PAYLOAD);
  }

  #answered(): void {
    if (this.#asked !== null) this.counts.answer = performance.now() - this.#asked;
    this.#asked = null;
  }

  /** Whether a rectangle is nothing else than the answer. */
  isAnsweredBy(x: number, y: number, width: number, height: number): boolean {
    if (this.#asked === null || !this.#byPixel || x > 0 || y > 0) return false;
    this.#answered();
    return width * height <= TILE;
  }

  /** Hears fences until the function that it returns is called. */
  listen(): () => void {
    const { rfb } = this;
    const handle = rfb._handleServerFenceMsg;
    rfb._handleServerFenceMsg = () => {
      const ours = rfb._sock.rQlen() >= 8 && isOurs(peek(rfb._sock, 8));
      const done = handle.call(rfb);
      if (done && ours && !this.#byPixel) this.#answered();
      return done;
    };
    return () => void (rfb._handleServerFenceMsg = handle);
  }
}

/** Of a fence's head, its type already read. */
function isOurs(head: DataView): boolean {
  return head.getUint8(3) < 0x80 && head.getUint8(7) === PAYLOAD.length;
}
