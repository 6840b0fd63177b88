// One clipboard for both machines: what is copied on either side can be pasted on the other.

import * as engine from '../ipc';

export class SharedClipboard {
  /** The last text that either side copied; what the panel shows. */
  text = $state('');
  // What both sides are believed to have. Passing on only what differs from it is what keeps a text from going in circles.
  #known: string | null = null;

  /** The remote machine copied `text`. */
  async receive(text: string): Promise<void> {
    if (this.#isKnown(text)) return;
    this.#note(text);
    await engine.writeClipboard(text);
  }

  /** What was copied here and the remote machine does not have yet; null where there is nothing new. */
  async news(): Promise<string | null> {
    const text = await engine.readClipboard();
    if (!text || this.#isKnown(text)) return null;
    this.#note(text);
    return text;
  }

  /** The user wrote `text` for the remote machine. */
  write(text: string): void {
    this.#note(text);
  }

  /** A session begins: its machine has nothing of ours yet. */
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
    // Servers that know only Latin-1 may echo our text with its other letters lost; that is no news.
    return other === known || other === latin1(known);
  }
}

// Line ends change on the way; a difference in nothing else is none.
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function latin1(text: string): string {
  return Array.from(text, (letter) => ((letter.codePointAt(0) ?? 0) > 0xff ? '?' : letter)).join('');
}
