// What a person is told about a session's pace, from what was counted. Pure.

import type { Counts } from '../novnc/meter';

/** What bounds the pace: the connection, this computer, the server and what changes there, or nothing, as nothing changes. */
export type Bound = 'network' | 'computer' | 'server' | 'still';

export interface Figures {
  /** A second: updates, and bytes from the server and to it. */
  updates: number;
  received: number;
  sent: number;
  /** Bytes from the server since the session began. */
  total: number;
  /** Milliseconds to an answer; null where none has come. */
  answer: number | null;
  bound: Bound;
  /** Since it is watched, those with the most bytes first. */
  encodings: Share[];
}

export interface Share {
  name: string;
  rectangles: number;
  /** Of all bytes, from 0 to 1. */
  part: number;
}

/** The figures are of the last two seconds or so, and anew each second. */
export const LOOK_EVERY_MS = 1000;
export const LOOKS = 2;

/** From so much of the time on something is what all else waits for. */
const BOUND = 0.5;

export function figuresBetween(before: Counts, now: Counts): Figures {
  const ms = Math.max(now.at - before.at, 1);
  const aSecond = (of: 'updates' | 'received' | 'sent') => Math.max(0, ((now[of] - before[of]) * 1000) / ms);
  return {
    updates: aSecond('updates'),
    received: aSecond('received'),
    sent: aSecond('sent'),
    total: now.received,
    answer: now.answer,
    bound: boundOf({
      updates: now.updates - before.updates,
      waiting: (now.waiting - before.waiting) / ms,
      busy: (now.busy - before.busy) / ms,
    }),
    encodings: sharesOf(now),
  };
}

/** `waiting` and `busy` are parts of the time, from 0 to 1. */
export function boundOf({ updates, waiting, busy }: { updates: number; waiting: number; busy: number }): Bound {
  // Both before looking at updates: one may be long on its way.
  if (busy >= BOUND && busy >= waiting) return 'computer';
  if (waiting >= BOUND) return 'network';
  return updates === 0 ? 'still' : 'server';
}

function sharesOf({ encodings }: Counts): Share[] {
  const all = [...encodings].map(([name, sum]) => ({ name, ...sum }));
  const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  return all
    .sort((one, other) => other.bytes - one.bytes)
    .map(({ name, rectangles, bytes: its }) => ({ name, rectangles, part: its / bytes }));
}
