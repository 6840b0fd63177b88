// Copies text between the clipboards of both machines, each text once. Which way is allowed, and that this window has the focus, is
// for the engine to say: it gives no text to read, and takes none to write, where either is not so.

import * as engine from '../ipc';

export class SharedClipboard {
  /** The last text copied on either side, as the panel shows it. */
  text = $state('');
  /** Letters of the last text for the remote machine that its clipboard has not. */
  lost = $state('');
  // The last text that each side is known to have. Only another one is passed on, so that no text goes in circles.
  #here: string | null = null;
  #there: string | null = null;
  /** A text from there that waits for the window's focus, or to be allowed. */
  #waiting: string | null = null;
  #delivering = false;

  /** The remote machine copied `text`; false where it is none, or one that it has from here. */
  async receive(text: string): Promise<boolean> {
    if (text === '' || isSame(text, this.#there)) return false;
    this.#note(text);
    this.#waiting = isSame(text, this.#here) ? null : text;
    await this.deliver();
    return true;
  }

  /** Writes what has come into this computer's clipboard, or leaves it waiting. */
  async deliver(): Promise<void> {
    // One after the other: of two at once the older one might be written last.
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      while (this.#waiting !== null) {
        const text = this.#waiting;
        if (!(await this.#write(text))) return;
        this.#here = text;
        if (this.#waiting === text) this.#waiting = null;
      }
    } finally {
      this.#delivering = false;
    }
  }

  /** Text copied here that the remote machine does not have yet; null where there is none. It is newer than what waits. */
  async unsent(): Promise<string | null> {
    const text = await engine.readClipboard();
    if (!text || isSame(text, this.#here)) return null;
    this.#here = text;
    if (isSame(text, this.#there)) return null;
    this.#waiting = null;
    this.#note(text);
    return text;
  }

  /** The user wrote `text` for the remote machine. */
  write(text: string): void {
    this.#note(text);
  }

  /** A session begins: the remote machine has nothing yet. */
  begin(): void {
    this.#here = this.#there = this.#waiting = null;
  }

  async #write(text: string): Promise<boolean> {
    try {
      return await engine.writeClipboard(text);
    } catch (caught) {
      // Told once, and not again with each focus.
      this.#waiting = null;
      throw caught;
    }
  }

  #note(text: string): void {
    this.text = text;
    this.#there = text;
    this.lost = '';
  }
}

/** Whether `text` is the one that is known. */
function isSame(text: string, known: string | null): boolean {
  if (known === null) return false;
  const [one, other] = [plain(text), plain(known)];
  // A server without the extended clipboard may echo our text with letters outside Latin-1 lost.
  return one === other || one === latin1(other);
}

// RFB text has LF line ends, so an echo may differ in them.
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function latin1(text: string): string {
  return Array.from(text, (letter) => ((letter.codePointAt(0) ?? 0) > 0xff ? '?' : letter)).join('');
}
