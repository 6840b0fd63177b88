// The viewer window for the tests, with the fake backend and a fake noVNC.

import { cleanup, render } from '@testing-library/svelte';
import axe from 'axe-core';
import { tick } from 'svelte';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Prompt } from '../ipc/bindings/Prompt';
import type { SessionState } from '../ipc/bindings/SessionState';
import type { Subject } from '../ipc/bindings/Subject';
import { backend } from '../ipc/fake';
import { subjects } from '../ipc/fixtures';
import { FakeRfb, fakeNovnc, installFakes } from './novnc/fake';
import type { LoadNovnc } from './novnc';
import { CONSENT_DELAY_MS } from './consent';
import { Session } from './session.svelte';
import ViewerWindow from './ViewerWindow.svelte';

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
    mechanism: null,
    tls: null,
    old: [],
    identity: null,
    through: null,
    site_tls: null,
    site_old: [],
    password_unasked: false,
  },
};

/** A machine's two screens, side by side. */
export const twoScreens = [
  { x: 0, y: 0, width: 640, height: 480 },
  { x: 640, y: 0, width: 800, height: 600 },
];

export const password: Extract<Prompt, { kind: 'password' }> = {
  kind: 'password',
  username: null,
  travels: 'encrypted',
  problem: null,
  keyring: null,
  command: null,
  can_keep: true,
  login: null,
  offered: null,
  account: false,
};

/** That of the window which `open` opened last. */
let session: Session;

/** Each test of the file begins with new fakes and an empty page. */
export function setUpViewer(): void {
  beforeEach(installFakes);
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

export async function open(load: LoadNovnc = () => Promise.resolve(fakeNovnc)): Promise<Session> {
  session = new Session();
  void session.follow();
  render(ViewerWindow, { session, load });
  await settle();
  return session;
}

/** Runs the microtasks that are due, and Svelte's updates. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await tick();
}

export async function reach(state: SessionState): Promise<void> {
  backend.reach(state);
  await settle();
}

let lastNumber = 0;

/** The engine shows a prompt, and the next number with it; returns the number. */
export async function ask(prompt: Prompt, subject: Subject = subjects.server): Promise<number> {
  const number = ++lastNumber;
  await reach({ state: 'asking', number, subject, prompt });
  return number;
}

/** As `ask`, and waits until consent buttons take a click. */
export async function askForConsent(prompt: Prompt, subject: Subject = subjects.server): Promise<number> {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const number = await ask(prompt, subject);
  await vi.advanceTimersByTimeAsync(CONSENT_DELAY_MS);
  return number;
}

/** noVNC finishes its handshake with the session that is ready, and draws. */
export async function draw(): Promise<FakeRfb> {
  const rfb = FakeRfb.all.at(-1) as FakeRfb;
  rfb.emit('connect');
  session.picture();
  await settle();
  return rfb;
}

export function find<Kind extends HTMLElement = HTMLElement>(selector: string): Kind {
  const found = document.querySelector<Kind>(selector);
  if (!found) throw new Error(`no ${selector} in ${document.body.textContent}`);
  return found;
}

export const phase = (): string | undefined => document.body.dataset.state;

/** What axe finds wrong in the page. Colours need layout, which jsdom does not have. */
export async function violations(): Promise<string[]> {
  const rules = { 'color-contrast': { enabled: false }, region: { enabled: false } };
  const result = await axe.run(document.body, { rules });
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
