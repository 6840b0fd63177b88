// Where rows, cards and headings are, and which one the arrow keys lead to. Pure: pixels in, pixels out.

/** A row's height in pixels, and what is above it. */
export const ROW = 60;
/** A heading's. */
export const HEADING = 34;
/** Between two cards. */
export const GAP = 14;
/** A card's at least, where there is room for two of them. */
const NARROWEST = 220;
/** Below a card's picture: its name, and what it is. */
const CAPTION = 54;
/** A row's at most: further apart, it is not seen what belongs together. */
const WIDEST_ROW = 900;

/** A section on the screen: its first row's number, and how many there are. */
export interface Block {
  first: number;
  count: number;
  cards: boolean;
  heading: boolean;
}

export interface Box {
  top: number;
  left: number;
  width: number;
  height: number;
}

export type Step = 'up' | 'down' | 'left' | 'right';

/** So many cards are beside each other in a list of this width. */
export function columnsIn(width: number): number {
  return Math.max(2, Math.floor((width + GAP) / (NARROWEST + GAP)));
}

export class Layout {
  readonly #blocks: readonly (Block & { top: number })[];
  readonly #width: number;
  readonly #columns: number;
  readonly #card: { width: number; height: number };
  readonly height: number;

  constructor(blocks: readonly Block[], width: number) {
    this.#width = width;
    this.#columns = columnsIn(width);
    const card = Math.max(0, (width - (this.#columns - 1) * GAP) / this.#columns);
    this.#card = { width: card, height: Math.round((card * 10) / 16) + CAPTION };
    let top = 0;
    this.#blocks = blocks.map((block) => {
      if (block.heading) top += HEADING;
      const placed = { ...block, top };
      top += this.#linesOf(block) * this.#pitch(block);
      return placed;
    });
    this.height = top;
  }

  box(row: number): Box {
    const block = this.#blockOf(row);
    if (!block) return { top: 0, left: 0, width: this.#width, height: ROW };
    const { line, column } = this.#cell(block, row);
    const top = block.top + line * this.#pitch(block);
    if (!block.cards) return { top, left: 0, width: Math.min(this.#width, WIDEST_ROW), height: ROW };
    return { top, left: column * (this.#card.width + GAP), ...this.#card };
  }

  /** Where the heading of the block is that begins with a row. */
  headingTop(first: number): number {
    return this.box(first).top - HEADING;
  }

  /** The first row of the line at a place, or of the one below a heading there. */
  rowAt(y: number): number {
    const block = this.#blocks.findLast(({ top, heading }) => top - (heading ? HEADING : 0) <= y) ?? this.#blocks[0];
    if (!block) return 0;
    const line = Math.floor((y - block.top) / this.#pitch(block));
    return block.first + clamp(line, 0, this.#linesOf(block) - 1) * this.#across(block);
  }

  /** The last row of that line. */
  lastAt(y: number): number {
    const first = this.rowAt(y);
    const block = this.#blockOf(first);
    return block ? Math.min(first + this.#across(block), block.first + block.count) - 1 : 0;
  }

  /** The place before which something is dropped at a point, of those from `first` on; null where it is far from them. */
  placeAt(first: number, x: number, y: number): number | null {
    const block = this.#blockOf(first);
    if (!block) return null;
    const pitch = this.#pitch(block);
    // A little below the last one is still their end.
    if (y > block.top + this.#linesOf(block) * pitch + ROW / 2) return null;
    if (!block.cards) return clamp(Math.round((y - block.top) / pitch), 0, block.count);
    const line = clamp(Math.floor((y - block.top) / pitch), 0, this.#linesOf(block) - 1);
    const column = clamp(Math.round(x / (this.#card.width + GAP)), 0, this.#columns);
    return Math.min(line * this.#columns + column, block.count);
  }

  /** The row that an arrow key leads to; the same one where there is none. */
  next(row: number, step: Step): number {
    const block = this.#blockOf(row);
    if (!block) return row;
    if (step === 'left') return Math.max(0, row - 1);
    if (step === 'right') return Math.min(this.#count - 1, row + 1);
    const { line, column } = this.#cell(block, row);
    const down = step === 'down';
    const lines = this.#linesOf(block);
    const goal = line + (down ? 1 : -1);
    if (goal >= 0 && goal < lines) return this.#inLine(block, goal, column);
    const beside = this.#blocks[this.#blocks.indexOf(block) + (down ? 1 : -1)];
    if (!beside) return row;
    // From rows to cards: to the first of them.
    return this.#inLine(beside, down ? 0 : this.#linesOf(beside) - 1, column);
  }

  /** The row that is so many pixels further up or down, in the same column where there is one. */
  far(row: number, by: number): number {
    let at = row;
    const goal = this.box(row).top + by;
    const step = by < 0 ? 'up' : 'down';
    for (;;) {
      const next = this.next(at, step);
      const { top } = this.box(next);
      if (next === at || (by < 0 ? top < goal : top > goal)) return at === row ? next : at;
      at = next;
    }
  }

  get #count(): number {
    const last = this.#blocks.at(-1);
    return last ? last.first + last.count : 0;
  }

  #inLine(block: Block, line: number, column: number): number {
    const across = this.#across(block);
    return block.first + Math.min(line * across + Math.min(column, across - 1), block.count - 1);
  }

  #cell(block: Block, row: number): { line: number; column: number } {
    const across = this.#across(block);
    return { line: Math.floor((row - block.first) / across), column: (row - block.first) % across };
  }

  #across({ cards }: Block): number {
    return cards ? this.#columns : 1;
  }

  #linesOf(block: Block): number {
    return Math.ceil(block.count / this.#across(block));
  }

  #pitch({ cards }: Block): number {
    return cards ? this.#card.height + GAP : ROW;
  }

  #blockOf(row: number): (Block & { top: number }) | undefined {
    let [low, high] = [0, this.#blocks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#blocks[middle]?.first ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    return this.#blocks[low];
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
