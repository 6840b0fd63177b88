// ServerCutText (RFC 6143 7.6.4) and its extension for Unicode, the extended clipboard (rfbproto 7.7.29). noVNC holds a text of any
// length, and ends the session where that is too much; it inflates whatever the server says it has; it leaves parts of messages
// unread, and reads on in the middle; and it sends a text of any length, of which a server may make an empty one. It reads every
// text that is no extended one as Latin-1, and says nothing where a text cannot be written so.

import type { Inflator, Internals } from './internals';
import { peek, skipMessages } from './skip';

/** Bytes of a text in UTF-8. X11 takes no larger one as a whole, and the clipboard would be empty. */
export const MAX_TEXT = 16_000_000;

/**
 * What a server with the extended clipboard takes at least, in bytes. TigerVNC and its relatives take no more than this if they
 * are not told otherwise (their parameter MaxCutText), say that they take any, and clear the clipboard where it is more.
 */
const USUAL_SERVER_MAX = 256 * 1024;

/**
 * What a server without the extended clipboard takes, in bytes. LibVNCServer (x11vnc, krfb, Vino) and QEMU close the connection where it
 * is more; the text would be sent again after the reconnect, and so on.
 */
const PLAIN_SERVER_MAX = 1024 * 1024;

/** The same of wayvnc, which is called so if it is not told otherwise: 0.5 hangs for good on 250,000 letters, and takes 60,000. */
const WAYVNC = { name: 'WayVNC', max: 60_000 };

/** A text that was not passed on because it is too large, in bytes. */
export interface TextTooLarge {
  from: 'server' | 'here';
  bytes: number;
  limit: number;
}

/** Letters of a text that the server's clipboard has not, and that arrive as question marks; empty where all arrive. */
export interface LettersLost {
  letters: string;
}

/** Bytes of ServerCutText behind its type: three of padding and the length. */
const HEAD = 7;
/** The format: UTF-8 with CRLF and a final NUL. */
const TEXT = 1 << 0;
const CAPS = 1 << 24;
const REQUEST = 1 << 25;
const PEEK = 1 << 26;
const NOTIFY = 1 << 27;
const PROVIDE = 1 << 28;
const ACTIONS = 0xff00_0000;
const FORMATS = 0xffff;

/** Replaces the reading; gives what makes of a text the one that is sent, and null where it is too large. */
export function limitClipboard(rfb: Internals, Inflate: new () => Inflator): (text: string) => string | null {
  const sock = rfb._sock;
  const skip = skipMessages(rfb);
  const read = rfb._handleServerCutText.bind(rfb);
  /** Bytes of text that the server says it takes unasked; null before it has said what it is capable of. */
  let announced: number | null = null;

  const tooLarge = (detail: TextTooLarge) => {
    if (!rfb._viewOnly) rfb.dispatchEvent(new CustomEvent('texttoolarge', { detail }));
  };
  const tooLargeToRead = (bytes: number) => tooLarge({ from: 'server', bytes, limit: MAX_TEXT });

  rfb._handleServerCutText = () => {
    if (sock.rQwait('cut text', HEAD, 1)) return false;
    const length = peek(sock, HEAD).getUint32(3);
    const extended = 2 ** 32 - length;
    if (length < 2 ** 31 || (announced === null && extended > MAX_TEXT)) {
      if (length > MAX_TEXT) {
        skip(HEAD + length);
        tooLargeToRead(length);
        return true;
      }
      if (sock.rQwait('cut text', HEAD + length, 1)) return false;
      const text = readClassic(sock.rQpeekBytes(HEAD + length, false).subarray(HEAD));
      sock.rQskipBytes(HEAD + length);
      const bytes = new TextEncoder().encode(text).length;
      if (bytes > MAX_TEXT) tooLargeToRead(bytes);
      else arrive(text);
      return true;
    }
    if (extended > MAX_TEXT) {
      skip(HEAD + extended);
      tooLargeToRead(extended);
      return true;
    }
    if (sock.rQwait('extended clipboard', HEAD + extended, 1)) return false;
    const left = sock.rQlen() - HEAD - extended;
    if (extended >= 4) readExtended(extended);
    sock.rQskipBytes(sock.rQlen() - left);
    return true;
  };

  /** A message of so many bytes behind its head. It may leave some of them unread. */
  function readExtended(bytes: number): void {
    const message = peek(sock, HEAD + bytes);
    const flags = message.getUint32(HEAD);
    const [actions, formats] = [flags & ACTIONS, flags & FORMATS];
    if (actions & CAPS) {
      // A size for each format. Where some are missing, noVNC would read on in the next message.
      if (bytes < 4 + 4 * countBits(formats)) return;
      announced = formats & TEXT ? message.getUint32(HEAD + 4) : 0;
      read();
    } else if (actions === REQUEST || actions === PEEK || actions === NOTIFY) {
      read();
    } else if (actions === PROVIDE && formats & TEXT && !rfb._viewOnly) {
      receive(sock.rQpeekBytes(HEAD + bytes, false).subarray(HEAD + 4));
    }
  }

  /** The text comes first, in front of other formats: its length and itself, in a zlib stream. */
  function receive(data: Uint8Array): void {
    let text: Uint8Array;
    try {
      const inflator = new Inflate();
      inflator.setInput(data);
      const size = new DataView(inflator.inflate(4).slice().buffer).getUint32(0);
      if (size > MAX_TEXT) return tooLargeToRead(size);
      text = size > 0 ? inflator.inflate(size) : new Uint8Array();
    } catch {
      // Broken data. The session goes on, as it is of no use to end it for a text.
      return;
    }
    arrive(new TextDecoder('utf-8', { ignoreBOM: true }).decode(text));
  }

  function arrive(text: string): void {
    if (rfb._viewOnly) return;
    // The server has a newer one than ours.
    rfb._clipboardText = null;
    const detail = { text: text.replace(/\0$/, '').replaceAll('\r\n', '\n') };
    rfb.dispatchEvent(new CustomEvent('clipboard', { detail }));
  }

  return (text) => {
    const extended =
      rfb._clipboardServerCapabilitiesFormats[TEXT] && rfb._clipboardServerCapabilitiesActions[NOTIFY] === true;
    // What it takes unasked, it takes when it has asked as well.
    const plain = rfb._fbName === WAYVNC.name ? WAYVNC.max : PLAIN_SERVER_MAX;
    const limit = extended ? Math.min(MAX_TEXT, Math.max(announced ?? 0, USUAL_SERVER_MAX)) : plain;
    const bytes = extended ? sizeAsSent(text) : text.length;
    if (bytes > limit) {
      tooLarge({ from: 'here', bytes, limit });
      return null;
    }
    const detail: LettersLost = { letters: extended ? '' : lettersLost(text) };
    rfb.dispatchEvent(new CustomEvent('letterslost', { detail }));
    // Without the extension, line ends are LF (RFC 6143 7.5.6); noVNC takes care of those that the extension wants.
    return extended ? text : text.replace(/\r\n?/g, '\n');
  };
}

/**
 * A text without the extension is Latin-1 (RFC 6143 7.6.4), but some servers send UTF-8, and those on Windows what Windows calls ANSI. A
 * text that is no ASCII and happens to be right in UTF-8 is hardly ever meant otherwise.
 */
function readClassic(data: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    // Latin-1, with letters in place of its second set of control characters.
    return new TextDecoder('windows-1252').decode(data);
  }
}

/** Each letter that Latin-1 has not, once, in their order; not all where there are many. */
function lettersLost(text: string): string {
  const letters = new Set<string>();
  for (const [letter] of text.matchAll(/[^\0-\xff]/gu)) {
    letters.add(letter);
    if (letters.size === LETTERS_NAMED) break;
  }
  return [...letters].join('');
}
const LETTERS_NAMED = 12;

/** Bytes in UTF-8 with CRLF and a final NUL. */
function sizeAsSent(text: string): number {
  return new TextEncoder().encode(text.replace(/\r\n|\r|\n/g, '\r\n')).length + 1;
}

function countBits(flags: number): number {
  let count = 0;
  for (let left = flags; left !== 0; left &= left - 1) count++;
  return count;
}

/** noVNC's class for zlib streams, which it does not export: taken from the decoder that we leave as it is. */
export function inflatorOf(rfb: Internals): new () => Inflator {
  const decoder = rfb._decoders[TIGHT_PNG] as unknown as { _zlibs: [Inflator] };
  return decoder._zlibs[0].constructor as new () => Inflator;
}
const TIGHT_PNG = -260;
