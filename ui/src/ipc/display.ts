// What a machine's window looks like before anything was chosen in it.

import type { Display } from './bindings/Display';

export const defaultDisplay: Display = {
  scaling: null,
  grab: false,
  composing: null,
  full_screen: false,
  monitors: 'own',
  apart: false,
  screen: null,
  clipboard: null,
  quality: null,
  rewind: null,
  layout: null,
  cursor: 'server',
  toolbar: { edge: 'top', at: 0.5, handle: true },
};
