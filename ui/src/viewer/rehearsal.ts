// What a window in waiting does while it waits: all that a first screen does, once, and unseen. A first text makes WebKit look
// for typefaces, a first call makes it compile: together as long as everything else between a click and the picture.

import { flushSync, mount, unmount } from 'svelte';
import { defaultDisplay } from '../ipc/display';
import type { Novnc } from './novnc';
import { Session } from './session.svelte';
import Toolbar from './toolbar/Toolbar.svelte';

/** Draws a screen of a few pixels and the toolbar out of sight; afterwards nothing of it is left. */
export function rehearse(Novnc: Novnc): void {
  const stage = document.createElement('div');
  stage.inert = true;
  Object.assign(stage.style, { position: 'absolute', width: '100%', height: '100%', visibility: 'hidden' });
  document.body.append(stage);
  const nothing = () => {};
  const props = { session: playedSession(), onpaste: nothing, onleave: nothing };
  const toolbar = mount(Toolbar, { target: stage, props });
  flushSync();
  const server = new Server();
  const rfb = new Novnc(stage, server as unknown as WebSocket, { shared: true });
  rfb.scaling = 'fit';
  server.play();
  // Typefaces are looked for when a text's size is asked for.
  stage.getBoundingClientRect();
  rfb.disconnect();
  void unmount(toolbar);
  stage.remove();
}

/** A session that has all that the toolbar shows. */
function playedSession(): Session {
  const session = new Session();
  session.view = {
    name: 'Portlight',
    address: '[::1]:5900',
    view_only: false,
    frame: null,
    ask_lines: false,
    lines_asked: null,
    saved: true,
    called: false,
    can_keep: false,
    has_login: false,
    can_type_password: false,
    secret: null,
    can_keep_secret: true,
    private: true,
    can_wake: false,
    lead: null,
    storing: null,
    picture: 'off',
    display: defaultDisplay,
    scaling_unchosen: 'fit',
    quality_unchosen: 'automatic',
    clipboard_unchosen: 'both',
    rewind_unchosen: 'off',
    composing_unchosen: 'there',
    recording: { state: 'off' },
    playback: null,
  };
  session.protection = {
    level: 'password',
    local: false,
    security_type: 'VncAuth',
    mechanism: null,
    tls: null,
    old: [],
    identity: null,
    through: null,
    site_tls: null,
    site_old: [],
    password_unasked: false,
  };
  return session;
}

/**
 * A server of 66x1 pixels, which are too many to be drawn as small rectangles are, with the WebSocket that noVNC wants in
 * front of it (RFC 6143, section 7).
 */
class Server {
  binaryType = 'arraybuffer';
  protocol = '';
  readyState = 'open';
  onopen: (() => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((message: MessageEvent) => void) | null = null;

  send(): void {}
  close(): void {
    this.readyState = 'closed';
    this.onclose?.(new CloseEvent('close', { code: 1000, wasClean: true }));
  }

  play(): void {
    const version = [...'RFB 003.008\n'].map((letter) => letter.charCodeAt(0));
    const [offerNone, accepted] = [
      [1, 1],
      [0, 0, 0, 0],
    ];
    const size = [0, 66, 0, 1];
    const trueColour = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
    const name = [0, 0, 0, 1, 80];
    const rawUpdate = [0, 0, 0, 1, 0, 0, 0, 0, ...size, 0, 0, 0, 0, ...new Array<number>(66 * 4).fill(0)];
    for (const message of [version, offerNone, accepted, [...size, ...trueColour, ...name], rawUpdate]) {
      this.onmessage?.(new MessageEvent('message', { data: new Uint8Array(message).buffer }));
    }
  }
}
