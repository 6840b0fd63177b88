// The text in the search box, and the address that it may be.

import { errorText, problemText } from '../../i18n';
import * as engine from '../../ipc';
import { toEngineError } from '../../ipc/error';

/** What a text reads as: an address, or why it is none; neither for an empty text. */
interface Reading {
  text: string;
  address?: string;
  problem?: string;
}

export class Query {
  #text = $state('');
  // Until the present text has been read, the former reading stays, so that the row below the list does not flicker.
  #reading = $state.raw<Reading>({ text: '' });

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    void this.#read(text);
  }

  get isEmpty(): boolean {
    return !this.#text.trim();
  }

  /** The text as an address; undefined where it is none. */
  get address(): string | undefined {
    return this.isEmpty ? undefined : this.#reading.address;
  }

  /** Why the text is no address; null where it is one, or has not been read yet. */
  get problem(): string | null {
    return this.#reading.text === this.#text ? (this.#reading.problem ?? null) : null;
  }

  async #read(text: string): Promise<void> {
    let reading: Reading = { text };
    if (text.trim()) {
      // What is found is painted first.
      await new Promise((resolve) => setTimeout(resolve));
      if (text !== this.#text) return;
      try {
        reading = { text, address: await engine.readAddress(text) };
      } catch (caught) {
        const error = toEngineError(caught);
        const field = error.code === 'fields' ? error.fields[0] : undefined;
        reading = { text, problem: field ? problemText(field) : errorText(error) };
      }
    }
    if (text === this.#text) this.#reading = reading;
  }
}
