// What noVNC tells of goes on to the session.

import type { Novnc } from './novnc';
import type { Session } from './session.svelte';

/** Until `over`: what is told then is of a connection that is another one's by now. */
export function listen(rfb: InstanceType<Novnc>, session: Session, over: AbortSignal): void {
  const on: typeof rfb.addEventListener = (name, hear) =>
    rfb.addEventListener(name, (event) => {
      if (!over.aborted) hear(event);
    });
  on('clipboard', ({ detail }) => {
    if (!session.viewOnly) void session.attempt(() => session.receiveText(detail.text));
  });
  on('letterslost', ({ detail }) => session.loseLetters(detail.letters));
  on('texttoolarge', ({ detail }) => session.tellTextTooLarge(detail));
  on('keyup', ({ detail }) => session.held.wentUp(detail.code));
  on('bell', () => session.ring());
  on('screensize', ({ detail }) => session.screenSized(detail));
  on('screens', ({ detail }) => session.screens.follow(detail));
  on('following', ({ detail }) => (session.following = detail));
  on('notfollowed', ({ detail }) => session.tellNotFollowed(detail));
  on('pointermode', ({ detail }) => session.keyboard.pointerMode(detail.relative));
  on('silence', ({ detail }) => (session.silence = detail.seconds));
}
