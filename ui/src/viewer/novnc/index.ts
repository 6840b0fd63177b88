// noVNC, and all that Portlight changes of it from outside: its package stays unmodified.

import type RFB from '@novnc/novnc';
import { acknowledge } from './acknowledge';
import { requestAhead, skipSecondRequests } from './ahead';
import { noticeInput, watchAnswers } from './answers';
import { limitBells } from './bells';
import { replaceDecoders, startWorker } from './decoders';
import { inflatorOf, limitClipboard } from './clipboard';
import type { Internals, Messages } from './internals';
import { skipMessagesOfKnownLength } from './messages';
import { limitPseudoRectangles } from './rectangles';
import { holdRequests, restWhileHidden } from './rest';
import { refuseTooLarge } from './screenSize';
import { captureErrors, nameSuperKey, removeVideoDecoder } from './shims';
import { drawSmallThroughOne } from './small';

/** What ours has in addition to noVNC's. */
interface Additions {
  /** A key goes down or up, as the window's toolkit says; one that goes up has the symbol that it went down with. */
  takeKey(keysym: number, code: string, down: boolean, numLock: boolean, capsLock: boolean): void;
  /** All keys that are down go up. noVNC does so where the window loses the focus, but not where another element takes it. */
  releaseKeys(): void;
}

/** noVNC with our changes. */
export type Novnc = new (...parameters: ConstructorParameters<typeof RFB>) => RFB & Additions;

/** Loads noVNC; `onError` gets its error messages, now and later. */
export type LoadNovnc = (onError: (message: string) => void) => Promise<Novnc>;

export async function loadNovnc(onError: (message: string) => void): Promise<Novnc> {
  removeVideoDecoder(window);
  nameSuperKey(KeyboardEvent.prototype);
  const [{ default: Original }, worker] = await Promise.all([
    captureErrors(() => import('@novnc/novnc'), onError),
    startWorker(),
  ]);
  return changed(Original, worker);
}

/** noVNC with our changes. */
function changed(Original: typeof RFB, firstWorker: Worker | null): Novnc {
  // A worker keeps the state of one session's streams: the next session gets another one.
  let next = firstWorker;
  const { messages } = Original as unknown as { messages: Messages };
  holdRequests(messages);
  const original = { ...messages };
  skipSecondRequests(messages);
  noticeInput(messages);
  return class extends Original implements Additions {
    readonly #mayPaste: (text: string) => boolean;

    constructor(...parameters: ConstructorParameters<typeof RFB>) {
      super(...parameters);
      const internals = this as unknown as Internals;
      const Inflator = inflatorOf(internals);
      requestAhead(internals, original.fbUpdateRequest);
      const endDecoders = replaceDecoders(internals, next);
      drawSmallThroughOne(internals._display);
      limitBells(internals);
      refuseTooLarge(internals);
      limitPseudoRectangles(internals);
      skipMessagesOfKnownLength(internals);
      // Behind all others that look at messages: what it skips is none.
      this.#mayPaste = limitClipboard(internals, Inflator);
      const endWatch = watchAnswers(parameters[1], internals, original);
      acknowledge(parameters[1], internals);
      const endRest = restWhileHidden(internals, messages);
      next = null;
      this.addEventListener('disconnect', () => {
        endDecoders();
        endWatch();
        endRest();
        void startWorker().then((worker) => (next ??= worker));
      });
    }

    takeKey(keysym: number, code: string, down: boolean, numLock: boolean, capsLock: boolean): void {
      const { _keyboard: keyboard } = this as unknown as Internals;
      const symbol = down ? keysym : (keyboard._keyDownList[code] ?? keysym);
      keyboard._sendKeyEvent(symbol, code, down, numLock, capsLock);
    }

    releaseKeys(): void {
      (this as unknown as Internals)._keyboard._allKeysUp();
    }

    override clipboardPasteFrom(text: string): void {
      if (this.#mayPaste(text)) super.clipboardPasteFrom(text);
    }
  };
}
