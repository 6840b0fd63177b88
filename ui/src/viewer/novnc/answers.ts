// Tells when a server has not answered to input. A still desktop answers to none, so that the server is asked for something
// that it always answers: a fence (rfbproto 7.5.7, ClientFence), or one pixel where it has no fences.

import type { Internals, Messages, Websock } from './internals';

/** From one look at a session to the next. Looks are counted, not time: a page that was busy, or asleep, heard nothing either. */
export const LOOK_MS = 500;
/** After so many looks without anything the server is asked, */
const ASK_AFTER = 2;
/** and after so many it is silent: 3 s. */
const SILENT_AFTER = 6;

/** Whether a server answers. Pure. */
export class Answers {
  /** Looks since the first input that has no answer; null while there is none. */
  #looks: number | null = null;

  /** Input was sent. */
  sent(): void {
    this.#looks ??= 0;
  }

  /** Something came, whatever it was. */
  heard(): void {
    this.#looks = null;
  }

  /** Whether an answer is waited for. */
  get waits(): boolean {
    return this.#looks !== null;
  }

  /** For how many seconds the server has not answered; 0 before that is worth a word. */
  get silence(): number {
    const looks = this.#looks ?? 0;
    return looks < SILENT_AFTER ? 0 : Math.floor((looks * LOOK_MS) / 1000);
  }

  /** Time has passed. Returns whether to ask. */
  look(): boolean {
    if (this.#looks === null) return false;
    this.#looks += 1;
    return this.#looks === ASK_AFTER;
  }
}

/** What is input. */
const INPUT = ['keyEvent', 'QEMUExtendedKeyEvent', 'pointerEvent', 'extendedPointerEvent'] as const;

/** What is to happen when input is sent, of each session. */
const watched = new WeakMap<Websock, () => void>();

/** Notices input. Once for all sessions. */
export function noticeInput(messages: Messages): void {
  for (const kind of INPUT) {
    const send = messages[kind].bind(messages);
    messages[kind] = (sock, ...fields) => {
      send(sock, ...fields);
      watched.get(sock)?.();
    };
  }
}

const REQUEST = 2 ** 31;
/** The answer comes when what was sent before the fence has been handled. */
const BLOCK_BEFORE = 1;

/** Watches one session until the function that it returns is called; its silence becomes an event. */
export function watchAnswers(
  socket: WebSocket,
  rfb: Internals,
  { fbUpdateRequest, clientFence }: Messages,
): () => void {
  const answers = new Answers();
  const receive = socket.onmessage;
  let timer: ReturnType<typeof setInterval> | undefined;
  let told = 0;

  const tell = () => {
    if (answers.silence === told) return;
    told = answers.silence;
    rfb.dispatchEvent(new CustomEvent('silence', { detail: { seconds: told } }));
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const look = () => {
    // Not with each answer: while there is typing, they come and go.
    if (!answers.waits) return stop();
    if (answers.look()) {
      if (rfb._supportsFence) clientFence(rfb._sock, REQUEST + BLOCK_BEFORE, '');
      else fbUpdateRequest(rfb._sock, false, 0, 0, 1, 1);
    }
    tell();
  };

  socket.onmessage = (message: MessageEvent) => {
    answers.heard();
    tell();
    receive?.call(socket, message);
  };
  watched.set(rfb._sock, () => {
    answers.sent();
    timer ??= setInterval(look, LOOK_MS);
  });
  return () => {
    watched.delete(rfb._sock);
    stop();
  };
}
