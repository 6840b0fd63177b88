// The viewer window on stage, for the tests: with the engine's twin and a noVNC that does as it is told.

import { cleanup, render } from '@testing-library/svelte';
import axe from 'axe-core';
import { tick } from 'svelte';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Prompt } from '../ipc/bindings/Prompt';
import type { SessionState } from '../ipc/bindings/SessionState';
import { backstage } from '../ipc/fake';
import { arrangeNovnc, FakeRfb, fakeNovnc } from './fake-novnc';
import { Session } from './session.svelte';
import ViewerWindow from './ViewerWindow.svelte';

export type Load = (hear: (words: string) => void) => Promise<typeof fakeNovnc>;

export const ready: Extract<SessionState, { state: 'ready' }> = {
  state: 'ready',
  url: 'ws://127.0.0.1:4000/ticket',
  desktop_name: 'ada@studio',
  width: 800,
  height: 600,
  protection: {
    level: 'password',
    local: false,
    security_type: 'VncAuth',
    tls: null,
    identity: null,
    through: null,
    password_unasked: false,
  },
  not_stored: null,
};

export const password: Extract<Prompt, { kind: 'password' }> = {
  kind: 'password',
  username: null,
  travels: 'encrypted',
  problem: null,
  keyring: null,
};

/** Each test begins with an empty stage. */
export function setStage(): void {
  beforeEach(arrangeNovnc);
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

export async function open(load: Load = () => Promise.resolve(fakeNovnc)): Promise<Session> {
  const session = new Session();
  void session.follow();
  render(ViewerWindow, { session, load });
  await settle();
  return session;
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await tick();
}

export async function reach(state: SessionState): Promise<void> {
  backstage.reach(state);
  await settle();
}

export async function ask(prompt: Prompt): Promise<void> {
  await reach({ state: 'asking', prompt });
}

/** noVNC is through its handshake with the session that is ready. */
export async function draw(): Promise<FakeRfb> {
  const rfb = FakeRfb.all.at(-1) as FakeRfb;
  rfb.say('connect');
  await settle();
  return rfb;
}

export function find<Kind extends HTMLElement = HTMLElement>(selector: string): Kind {
  const found = document.querySelector<Kind>(selector);
  if (!found) throw new Error(`no ${selector} in ${document.body.textContent}`);
  return found;
}

export const phase = (): string | undefined => document.body.dataset.state;

export async function complaints(): Promise<string[]> {
  const rules = { 'color-contrast': { enabled: false }, region: { enabled: false } };
  const { violations } = await axe.run(document.body, { rules });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
