// A small picture of the screen for the overview of all sessions: a JPEG file of a few kilobytes.

/** At most so wide and high, in pixels. */
const SIZE = { width: 320, height: 240 };
const QUALITY = 0.6;

/** The file in base64; null where there is no picture. */
export function smallPicture(screen: HTMLCanvasElement): string | null {
  const { width, height } = smallSize(screen.width, screen.height);
  if (width === 0 || height === 0) return null;
  const small = document.createElement('canvas');
  Object.assign(small, { width, height });
  const context = small.getContext('2d');
  if (!context) return null;
  context.imageSmoothingQuality = 'medium';
  context.drawImage(screen, 0, 0, width, height);
  const url = small.toDataURL('image/jpeg', QUALITY);
  return url.startsWith(JPEG) ? url.slice(JPEG.length) : null;
}

/** The screen's shape within {@link SIZE}; a smaller screen stays as it is. */
export function smallSize(width: number, height: number): { width: number; height: number } {
  if (width === 0 || height === 0) return { width: 0, height: 0 };
  const scale = Math.min(1, SIZE.width / width, SIZE.height / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

const JPEG = 'data:image/jpeg;base64,';
