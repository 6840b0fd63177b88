// A picture of a machine's screen as it crosses to the engine and back.

export interface Picture {
  /** Nothing can be read in it. */
  blurred: boolean;
  /** The screen's size in its own pixels; the picture is smaller. */
  width: number;
  height: number;
  /** A JPEG or WebP file. */
  file: Uint8Array<ArrayBuffer>;
}

const HEADER = 5;

export function toBytes({ blurred, width, height, file }: Picture): Uint8Array {
  const bytes = new Uint8Array(HEADER + file.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, blurred ? 1 : 0);
  view.setUint16(1, width);
  view.setUint16(3, height);
  bytes.set(file, HEADER);
  return bytes;
}

/** Null where there are no bytes. */
export function toPicture(bytes: ArrayBuffer): Picture | null {
  if (bytes.byteLength <= HEADER) return null;
  const view = new DataView(bytes);
  return {
    blurred: view.getUint8(0) === 1,
    width: view.getUint16(1),
    height: view.getUint16(3),
    file: new Uint8Array(bytes, HEADER),
  };
}

/** The file as something that can be decoded. */
export function toBlob(file: Uint8Array<ArrayBuffer>): Blob {
  // How JPEG files begin; the others are WebP files.
  return new Blob([file], { type: file[0] === 0xff ? 'image/jpeg' : 'image/webp' });
}
