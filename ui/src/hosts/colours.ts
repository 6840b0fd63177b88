// The colours of machines' signs. Each is one of the tints of theme.css.

import type { HostView } from '../ipc/bindings/HostView';
import { folded } from './store/search';

export const colours = ['blue', 'amber', 'green', 'red', 'violet', 'grey'] as const;
export type NamedColour = (typeof colours)[number];

/** Which of the tints: the one that was chosen, else the first tag's, else one from the id, which stays when the name changes. */
export function tintOf({ id, colour, tags }: Pick<HostView, 'id' | 'colour' | 'tags'>): number {
  const chosen = colours.findIndex((known) => known === colour);
  return chosen >= 0 ? chosen : hashOf(tags[0] === undefined ? id : folded(tags[0])) % colours.length;
}

function hashOf(text: string): number {
  let hash = 0;
  for (const char of text) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash;
}
