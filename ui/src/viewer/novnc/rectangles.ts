// Rectangles of any size. noVNC would hold a cursor of 16 GB, and end the session because it cannot: a pseudo-rectangle larger than
// any real one is skipped as it arrives, and what was there before stays. Pixels cannot be skipped, as their length is not known; few
// bytes may be 65,535 x 65,535 of them.

import type { Internals } from './internals';
import { peek, Skip } from './skip';

/** Pixels of a cursor. The web view shows none of more than 128x128. */
const MAX_CURSOR = 1024 * 1024;
/** Bytes of a desktop's name. */
const MAX_NAME = 64 * 1024;

/** Pixels of a rectangle that is larger than the screen. Of one that reaches beyond it, what is inside is drawn. */
const MAX_PIXELS = 2048 * 2048;

export function limitRectangles(rfb: Internals): void {
  limitPixels(rfb);
  limitCursor(rfb);
  limitVmwareCursor(rfb);
  limitName(rfb);
}

function limitPixels(rfb: Internals): void {
  const read = rfb._handleDataRect.bind(rfb);
  rfb._handleDataRect = () => {
    const {
      _FBU: { width, height },
      _fbWidth,
      _fbHeight,
    } = rfb;
    if (width * height <= Math.max(MAX_PIXELS, _fbWidth * _fbHeight)) return read();
    return rfb._fail(`A rectangle of ${width}x${height} on a screen of ${_fbWidth}x${_fbHeight}`);
  };
}

/** Cursor (RFC 6143 7.8.1): pixels and a mask. */
function limitCursor(rfb: Internals): void {
  const read = rfb._handleCursor.bind(rfb);
  const skipped = skipsRectangle(rfb);
  rfb._handleCursor = () => {
    const { width, height } = rfb._FBU;
    if (width * height <= MAX_CURSOR) return withHotspotInside(rfb, read);
    return skipped(() => width * height * 4 + Math.ceil(width / 8) * height);
  };
}

/** VMware's cursor (rfbproto 7.8.10): its type, then one image or two. The length of other types is not known. */
function limitVmwareCursor(rfb: Internals): void {
  const read = rfb._handleVMwareCursor.bind(rfb);
  const skipped = skipsRectangle(rfb);
  rfb._handleVMwareCursor = () => {
    const { width, height } = rfb._FBU;
    return skipped(
      () => {
        if (rfb._sock.rQwait('cursor', 2)) return null;
        const type = rfb._sock.rQpeek8();
        if (type > 1) throw new Error(`Unsupported VMware cursor (type: ${type})`);
        return width * height > MAX_CURSOR ? 2 + width * height * (type === 0 ? 8 : 4) : 0;
      },
      () => withHotspotInside(rfb, read),
    );
  };
}

/** DesktopName (rfbproto 7.8.3). */
function limitName(rfb: Internals): void {
  const read = rfb._handleDesktopName.bind(rfb);
  const skipped = skipsRectangle(rfb);
  rfb._handleDesktopName = () =>
    skipped(() => {
      if (rfb._sock.rQwait('name', 4)) return null;
      const length = peek(rfb._sock, 4).getUint32(0);
      return length > MAX_NAME ? 4 + length : 0;
    }, read);
}

/** Where the hotspot is outside, some web views show no cursor at all. */
function withHotspotInside(rfb: Internals, read: () => boolean): boolean {
  const { x, y, width, height } = rfb._FBU;
  rfb._FBU.x = Math.min(x, Math.max(0, width - 1));
  rfb._FBU.y = Math.min(y, Math.max(0, height - 1));
  return read();
}

/**
 * A handler of rectangles that skips some. `lengthOf` gives the bytes to skip, 0 where the rectangle is to be read, null where
 * data is missing.
 */
function skipsRectangle(rfb: Internals) {
  const skip = new Skip();
  return (lengthOf: () => number | null, read: () => boolean = () => true): boolean => {
    if (skip.isUnderWay) return skip.go(rfb._sock);
    const length = lengthOf();
    if (length === null) return false;
    return length === 0 ? read() : skip.begin(rfb._sock, length);
  };
}
