// The size that a file of a picture says it has, before anything of it is decoded: few bytes may be a picture of gigabytes.

/** A JPEG file's markers (ITU-T T.81, table B.1: https://www.w3.org/Graphics/JPEG/itu-t81.pdf). */
const FIRST_FRAME = 0xc0;
const LAST_FRAME = 0xcf;
/** Between those of frames: tables, and one that is reserved. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];
/** Before a frame there are segments with a length: tables, and what applications and people note. */
const TABLES = [0xc4, 0xcc, 0xdb, 0xdd, 0xfe];
const isNote = (marker: number) => marker >= 0xe0 && marker <= 0xef;

/** Width and height; null where the beginning of the file does not say them. */
export function pictureSize(file: Uint8Array, mime: string): [number, number] | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return mime === 'image/png' ? ofPng(view) : ofJpeg(view);
}

/** PNG (https://www.w3.org/TR/png-3/#11IHDR): a signature of 8 bytes, then the chunk with the size, after its length and name. */
function ofPng(file: DataView): [number, number] | null {
  return file.byteLength < 24 ? null : [file.getUint32(16), file.getUint32(20)];
}

/** JPEG (ITU-T T.81, B.2.2): the first frame header. Null where a decoder might find another one. */
function ofJpeg(file: DataView): [number, number] | null {
  for (let at = 2; at + 9 <= file.byteLength && file.getUint8(at) === 0xff;) {
    const marker = file.getUint8(at + 1);
    if (marker >= FIRST_FRAME && marker <= LAST_FRAME && !NO_FRAMES.includes(marker)) {
      return [file.getUint16(at + 7), file.getUint16(at + 5)];
    }
    // Any number of 0xff may stand before a marker.
    if (marker === 0xff) at += 1;
    else if (TABLES.includes(marker) || isNote(marker)) at += 2 + file.getUint16(at + 2);
    else return null;
  }
  return null;
}
