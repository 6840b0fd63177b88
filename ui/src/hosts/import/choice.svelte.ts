// What a preview offers, and what of it is chosen.

import type { ImportEntry } from '../../ipc/bindings/ImportEntry';
import type { ImportPassword } from '../../ipc/bindings/ImportPassword';
import type { ImportPreview } from '../../ipc/bindings/ImportPreview';

export class Choice {
  readonly preview: ImportPreview;
  /** Whether passwords that stand in the files are taken. */
  passwords = $state(false);
  #ticked = $state.raw<ReadonlySet<number>>(new Set());

  /** The places of the entries that can be chosen as it stands. */
  readonly possible: number[] = $derived.by(() =>
    this.preview.entries.flatMap((entry, place) => (isPossible(entry, this.passwords) ? [place] : [])),
  );
  /** The places of those that are. */
  readonly chosen: number[] = $derived.by(() => this.possible.filter((place) => this.#ticked.has(place)));

  constructor(preview: ImportPreview) {
    this.preview = preview;
    const { entries } = preview;
    const proposed = entries.flatMap(({ plan }, place) =>
      plan.plan === 'change' || (plan.plan === 'add' && plan.proposed) ? [place] : [],
    );
    this.#ticked = new Set(proposed);
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

function isPossible({ plan }: ImportEntry, passwords: boolean): boolean {
  if (plan.plan === 'add') return true;
  return plan.plan === 'change' && (passwords || plan.gaps.some((gap) => gap !== 'password'));
}
