// Asks for the next update when the one before begins to arrive, as other viewers do. noVNC asks when it has read that to its
// end: until the answer is there, the server, the way and the page wait for each other.

import type { Internals, Messages, Websock } from './internals';

/** The area that was asked for ahead, of each connection that has. */
const asked = new WeakMap<Websock, string>();

/** Makes noVNC's own request superfluous where one was sent ahead. */
export function skipSecondRequests(messages: Messages): void {
  const { fbUpdateRequest } = messages;
  messages.fbUpdateRequest = (sock, incremental, x, y, width, height) => {
    const ahead = asked.get(sock);
    asked.delete(sock);
    // After a new size the area is another one.
    if (incremental && ahead === `${x} ${y} ${width} ${height}`) return;
    fbUpdateRequest(sock, incremental, x, y, width, height);
  };
}

/** Asks ahead in one session. `messages` are as {@link skipSecondRequests} found them. */
export function requestAhead(rfb: Internals, request: Messages['fbUpdateRequest']): void {
  const handleRect = rfb._handleRect.bind(rfb);
  rfb._handleRect = () => {
    if (!rfb._enabledContinuousUpdates && !asked.has(rfb._sock)) {
      const [width, height] = [rfb._fbWidth, rfb._fbHeight];
      request(rfb._sock, true, 0, 0, width, height);
      asked.set(rfb._sock, `0 0 ${width} ${height}`);
    }
    return handleRect();
  };
}
