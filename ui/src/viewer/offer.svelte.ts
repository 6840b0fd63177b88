// The offer to copy text, where nobody has chosen that there is none copied.

import { t } from '../i18n';
import type { ClipboardSharing } from '../ipc/bindings/ClipboardSharing';
import type { Display } from '../ipc/bindings/Display';
import type { Protection } from '../ipc/bindings/Protection';
import { isExposed } from '../protection/marks';
import { CONSENT_DELAY_MS } from './consent';

/** A button in a message. */
export interface MessageAction {
  label: string;
  run: () => void;
}

/** What it needs of its session. */
interface Window {
  readonly display: Display;
  readonly sharing: ClipboardSharing;
  readonly protection: Protection | null;
  readonly messageAction: MessageAction | undefined;
  share(clipboard: ClipboardSharing | null): Promise<void>;
  showMessage(text: string, ms: number, action: MessageAction): void;
  dismissMessage(): void;
}

export class SharingOffer {
  readonly #window: Window;
  /** It was made, and is not made once more. */
  #made = false;

  /** Why no text is copied though the user has chosen nothing; null where it is, or the user has. */
  why: 'readable' | 'unlisted' | null = $derived.by(() => {
    const { display, sharing, protection } = this.#window;
    if (display.clipboard !== null || sharing !== 'off' || !protection) return null;
    return isExposed(protection.level, protection.local) ? 'readable' : 'unlisted';
  });

  constructor(window: Window) {
    this.#window = window;
  }

  /** Offers it, once for a machine. */
  make(): void {
    if (this.#made || !this.why) return;
    this.#made = true;
    const shown = performance.now();
    const run = () => {
      // What was aimed at the screen below is no consent.
      if (performance.now() - shown >= CONSENT_DELAY_MS) void this.#window.share('both');
    };
    this.#window.showMessage(t(`clipboard.offer_${this.why}`), OFFER_MS, { label: t('clipboard.allow'), run });
  }

  /** The user has the same offer in front of them, or has decided. */
  withdraw(): void {
    if (this.#window.messageAction) this.#window.dismissMessage();
  }

  /** The session is about another machine now. */
  forget(): void {
    this.#made = false;
  }
}

/** So many milliseconds it stands there. */
const OFFER_MS = 12_000;
