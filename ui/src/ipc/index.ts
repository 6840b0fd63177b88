// Every command and event of the engine as a typed function: the only importer of @tauri-apps/api.
// Rejections are always an EngineError. The twin without Rust is fake.ts.

import { Channel, invoke } from '@tauri-apps/api/core';
import { listen as hear } from '@tauri-apps/api/event';
import type { Answer } from './bindings/Answer';
import type { HostDraft } from './bindings/HostDraft';
import type { HostId } from './bindings/HostId';
import type { HostListView } from './bindings/HostListView';
import type { HostView } from './bindings/HostView';
import type { ImportSource } from './bindings/ImportSource';
import type { Listening } from './bindings/Listening';
import type { ListeningView } from './bindings/ListeningView';
import type { PasswordChange } from './bindings/PasswordChange';
import type { Preview } from './bindings/Preview';
import type { Report } from './bindings/Report';
import type { Saved } from './bindings/Saved';
import type { SessionState } from './bindings/SessionState';
import type { SessionView } from './bindings/SessionView';
import type { SiteChange } from './bindings/SiteChange';
import { toEngineError } from './error';

/** Ends what was begun; may be called more than once. */
export type Stop = () => void;

// ---- the hosts window

export const listHosts = (): Promise<HostListView> => call('list_hosts');
export const saveHost = (draft: HostDraft, change: PasswordChange): Promise<Saved> =>
  call('save_host', { draft, change });
/** What the site in front of a saved machine wants to see goes to the keyring, or out of it. */
export const saveSite = (id: HostId, change: SiteChange): Promise<void> => call('save_http_auth', { id, change });
export const duplicateHost = (id: HostId, name: string): Promise<HostView> => call('duplicate_host', { id, name });
export const removeHost = (id: HostId): Promise<void> => call('remove_host', { id });
export const restoreHost = (id: HostId): Promise<void> => call('restore_host', { id });
export const favourHost = (id: HostId, favourite: boolean): Promise<void> => call('set_favourite', { id, favourite });
export const openHost = (id: HostId): Promise<void> => call('open_host', { id });
/** Wakes the machine up, waits until it answers, and opens it. */
export const wakeHost = (id: HostId): Promise<void> => call('wake_host', { id });
/** Connects without saving; rejects with code `fields` where the text cannot be read. */
export const openAddress = (text: string): Promise<void> => call('open_address', { text });
/** The address as Portlight prints it; rejects with code `fields` where the text cannot be read. */
export const readAddress = (text: string): Promise<string> => call('read_address', { text });
/** Logs in where a password was typed or is saved, else stops where one is wanted; rejects with code `fields` as saving does. */
export const testConnection = (draft: HostDraft, change: PasswordChange): Promise<Report> =>
  call('test_connection', { draft, change });
export const chooseClosing = (choice: 'tray' | 'quit'): Promise<void> => call('choose_closing', { choice });
export const listening = (): Promise<ListeningView> => call('listening');
/** Rejects where nothing can listen there; then nothing listens. */
export const listen = (listening: Listening): Promise<void> => call('listen', { listening });
export const previewImport = (source: ImportSource): Promise<Preview[]> => call('preview_import', { source });
export const onHostsChanged = (changed: () => void): Promise<Stop> => hear('hosts-changed', changed);
/** The window is being closed for the first time: ask what closing means, then `chooseClosing`. */
export const onClosing = (closing: () => void): Promise<Stop> => hear('closing', closing);

// ---- a viewer window; which session it is about follows from the window

/** Tells `onState` the session's state now and each change after it, in order. */
export function attach(onState: (state: SessionState) => void): Promise<SessionView> {
  return call('attach', { channel: new Channel<SessionState>(onState) });
}
export const answer = (answer: Answer): Promise<void> => call('answer', { answer });
/** Dials again: same window, same settings. */
export const again = (): Promise<void> => call('reconnect');
/** Ends the session; the window stays. */
export const close = (): Promise<void> => call('close');
export const closeWindow = (): Promise<void> => call('close_window');
export const setFullscreen = (on: boolean): Promise<void> => call('set_fullscreen', { on });
/** Null where the clipboard has no text, or where this window is not the focused one. */
export const readClipboard = (): Promise<string | null> => call('read_clipboard');
export const writeClipboard = (text: string): Promise<void> => call('write_clipboard', { text });
/** noVNC broke or its socket died: ends the session with that error. */
export const viewerFailed = (detail: string): Promise<void> => call('viewer_failed', { detail });

async function call<Result>(command: string, facts?: Record<string, unknown>): Promise<Result> {
  try {
    return await invoke<Result>(`plugin:portlight|${command}`, facts);
  } catch (caught) {
    throw toEngineError(caught);
  }
}
