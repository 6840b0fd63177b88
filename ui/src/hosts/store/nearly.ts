// How nearly a text has a word: with letters between, or with one wrong. Pure, and by the codes of letters: ten thousand texts are looked
// at with each key that nothing matches.

/** How near a text that has some letters is to a word with others, of which both have their bits; infinite where that is not below a limit. */
export function nearBelow(limit: number, text: string, has: number, word: string, letters: number): number {
  if (limit <= 0) return Infinity;
  // What is not there at all has to be the one that may be wrong.
  const wrong = lacks(has, letters);
  if (wrong > 1 || (wrong === 1 && (word.length < LONG || limit <= WRONG))) return Infinity;
  const distance = near(text, word, limit)?.distance ?? Infinity;
  return distance < limit ? distance : Infinity;
}

interface Near {
  distance: number;
  /** Where the word's letters are, but for one that is left out. */
  start: number;
  leftOut: number;
}

/**
 * Where a text has the letters of a word in their order and close to each other, of a longer word all but one, which is not
 * looked for where that cannot be below the limit.
 */
export function near(text: string, word: string, limit = Infinity): Near | null {
  if (word.length < 2) return null;
  // How many letters from the front the text has in their order, and from the back: the one that is left out lies between.
  let from = 0;
  for (let at = 0; at < text.length && from < word.length; at++) {
    if (text.charCodeAt(at) === word.charCodeAt(from)) from++;
  }
  const whole = from === word.length ? scattered(text, word, -1) : null;
  if (whole || word.length < LONG || limit <= WRONG) return whole;
  let to = word.length;
  for (let at = text.length - 1; at >= 0 && to > 0; at--) {
    if (text.charCodeAt(at) === word.charCodeAt(to - 1)) to--;
  }
  let best: Near | null = null;
  for (let leftOut = Math.max(0, to - 1); leftOut <= Math.min(from, word.length - 1); leftOut++) {
    const found = scattered(text, word, leftOut);
    if (found && found.distance < (best?.distance ?? Infinity)) best = found;
  }
  return best && { ...best, distance: best.distance + WRONG };
}

/** So long a word may have a wrong letter. */
const LONG = 4;
/** A wrong letter is as bad as so many letters between. */
const WRONG = 4;

/** The closest place of the word's letters but for one, which is -1 for none. */
function scattered(text: string, word: string, leftOut: number): Near | null {
  const begin = leftOut === 0 ? 1 : 0;
  const length = leftOut < 0 ? word.length : word.length - 1;
  const first = word.charCodeAt(begin);
  let best: Near | null = null;
  /** So many letters may be between. */
  let most = 2 * length;
  for (let start = 0; start + length <= text.length && most >= 0; start++) {
    if (text.charCodeAt(start) !== first) continue;
    const end = Math.min(text.length, start + length + most);
    let letter = begin;
    let at = start;
    for (; at < end && letter < word.length; at++) {
      if (text.charCodeAt(at) === word.charCodeAt(letter)) letter++;
      if (letter === leftOut) letter++;
    }
    if (letter === word.length) {
      const distance = at - start - length;
      best = { distance, start, leftOut };
      most = distance - 1;
    } else if (end === text.length) {
      // Further on there are not all of them either.
      break;
    }
  }
  return best;
}

/** The places of the letters that are near. */
export function placesOf(text: string, word: string): number[] {
  const found = near(text, word);
  if (!found) return [];
  const places: number[] = [];
  let at = found.start - 1;
  for (let letter = 0; letter < word.length; letter++) {
    if (letter === found.leftOut) continue;
    at = text.indexOf(word.charAt(letter), at + 1);
    places.push(at);
  }
  return places;
}

/** Which letters a text has, a bit for each of 32 kinds. */
export function lettersOf(text: string): number {
  let letters = 0;
  for (let at = 0; at < text.length; at++) letters |= 1 << (text.charCodeAt(at) & 31);
  return letters;
}

/** How many kinds of letters are missing. */
function lacks(letters: number, wanted: number): number {
  let missing = wanted & ~letters;
  let count = 0;
  for (; missing !== 0; missing &= missing - 1) count++;
  return count;
}
