// A window out of sight rests: it asks for no more updates, so that nothing is sent, decoded and drawn for it. What was
// asked for comes, and is drawn; when the window is seen again, all that has changed meanwhile comes in one update.

import type { Internals, Messages, Websock } from './internals';
import type { Mirrors } from './mirror';

type Area = [x: number, y: number, width: number, height: number];

/** The request that waits, of each session that rests. */
const waiting = new WeakMap<Websock, Area | null>();
const glances = new WeakMap<object, () => void>();

/** Holds back the requests of sessions that rest. Put under all others that look at requests. */
export function holdRequests(messages: Messages): void {
  const { fbUpdateRequest } = messages;
  messages.fbUpdateRequest = (sock, incremental, x, y, width, height) => {
    // What is not incremental is for a picture that is not there at all.
    if (incremental && waiting.has(sock)) waiting.set(sock, [x, y, width, height]);
    else fbUpdateRequest(sock, incremental, x, y, width, height);
  };
}

/** Lets one session rest while neither the page nor another window of it is seen; returns what ends that. */
export function restWhileHidden(
  rfb: Internals,
  messages: Messages,
  mirrors: Pick<Mirrors, 'areSeen' | 'onseen'>,
): () => void {
  const sock = rfb._sock;
  /** The server sent updates without being asked, and shall again. */
  let continuous = false;

  const sleep = () => {
    if (waiting.has(sock)) return;
    continuous = rfb._enabledContinuousUpdates;
    const all: Area = [0, 0, rfb._fbWidth, rfb._fbHeight];
    // Otherwise the last request is on its way, and noVNC sends the next one when it was answered.
    waiting.set(sock, continuous ? all : null);
    if (continuous) messages.enableContinuousUpdates(sock, false, ...all);
  };
  const ask = (area: Area) => messages.fbUpdateRequest(sock, true, ...area);
  const wake = () => {
    const held = waiting.get(sock);
    waiting.delete(sock);
    if (held) ask(held);
    if (!continuous) return;
    continuous = false;
    rfb._enabledContinuousUpdates = true;
    messages.enableContinuousUpdates(sock, true, 0, 0, rfb._fbWidth, rfb._fbHeight);
  };
  const look = () => {
    if (document.hidden && !mirrors.areSeen) sleep();
    else if (waiting.has(sock)) wake();
  };

  look();
  mirrors.onseen = look;
  document.addEventListener('visibilitychange', look);
  glances.set(rfb, () => {
    const held = waiting.get(sock);
    if (!held) return;
    waiting.delete(sock);
    ask(held);
    waiting.set(sock, null);
  });
  return () => {
    document.removeEventListener('visibilitychange', look);
    waiting.delete(sock);
    glances.delete(rfb);
  };
}

/** One update for a session that rests, for the small picture of it. */
export function glance(rfb: object): void {
  glances.get(rfb)?.();
}
