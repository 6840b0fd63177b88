// Copies text between the clipboards of both machines, each text once.

import * as engine from '../ipc';

export class SharedClipboard {
  /** The last text copied on either side, as the panel shows it. */
  text = $state('');
  // The text that both sides have. Only a different one is passed on, so that no text goes in circles.
  #known: string | null = null;

  /** The remote machine copied `text`. */
  async receive(text: string): Promise<void> {
    if (this.#isKnown(text)) return;
    this.#note(text);
    await engine.writeClipboard(text);
  }

  /** Text copied here that the remote machine does not have yet; null where there is none. */
  async unsent(): Promise<string | null> {
    const text = await engine.readClipboard();
    if (!text || this.#isKnown(text)) return null;
    this.#note(text);
    return text;
  }

  /** The user wrote `text` for the remote machine. */
  write(text: string): void {
    this.#note(text);
  }

  /** A session begins: the remote machine has nothing yet. */
  begin(): void {
    this.#known = null;
  }

  #note(text: string): void {
    this.text = text;
    this.#known = text;
  }

  #isKnown(text: string): boolean {
    if (this.#known === null) return false;
    const [known, other] = [plain(this.#known), plain(text)];
    // A server without the extended clipboard may echo our text with letters outside Latin-1 lost.
    return other === known || other === latin1(known);
  }
}

// RFB text has LF line ends, so an echo may differ in them.
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function latin1(text: string): string {
  return Array.from(text, (letter) => ((letter.codePointAt(0) ?? 0) > 0xff ? '?' : letter)).join('');
}
