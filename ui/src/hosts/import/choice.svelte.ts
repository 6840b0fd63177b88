// What a preview offers, and what of it is chosen.

import { errorText } from '../../i18n';
import { reachImportThrough } from '../../ipc';
import type { ImportEntry } from '../../ipc/bindings/ImportEntry';
import type { ImportPassword } from '../../ipc/bindings/ImportPassword';
import type { ImportPreview } from '../../ipc/bindings/ImportPreview';
import { toEngineError } from '../../ipc/error';

export class Choice {
  #preview: ImportPreview = $state.raw({ number: 0, files: [], entries: [] });
  /** Whether passwords that stand in the files are taken. */
  passwords = $state(false);
  #ticked = $state.raw<ReadonlySet<number>>(new Set());
  #site = $state('');
  /** The site that was asked about last: one question at a time, as each preview has a number of its own. */
  #asked = $state('');
  #isAsking = $state(false);
  #siteProblem = $state<string | null>(null);

  /** The places of the entries that can be chosen as it stands. */
  readonly possible: number[] = $derived.by(() =>
    this.preview.entries.flatMap((entry, place) => (isPossible(entry, this.passwords) ? [place] : [])),
  );
  /** The places of those that are. */
  readonly chosen: number[] = $derived.by(() => this.possible.filter((place) => this.#ticked.has(place)));

  constructor(preview: ImportPreview) {
    this.#preview = preview;
    this.#ticked = new Set(preview.entries.flatMap((entry, place) => (isProposed(entry) ? [place] : [])));
  }

  get preview(): ImportPreview {
    return this.#preview;
  }

  /** Whether there are machines that a site may lead to. */
  get hasTokens(): boolean {
    return this.preview.files.some(({ format, problem }) => format === 'websockify' && problem === null);
  }

  /** What machines of token files are reached through; empty where they are reached directly. */
  get site(): string {
    return this.#site;
  }

  set site(site: string) {
    this.#site = site;
    void this.#follow();
  }

  /** Why that is no site; null where it is one. */
  get siteProblem(): string | null {
    return this.#siteProblem;
  }

  /** Whether the preview is that of the site as it is typed now. */
  get isSettled(): boolean {
    return !this.#isAsking && this.#siteProblem === null;
  }

  async #follow(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#asked !== this.#site.trim()) {
      this.#asked = this.#site.trim();
      try {
        this.#show(await reachImportThrough(this.preview.number, this.#asked));
        this.#siteProblem = null;
      } catch (caught) {
        this.#siteProblem = errorText(toEngineError(caught));
      }
    }
    this.#isAsking = false;
  }

  /** The same entries in another preview: ticks stay where an entry is what it was. */
  #show(preview: ImportPreview): void {
    const before = this.preview.entries;
    const isTicked = (entry: ImportEntry, place: number) =>
      entry.plan.plan === before[place]?.plan.plan ? this.#ticked.has(place) : isProposed(entry);
    this.#ticked = new Set(preview.entries.flatMap((entry, place) => (isTicked(entry, place) ? [place] : [])));
    this.#preview = preview;
  }

  has(place: number): boolean {
    return this.#ticked.has(place) && this.canBe(place);
  }

  canBe(place: number): boolean {
    const entry = this.preview.entries[place];
    return entry !== undefined && isPossible(entry, this.passwords);
  }

  set(place: number, on: boolean): void {
    const ticked = new Set(this.#ticked);
    if (on) ticked.add(place);
    else ticked.delete(place);
    this.#ticked = ticked;
  }

  setAll(on: boolean): void {
    this.#ticked = new Set(on ? this.possible : []);
  }

  /** How many entries have a password of one of these kinds. */
  count(...kinds: ImportPassword[]): number {
    return this.preview.entries.filter(({ password }) => kinds.includes(password)).length;
  }

  /** How many of the chosen ones are new, and how many change a machine. */
  get added(): number {
    return this.chosen.filter((place) => this.preview.entries[place]?.plan.plan === 'add').length;
  }
}

function isProposed({ plan }: ImportEntry): boolean {
  return plan.plan === 'change' || (plan.plan === 'add' && plan.proposed);
}

function isPossible({ plan }: ImportEntry, passwords: boolean): boolean {
  if (plan.plan === 'add') return true;
  return plan.plan === 'change' && (passwords || plan.gaps.some((gap) => gap !== 'password'));
}
