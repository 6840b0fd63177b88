// The same functions as ../index.ts, in memory: for the tests, and for looking at the windows in a plain browser
// (`npm run dev`, with a ?scene= of ../fixtures.ts). Never part of a production build.

import type { LocalMonitors } from '../bindings/LocalMonitors';
import type { Monitors } from '../bindings/Monitors';
import type { About } from '../about';
import type { Answer } from '../bindings/Answer';
import type { Bell } from '../bindings/Bell';
import type { Deed } from '../bindings/Deed';
import type { Discovered } from '../bindings/Discovered';
import type { EngineError } from '../bindings/EngineError';
import type { Display } from '../bindings/Display';
import type { ExportFormat } from '../bindings/ExportFormat';
import type { HostDraft } from '../bindings/HostDraft';
import type { HostId } from '../bindings/HostId';
import type { HostListView } from '../bindings/HostListView';
import type { HotkeyState } from '../bindings/HotkeyState';
import type { LeftMachine } from '../bindings/LeftMachine';
import type { HostSourceView } from '../bindings/HostSourceView';
import type { SourceId } from '../bindings/SourceId';
import type { SourceKind } from '../bindings/SourceKind';
import type { HostView } from '../bindings/HostView';
import type { HttpAuthChange } from '../bindings/HttpAuthChange';
import type { Imported } from '../bindings/Imported';
import type { ImportPreview } from '../bindings/ImportPreview';
import type { ImportSource } from '../bindings/ImportSource';
import type { ImportSourceView } from '../bindings/ImportSourceView';
import type { Kept } from '../bindings/Kept';
import type { KeyNotice } from '../bindings/KeyNotice';
import type { KeyboardLayout } from '../bindings/KeyboardLayout';
import type { KeyStroke } from '../bindings/KeyStroke';
import type { KeyboardOwner } from '../bindings/KeyboardOwner';
import type { LoginId } from '../bindings/LoginId';
import type { LoginView } from '../bindings/LoginView';
import type { Listening } from '../bindings/Listening';
import type { ListeningView } from '../bindings/ListeningView';
import type { NearbyView } from '../bindings/NearbyView';
import type { OpenSession } from '../bindings/OpenSession';
import type { PasswordChange } from '../bindings/PasswordChange';
import type { Manner } from '../bindings/Manner';
import type { PictureView } from '../bindings/PictureView';
import type { PlaybackWish } from '../bindings/PlaybackWish';
import type { PasswordOutcome } from '../bindings/PasswordOutcome';
import type { Preferences } from '../bindings/Preferences';
import type { PreferencesPreview } from '../bindings/PreferencesPreview';
import type { RemovedView } from '../bindings/RemovedView';
import type { Saved } from '../bindings/Saved';
import type { SessionId } from '../bindings/SessionId';
import type { SessionUpdate } from '../bindings/SessionUpdate';
import type { SharedChange } from '../bindings/SharedChange';
import type { SharedChoice } from '../bindings/SharedChoice';
import type { StageReport } from '../bindings/StageReport';
import type { Tested } from '../bindings/Tested';
import type { VersionView } from '../bindings/VersionView';
import type { Walked } from '../bindings/Walked';
import { asksForLogin, machine, removedView, scene, usualPreferences } from '../fixtures';
import type { ListWish, Wish } from '../wish';
import { canonical } from './address';
import { FakeBackend } from './backend';
import { serveDesktop } from './desktop';

export type Stop = () => void;

/** The state behind the functions below. */
export let backend = new FakeBackend();

if (import.meta.env.MODE === 'fake') {
  Object.assign(backend, scene(new URLSearchParams(location.search).get('scene')));
  if (backend.state.state === 'ready') serveDesktop();
}

/** Begins anew, for the next test. */
export function reset(): FakeBackend {
  return (backend = new FakeBackend());
}

// ---- the hosts window

export const listHosts = (): Promise<HostListView> =>
  command('list_hosts', [], () => ({
    hosts: backend.hosts.map((host) => ({ ...host })),
    notices: backend.notices,
    history: backend.history(),
    removed: backend.removed.size,
    logins: backend.logins.map((login) => ({
      ...login,
      machines: backend.hosts.filter((host) => host.login === login.id).length,
    })),
  }));

export const listShown = (): Promise<void> => command('list_shown', [], () => {});

export const saveHost = (draft: HostDraft, change: PasswordChange): Promise<Saved> =>
  command('save_host', [draft, change], () => {
    const host = fromDraft(draft);
    if (draft.id !== null) confirmAddress(find(draft.id), host, draft, change);
    backend.step(draft.id === null ? 'added' : 'edited', [host]);
    const password = keepPassword(host.id, change);
    if (change.change !== 'keep') host.has_password = backend.passwords.has(host.id);
    backend.hosts =
      draft.id === null
        ? [...backend.hosts, host]
        : backend.hosts.map((other) => (other.id === host.id ? host : other));
    backend.emitHostsChanged();
    return { host, password };
  });

export const saveHttpAuth = (id: HostId, change: HttpAuthChange): Promise<void> =>
  command('save_http_auth', [id, change], () => update(id, { has_http_auth: change.change === 'set' }));

export const duplicateHost = (id: HostId, name: string): Promise<HostView> =>
  command('duplicate_host', [id, name], () => {
    const copy: HostView = { ...find(id), id: crypto.randomUUID(), name, last_opened: null };
    const password = backend.passwords.get(id);
    if (password !== undefined) backend.passwords.set(copy.id, password);
    backend.step('added', [copy]);
    backend.hosts = [...backend.hosts, copy];
    backend.emitHostsChanged();
    return { ...copy };
  });

export const changeSeveral = (ids: HostId[], change: Partial<SharedChange>): Promise<void> =>
  command('change_several', [ids, change], () => {
    const { tags_added = [], tags_removed = [], as_for_all = [], ...same } = change;
    delete same.on_new_address;
    backend.step('edited', ids.map(find));
    for (const id of ids) {
      const tags = find(id).tags.filter((tag) => !tags_removed.includes(tag) && !tags_added.includes(tag));
      const display = asForAll(find(id).display, as_for_all);
      update(id, { ...(same as Partial<HostView>), ...display, tags: [...tags, ...tags_added] });
    }
  });

export const saveLogin = (
  id: LoginId | null,
  name: string,
  username: string,
  change: PasswordChange,
): Promise<LoginId> =>
  command('save_login', [id, name, username, change], () => {
    const before = backend.logins.find((login) => login.id === id);
    const has_password = change.change === 'set' || (change.change === 'keep' && (before?.has_password ?? false));
    const login: LoginView = { id: id ?? crypto.randomUUID(), name, username, has_password, machines: 0 };
    backend.step(before ? 'login_edited' : 'login_added', [], name);
    backend.logins = before
      ? backend.logins.map((other) => (other === before ? login : other))
      : [...backend.logins, login];
    backend.emitHostsChanged();
    return login.id;
  });

export const removeLogin = (id: LoginId): Promise<void> =>
  command('remove_login', [id], () => {
    const name = backend.logins.find((login) => login.id === id)?.name ?? '';
    backend.step('login_removed', [], name);
    backend.logins = backend.logins.filter((login) => login.id !== id);
    backend.hosts = backend.hosts.map((host) => (host.login === id ? { ...host, login: null } : host));
    backend.emitHostsChanged();
  });

export const removeHosts = (ids: HostId[]): Promise<void> =>
  command('remove_hosts', [ids], () => {
    const removed = ids.map(find);
    backend.step('removed', removed);
    const removed_at = Math.floor(Date.now() / 1000);
    for (const host of removed) backend.removed.set(host.id, removedView(host, removed_at));
    backend.hosts = backend.hosts.filter((host) => !ids.includes(host.id));
    backend.emitHostsChanged();
  });

export const removedHosts = (): Promise<RemovedView[]> =>
  command('removed_hosts', [], () => [...backend.removed.values()].reverse());

export const putBack = (ids: HostId[]): Promise<void> =>
  command('put_back', [ids], () => {
    const removed = ids.map(findRemoved);
    backend.step('put_back', removed);
    for (const { id } of removed) backend.removed.delete(id);
    backend.hosts = [...backend.hosts, ...removed];
    backend.emitHostsChanged();
  });

export const removeForGood = (ids: HostId[]): Promise<void> =>
  command('remove_for_good', [ids], () => {
    for (const { id } of ids.map(findRemoved)) backend.removed.delete(id);
    backend.emitHostsChanged();
  });

export const undo = (number: number | null): Promise<Walked> => command('undo', [number], () => backend.undo(number));

export const redo = (): Promise<Walked> => command('redo', [], () => backend.redo());

export const sources = (): Promise<HostSourceView[]> => command('sources', [], () => backend.hostSources);

/** The choosers of a plain browser choose the same file each time. */
export const addPathSource = (folder: boolean): Promise<boolean> =>
  command('add_path_source', [folder], () => {
    addSource('lab', folder ? '/srv/lists' : '/srv/lists/lab.json', 'path');
    return true;
  });

export const addCommandSource = (name: string, line: string): Promise<void> =>
  command('add_command_source', [name, line], () => {
    if (!line.trim())
      throw { code: 'fields', fields: [{ field: 'console_command', problem: 'program' }] } satisfies EngineError;
    addSource(name || line, line, 'command');
  });

function addSource(name: string, origin: string, kind: SourceKind): void {
  const found = { reading: false, problem: null, certificate: null, skipped: 0, left_out: [] };
  const facts = { paused: false, machines: 0, every_minutes: 15, has_login: false, read_at: null, ...found };
  backend.hostSources = [...backend.hostSources, { id: crypto.randomUUID(), name, origin, kind, ...facts }];
}

function updateSource(id: SourceId, facts: Partial<HostSourceView>): void {
  backend.hostSources = backend.hostSources.map((source) => (source.id === id ? { ...source, ...facts } : source));
  backend.emitHostsChanged();
}

export const addUrlSource = (
  name: string,
  url: string,
  readable: boolean,
  login: HttpAuthChange | null,
): Promise<void> =>
  command('add_url_source', [name, url, readable, login], () => {
    const secure = url.startsWith('https://');
    const problem = !/^https?:/.test(url) ? 'scheme' : secure || readable ? null : 'clear_text';
    if (problem) throw { code: 'fields', fields: [{ field: 'url', problem }] } satisfies EngineError;
    addSource(name || url, url, secure ? 'web' : 'clear_web');
  });

export const editSource = (
  id: SourceId,
  name: string,
  every_minutes: number,
  login: HttpAuthChange | null,
): Promise<void> =>
  command('edit_source', [id, name, every_minutes, login], () => {
    updateSource(id, { name, every_minutes, ...(login ? { has_login: login.change === 'set' } : {}) });
  });

export const trustSource = (id: SourceId, fingerprint: string): Promise<void> =>
  command('trust_source', [id, fingerprint], () => updateSource(id, { certificate: null, problem: null }));

export const pauseSource = (id: SourceId, paused: boolean): Promise<void> =>
  command('pause_source', [id, paused], () => updateSource(id, { paused }));

export const removeSource = (id: SourceId): Promise<void> =>
  command('remove_source', [id], () => {
    backend.hostSources = backend.hostSources.filter((source) => source.id !== id);
    backend.hosts = backend.hosts.filter(({ source }) => source !== id);
    backend.emitHostsChanged();
  });

export const refreshSource = (id: SourceId): Promise<void> =>
  command('refresh_source', [id], () => updateSource(id, { read_at: Math.floor(Date.now() / 1000) }));

export const versions = (): Promise<VersionView[]> => command('versions', [], () => backend.versions);

export const goBack = (replacedAt: number): Promise<void> =>
  command('go_back', [replacedAt], () => {
    backend.step('went_back', []);
    backend.emitHostsChanged();
  });

export const setFavourite = (id: HostId, favourite: boolean): Promise<void> =>
  command('set_favourite', [id, favourite], () => arrange('favourite', id, favourite, null));

export const arrangeFavourite = (id: HostId, before: HostId | null): Promise<void> =>
  command('arrange_favourite', [id, before], () => arrange('arranged', id, true, before));

/** As the engine orders favourites. */
function arrange(deed: Deed, id: HostId, favourite: boolean, before: HostId | null): void {
  backend.step(deed, [find(id)]);
  update(id, { favourite, favourite_place: null });
  const place = (host: HostView) => host.favourite_place ?? Infinity;
  const order = backend.hosts
    .filter((host) => host.favourite && host.id !== id)
    .sort((a, b) => place(a) - place(b) || 0);
  const at = order.findIndex((host) => host.id === before);
  if (favourite) order.splice(at < 0 ? order.length : at, 0, find(id));
  order.forEach((host, favourite_place) => update(host.id, { favourite_place }));
}

export const openHost = (id: HostId): Promise<void> =>
  command('open_host', [id], () =>
    update(id, { last_opened: Math.floor(Date.now() / 1000), times_opened: find(id).times_opened + 1 }),
  );

export const openHosts = (ids: HostId[]): Promise<void> => command('open_hosts', [ids], () => {});

export const closeHosts = (ids: HostId[]): Promise<void> =>
  command('close_hosts', [ids], () =>
    backend.setSessions(backend.openSessions.filter(({ host }) => host === null || !ids.includes(host))),
  );

export const openAddress = (text: string): Promise<void> => command('open_address', [text], () => void canonical(text));

export const nearby = (): Promise<NearbyView> =>
  command('nearby', [], () => {
    const saved = new Set(backend.hosts.map(({ address }) => address));
    const { machines, more } = backend.nearby;
    return { machines: machines.filter(({ address }) => !saved.has(address)), more };
  });
export const onNearbyChanged = (changed: () => void): Promise<Stop> => subscribe(backend.nearbyChanged, changed);

export const openNearby = (number: number): Promise<void> =>
  command('open_nearby', [number], () => void discovered(number));

export const keepNearby = (number: number): Promise<Saved> =>
  command('keep_nearby', [number], () => {
    const { name, address } = discovered(number);
    const host = machine(name, address);
    backend.step('added', [host]);
    backend.hosts = [...backend.hosts, host];
    backend.emitHostsChanged();
    return { host, password: { outcome: 'kept' } };
  });

export const wakeHost = (id: HostId): Promise<void> => command('wake_host', [id], () => void find(id));

export const listening = (): Promise<ListeningView> =>
  command('listening', [], () => ({ listening: backend.listening, addresses: ['192.168.1.5'] }));

export const listen = (listening: Listening): Promise<void> =>
  command('listen', [listening], () => void (backend.listening = listening));

export const importSources = (): Promise<ImportSourceView[]> => command('import_sources', [], () => backend.sources);

export const previewSource = (source: ImportSource): Promise<ImportPreview> =>
  command('preview_source', [source], () => backend.found);

export const chooseImport = (folder: boolean): Promise<ImportPreview | null> =>
  command('choose_import', [folder], () => (backend.chooses ? backend.found : null));

export const reachImportThrough = (number: number, site: string): Promise<ImportPreview> =>
  command('reach_import_through', [number, site], () => {
    if (site && !/^wss?:/.test(site)) throw { code: 'not_a_site' } satisfies EngineError;
    const entries = backend.found.entries.map((entry) => ({
      ...entry,
      address: site ? `${site}?token=${entry.name}` : `${entry.name}.local`,
    }));
    return (backend.found = { ...backend.found, number: number + 1, entries });
  });

export const importHosts = (number: number, chosen: number[], passwords: boolean): Promise<Imported> =>
  command('import_hosts', [number, chosen, passwords], () => {
    const entries = chosen.flatMap((place) => backend.found.entries[place] ?? []);
    const added = entries.filter(({ plan }) => plan.plan === 'add');
    const hosts = added.map(({ name, address }) => machine(name, address));
    backend.step('imported', hosts);
    backend.hosts = [...backend.hosts, ...hosts];
    backend.emitHostsChanged();
    return { added: added.length, changed: entries.length - added.length, passwords: 0 };
  });

export const leaveImport = (): Promise<void> => command('leave_import', [], () => {});

export const exportHosts = (format: ExportFormat): Promise<boolean> =>
  command('export_hosts', [format], () => backend.chooses);

export const thirdPartyNotices = (): Promise<string[]> => command('third_party_notices', [], () => backend.licences);

export const readAddress = (text: string): Promise<string> => command('read_address', [text], () => canonical(text));

export const checkHttpAuth = (change: HttpAuthChange): Promise<void> => command('check_http_auth', [change], () => {});

export const checkHost = (draft: HostDraft): Promise<void> =>
  command('check_host', [draft], () => void canonical(draft.address));

export const testConnection = (
  draft: HostDraft,
  change: PasswordChange,
  onStage: (stage: StageReport) => void,
): Promise<Tested> => {
  const target = draft.address;
  const report = backend.report ?? { ...asksForLogin, target };
  report.stages.forEach(onStage);
  return command('test_connection', [draft, change], () => ({
    report: { ...report, target: canonical(target) },
    lead: backend.lead,
  }));
};

export const chooseClosing = (choice: 'tray' | 'quit' | 'discard'): Promise<void> =>
  command('choose_closing', [choice], () => {});

export const setUnsaved = (unsaved: boolean): Promise<void> => command('set_unsaved', [unsaved], () => {});

export const wishes = (): Promise<Wish[]> => command('wishes', [], () => backend.wishes.splice(0));

export const quit = (choice: 'ask' | 'stay' | 'quit'): Promise<void> => command('quit', [choice], () => {});

export const preferences = (): Promise<Preferences> => command('preferences', [], () => backend.preferences);

export const setPreferences = (preferences: Preferences): Promise<void> =>
  command('set_preferences', [preferences], () => void (backend.preferences = preferences));

export const resetPreferences = (): Promise<Preferences> =>
  command('reset_preferences', [], () => (backend.preferences = usualPreferences));

export const exportPreferences = (): Promise<boolean> => command('export_preferences', [], () => backend.chooses);

export const previewPreferences = (): Promise<PreferencesPreview | null> =>
  command('preview_preferences', [], () => (backend.chooses ? backend.foundPreferences : null));

export const importPreferences = (preferences: Preferences): Promise<void> =>
  command('import_preferences', [preferences], () => {
    backend.formerPreferences = backend.preferences;
    backend.preferences = preferences;
  });

export const hasFormerPreferences = (): Promise<boolean> =>
  command('has_former_preferences', [], () => backend.formerPreferences !== null);

export const putBackPreferences = (): Promise<Preferences> =>
  command('put_back_preferences', [], () => {
    backend.preferences = backend.formerPreferences ?? backend.preferences;
    backend.formerPreferences = null;
    return backend.preferences;
  });

export const hotkey = (): Promise<HotkeyState> => command('hotkey', [], () => backend.hotkey);

export const autostart = (): Promise<boolean | null> => command('autostart', [], () => backend.autostart);

export const setAutostart = (on: boolean): Promise<boolean | null> =>
  command('set_autostart', [on], () => (backend.autostart = on));

export const closeList = (): Promise<void> => command('close_list', [], () => {});

export const quickReady = (): Promise<void> => command('quick_ready', [], () => {});

export const closeQuick = (): Promise<void> => command('close_quick', [], () => {});

export const about = (): Promise<About> => command('about', [], () => backend.about);

export const report = (names: boolean): Promise<string> =>
  command('report', [names], () => `Portlight ${backend.about.version}\n\nsession${names ? ': Studio' : ''}\n`);

export const copyAbout = (names: boolean): Promise<void> => command('copy_about', [names], () => {});

export const leftOpen = (): Promise<LeftMachine[]> => command('left_open', [], () => backend.leftOpen);

export const reopen = (places: number[], always: boolean): Promise<void> =>
  command('reopen', [places, always], () => void (backend.leftOpen = []));

export const openSessions = (pictures: boolean): Promise<OpenSession[]> =>
  command('open_sessions', [pictures], () => backend.openSessions);

export const showSession = (session: SessionId): Promise<void> => command('show_session', [session], () => {});

export const onWishes = (wished: () => void): Promise<Stop> => subscribe(backend.wished, wished);

export const onHotkeyChanged = (changed: () => void): Promise<Stop> => subscribe(backend.hotkeyChanged, changed);

export const onSessionsChanged = (changed: () => void): Promise<Stop> => subscribe(backend.sessionsChanged, changed);

export const onHostsChanged = (changed: () => void): Promise<Stop> => subscribe(backend.hostsChanged, changed);

export const onClosing = (closing: () => void): Promise<Stop> => subscribe(backend.closing, closing);

export const onFilesDragged = (dragged: (isOver: boolean) => void): Promise<Stop> =>
  subscribe(backend.filesDragged, dragged);

export const onFilesDropped = (dropped: (preview: ImportPreview) => void): Promise<Stop> =>
  subscribe(backend.filesDropped, dropped);

// ---- a viewer window

export const attach = (onUpdate: (update: SessionUpdate) => void): Promise<void> =>
  command('attach', [], () => {
    backend.updates.add(onUpdate);
    onUpdate(backend.update());
  });

export const setDisplay = (display: Display): Promise<void> =>
  command('set_display', [display], () => void (backend.session = { ...backend.session, display }));

export const setViewOnly = (viewOnly: boolean): Promise<void> =>
  command('set_view_only', [viewOnly], () => {
    backend.session = { ...backend.session, view_only: viewOnly };
    backend.reach(backend.state);
  });

export const typePassword = (manner: Manner, readably: boolean): Promise<boolean> =>
  command('type_password', [manner, readably], () => backend.typesAll);

export const typeSecret = (manner: Manner, readably: boolean): Promise<boolean> =>
  command('type_secret', [manner, readably], () => backend.typesAll);

export const keepSecret = (name: string, secret: string): Promise<void> =>
  command('keep_secret', [name, secret], () => {
    backend.session = { ...backend.session, secret: name.trim() };
    backend.reach(backend.state);
  });

export const typeClipboard = (manner: Manner): Promise<boolean> =>
  command('type_clipboard', [manner], () => backend.typesAll);

/** Its keyboard has letters only, each on the key of A. */
export const strokes = (letters: string, layout: KeyboardLayout, byPlace: boolean): Promise<(KeyStroke[] | null)[]> =>
  command('strokes', [letters, layout, byPlace], () =>
    [...letters].map((letter) => {
      const press = (down: boolean): KeyStroke => ({ keysym: letter.codePointAt(0) ?? 0, key: 30, down });
      return /[a-z]/.test(letter) ? [press(true), press(false)] : null;
    }),
  );

export const answerLines = (number: number, go: boolean): Promise<void> =>
  command('answer_lines', [number, go], () => {
    backend.session = { ...backend.session, lines_asked: null };
    backend.reach(backend.state);
  });

export const stopTyping = (): Promise<void> => command('stop_typing', [], () => {});

export const keep = (name: string, withLogin: boolean): Promise<Kept | null> =>
  command('keep', [name, withLogin], () => {
    if (backend.kept) Object.assign(backend.session, { saved: true, can_keep: false, name });
    backend.reach(backend.state);
    return backend.kept;
  });

export const tried = (): Promise<StageReport[]> => command('tried', [], () => backend.tried);

export const wake = (): Promise<void> =>
  command('wake', [], () => backend.reach({ state: 'connecting', stage: 'waking' }));

export const correctAddress = (text: string): Promise<void> =>
  command('correct_address', [text], () => {
    const address = canonical(text);
    Object.assign(backend.session, { name: address, address });
    backend.reach({ state: 'connecting', stage: 'dialing' });
  });

export const followLead = (): Promise<void> => command('follow_lead', [], () => {});
export const copyReport = (): Promise<void> => command('copy_report', [], () => {});
export const editHost = (): Promise<void> => command('edit_host', [], () => {});

export const wantList = (wish: ListWish): Promise<void> => command('want_list', [wish], () => {});

export const showSessions = (): Promise<void> => command('show_sessions', [], () => {});

export const showNextSession = (back: boolean): Promise<void> => command('show_next_session', [back], () => {});

export const pictures = (): Promise<PictureView[]> =>
  command('pictures', [], () => [...backend.keptPictures].map(([host, { taken }]) => ({ host, taken })));
export const picture = (id: HostId): Promise<ArrayBuffer> =>
  command('picture', [id], () => backend.keptPictures.get(id)?.bytes ?? new ArrayBuffer());
export const onPicturesChanged = (changed: () => void): Promise<Stop> => subscribe(backend.picturesChanged, changed);
export const keepPicture = (picture: Uint8Array): Promise<void> => command('keep_picture', [picture], () => {});
export const lastPicture = (): Promise<ArrayBuffer> => command('last_picture', [], () => backend.lastPicture);
export const setPicture = (picture: string): Promise<void> => command('set_picture', [picture], () => {});

export const answer = (number: number, answer: Answer): Promise<void> =>
  command('answer', [number, answer], () => {
    const { state } = backend;
    if (state.state !== 'asking' || state.number !== number) return;
    backend.reach({ state: 'connecting', stage: 'authenticating' });
  });

export const reconnect = (): Promise<void> =>
  command('reconnect', [], () => backend.reach({ state: 'connecting', stage: 'dialing' }));

export const close = (): Promise<void> => command('close', [], () => backend.reach({ state: 'ended', error: null }));

export const closeWindow = (): Promise<void> => command('close_window', [], () => {});

export const keptChords = (): Promise<string[]> => command('kept_chords', [], () => backend.chords);

export const keepChord = (chord: string): Promise<string[]> =>
  command('keep_chord', [chord], () => (backend.chords = [...backend.chords, chord]));

export const dropChord = (chord: string): Promise<string[]> =>
  command('drop_chord', [chord], () => (backend.chords = backend.chords.filter((other) => other !== chord)));

export const screenSized = (width: number, height: number): Promise<void> =>
  command('screen_sized', [width, height], () => {});

/** Nothing where the window is the session's own. */
const ofScreen = (screen: number | null): number[] => (screen === null ? [] : [screen]);

export const takeKeys = (onKey: (notice: KeyNotice) => void, screen: number | null = null): Promise<boolean> =>
  command('take_keys', ofScreen(screen), () => {
    backend.key = onKey;
    return backend.givesKeys;
  });

export const setKeyboardOwner = (
  owner: KeyboardOwner,
  composes: boolean,
  screen: number | null = null,
): Promise<void> => command('set_keyboard_owner', [owner, composes, ...ofScreen(screen)], () => {});

export const setFullscreen = (on: boolean, screen: number | null = null): Promise<void> =>
  command('set_fullscreen', [on, ...ofScreen(screen)], () => {});

export const closeScreen = (screen: number): Promise<void> => command('close_screen', [screen], () => {});

export const monitors = (): Promise<LocalMonitors> => command('monitors', [], () => backend.monitors);

export const chooseMonitors = (monitors: Monitors): Promise<void> =>
  command('choose_monitors', [monitors], () => void (backend.monitors = { ...backend.monitors, chosen: monitors }));

export const readClipboard = (): Promise<string | null> =>
  command('read_clipboard', [], () => (backend.shares('to_server') ? backend.clipboard : null));

export const clipboardHasImage = (): Promise<boolean> =>
  command('clipboard_has_image', [], () => backend.shares('to_server') && backend.clipboardImage);

export const writeClipboard = (text: string): Promise<boolean> =>
  command('write_clipboard', [text], () => {
    const may = backend.shares('from_server');
    if (may) backend.clipboard = text;
    return may;
  });

export const copyFingerprint = (fingerprint: string): Promise<void> =>
  command('copy_fingerprint', [fingerprint], () => {
    backend.clipboard = fingerprint;
  });

export const viewerFailed = (detail: string): Promise<void> =>
  command('viewer_failed', [detail], () => backend.reach({ state: 'ended', error: { code: 'viewer_failed', detail } }));

export const screenTooLarge = (width: number, height: number): Promise<void> =>
  command('screen_too_large', [width, height], () =>
    backend.reach({ state: 'ended', error: { code: 'screen_too_large', width, height } }),
  );

export const ring = (): Promise<Bell> => command('ring', [], () => backend.preferences.bell);

export const chooseRecording = (): Promise<boolean> => command('choose_recording', [], () => true);

export const saveScreenshot = (png: Uint8Array): Promise<string> =>
  command('save_screenshot', [png.length], () => '/home/ann/Pictures/Studio 2026-01-02 03.04.05.png');

export const copyScreenshot = (png: Uint8Array): Promise<boolean> =>
  command('copy_screenshot', [png.length], () => true);

export const prepareRecording = (): Promise<number> => command('prepare_recording', [], () => 100);

export const beginRecording = (beginning: Uint8Array): Promise<void> =>
  command('begin_recording', [beginning.length], () => backend.record({ state: 'running', since: Date.now() }));

export const stopRecording = (): Promise<void> =>
  command('stop_recording', [], () => {
    const path = '/home/ann/Videos/Studio 2026-01-02 03.04.05.plrec';
    backend.record({ state: 'saved', number: 1, path });
  });

export const tell = (told: 'changed' | 'still' | 'lost'): Promise<boolean> => command('tell', [told], () => true);

export const prepareRewind = (): Promise<number> => command('prepare_rewind', [], () => 100);

export const beginRewind = (beginning: Uint8Array): Promise<void> =>
  command('begin_rewind', [beginning.length], () => {});

export const rewind = (): Promise<void> => command('rewind', [], () => {});

export const saveFilm = (from: number, to: number): Promise<string> =>
  command('save_film', [from, to], () => '/home/ann/Videos/Studio 2026-01-02 03.04.05.plrec');

export const backToLive = (): Promise<void> => command('back_to_live', [], () => {});

export const showSaved = (): Promise<void> => command('show_saved', [], () => {});

export const playbackWindows = (): Promise<ArrayBuffer> => command('playback_windows', [], () => new ArrayBuffer(12));

export const play = (wish: PlaybackWish): Promise<void> => command('play', [wish], () => {});

// ---- details

async function command<Result>(name: string, args: unknown[], run: () => Result): Promise<Result> {
  // Arguments travel as JSON: what the page changes later was not in the call.
  backend.calls.push([name, ...(JSON.parse(JSON.stringify(args)) as unknown[])]);
  const refusal = backend.refusals.get(name);
  if (refusal) {
    backend.refusals.delete(name);
    throw refusal;
  }
  await backend.delays.get(name);
  return run();
}

function find(id: HostId): HostView {
  const host = backend.hosts.find((host) => host.id === id);
  if (!host) throw { code: 'no_such_host' } satisfies EngineError;
  return host;
}

function discovered(number: number): Discovered {
  const found = backend.nearby.machines.find((machine) => machine.number === number);
  if (!found) throw { code: 'no_such_host' } satisfies EngineError;
  return found;
}

function findRemoved(id: HostId): HostView {
  const removed = backend.removed.get(id);
  if (!removed) throw { code: 'no_such_host' } satisfies EngineError;
  return removed.host;
}

/** What was chosen in a host's window, without what is left to all machines. */
function asForAll(display: HostView['display'], left: readonly SharedChoice[]): Pick<HostView, 'display'> {
  return display ? { display: { ...display, ...Object.fromEntries(left.map((name) => [name, null])) } } : {};
}

/** The host as the engine would save it. */
function fromDraft({ on_new_address, login_chosen, secure_on, secret, as_for_all, ...draft }: HostDraft): HostView {
  const former = draft.id === null ? null : find(draft.id);
  const address = canonical(draft.address);
  // One that takes the place of a password.
  const keepsPassword = on_new_address !== 'forget' && !(login_chosen && draft.login !== null);
  const typed = Object.fromEntries(
    Object.entries(draft).map(([field, value]) => [field, typeof value === 'string' ? value.trim() : value]),
  ) as typeof draft;
  return {
    ...typed,
    id: former?.id ?? crypto.randomUUID(),
    name: typed.name || address,
    address,
    has_password: (former?.has_password ?? false) && keepsPassword,
    has_http_auth: (former?.has_http_auth ?? false) && on_new_address !== 'forget',
    has_secure_on: secure_on.change === 'keep' ? (former?.has_secure_on ?? false) : secure_on.change === 'set',
    has_secret: secret.change === 'keep' ? (former?.has_secret ?? false) : secret.change === 'set',
    last_opened: former?.last_opened ?? null,
    times_opened: former?.times_opened ?? 0,
    favourite_place: former?.favourite_place ?? null,
    source: former?.source ?? null,
    demo: false,
    ...asForAll(former?.display, as_for_all),
  };
}

/** Throws `confirm_address` where secrets would move to another address without a decision. */
function confirmAddress(former: HostView, host: HostView, draft: HostDraft, change: PasswordChange): void {
  const moved = (['address', 'repeater_id', 'ssh_jump', 'proxy', 'console_command'] as const).some(
    (field) => former[field] !== host[field],
  );
  const { has_password, has_http_auth } = former;
  if (!moved || change.change !== 'keep' || !(has_password || has_http_auth)) return;
  if (draft.on_new_address === 'ask') {
    throw { code: 'confirm_address', address: host.address, has_password, has_http_auth } satisfies EngineError;
  }
  if (draft.on_new_address === 'forget') backend.passwords.delete(former.id);
}

function update(id: HostId, facts: Partial<HostView>): void {
  find(id);
  backend.hosts = backend.hosts.map((host) => (host.id === id ? { ...host, ...facts } : host));
  backend.emitHostsChanged();
}

function keepPassword(id: HostId, change: PasswordChange): PasswordOutcome {
  if (change.change === 'keep') return { outcome: 'kept' };
  if (change.change === 'forget') {
    backend.passwords.delete(id);
    return { outcome: 'forgotten' };
  }
  if (backend.keyring) return { outcome: 'not_stored', error: backend.keyring };
  backend.passwords.set(id, change.password);
  return { outcome: 'stored' };
}

function subscribe<Event>(listeners: Set<(event: Event) => void>, listener: (event: Event) => void): Promise<Stop> {
  listeners.add(listener);
  return Promise.resolve(() => void listeners.delete(listener));
}

// ---- the compiler's check that these are the real functions

type Real = typeof import('../index');
type Fake = typeof import('.');
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Functions that are missing here, or whose arguments or result differ from the real ones. */
type Different = {
  [Name in keyof Real]: Name extends keyof Fake ? (Equal<Fake[Name], Real[Name]> extends true ? never : Name) : Name;
}[keyof Real];
type Never<None extends never> = None;
export type Checked = Never<Different>;
