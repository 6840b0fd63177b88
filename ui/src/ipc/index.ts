// Every command and event of the engine as a typed function: the only importer of @tauri-apps/api.
// Each function rejects with an EngineError. fake/index.ts has the same functions in memory.

import { Channel, invoke } from '@tauri-apps/api/core';
import { listen as listenTo } from '@tauri-apps/api/event';
import type { About } from './about';
import type { Answer } from './bindings/Answer';
import type { Bell } from './bindings/Bell';
import type { Display } from './bindings/Display';
import type { ExportFormat } from './bindings/ExportFormat';
import type { HostDraft } from './bindings/HostDraft';
import type { HostId } from './bindings/HostId';
import type { HostListView } from './bindings/HostListView';
import type { HostView } from './bindings/HostView';
import type { HttpAuthChange } from './bindings/HttpAuthChange';
import type { Imported } from './bindings/Imported';
import type { ImportPreview } from './bindings/ImportPreview';
import type { ImportSource } from './bindings/ImportSource';
import type { ImportSourceView } from './bindings/ImportSourceView';
import type { Kept } from './bindings/Kept';
import type { KeyNotice } from './bindings/KeyNotice';
import type { KeyboardLayout } from './bindings/KeyboardLayout';
import type { KeyStroke } from './bindings/KeyStroke';
import type { KeyboardOwner } from './bindings/KeyboardOwner';
import type { LoginId } from './bindings/LoginId';
import type { Listening } from './bindings/Listening';
import type { ListeningView } from './bindings/ListeningView';
import type { NearbyView } from './bindings/NearbyView';
import type { OpenSession } from './bindings/OpenSession';
import type { PasswordChange } from './bindings/PasswordChange';
import type { LocalMonitors } from './bindings/LocalMonitors';
import type { Monitors } from './bindings/Monitors';
import type { Manner } from './bindings/Manner';
import type { PictureView } from './bindings/PictureView';
import type { PlaybackWish } from './bindings/PlaybackWish';
import type { Preferences } from './bindings/Preferences';
import type { PreferencesPreview } from './bindings/PreferencesPreview';
import type { RemovedView } from './bindings/RemovedView';
import type { Saved } from './bindings/Saved';
import type { SessionId } from './bindings/SessionId';
import type { SessionUpdate } from './bindings/SessionUpdate';
import type { SharedChange } from './bindings/SharedChange';
import type { StageReport } from './bindings/StageReport';
import type { HotkeyState } from './bindings/HotkeyState';
import type { LeftMachine } from './bindings/LeftMachine';
import type { HostSourceView } from './bindings/HostSourceView';
import type { SourceId } from './bindings/SourceId';
import type { Tested } from './bindings/Tested';
import type { VersionView } from './bindings/VersionView';
import type { Walked } from './bindings/Walked';
import { toEngineError } from './error';
import * as files from './notices';
import type { ListWish, Wish } from './wish';

/** Ends a subscription; may be called more than once. */
export type Stop = () => void;

// ---- the hosts window

/** The list, and what the user has to know about it. */
export const listHosts = async (): Promise<HostListView> => {
  type ShortList = Omit<HostListView, 'hosts'> & { usual: HostView; hosts: Partial<HostView>[] };
  const { usual, hosts, ...rest }: ShortList = await call('list_hosts');
  // On the way, what they have in common with one that has nothing is left out.
  return { ...rest, hosts: hosts.map((host) => ({ ...usual, ...host })) };
};
/** Says that it is on the screen. */
export const listShown = (): Promise<void> => call('list_shown');
/**
 * Adds or changes a host; rejects with code `fields` where a field is wrong, and with `confirm_address` where the address
 * changed and `draft.on_new_address` is `ask` although the keyring has a password or an HTTP login: then nothing was saved.
 */
export const saveHost = (draft: HostDraft, change: PasswordChange): Promise<Saved> =>
  call('save_host', { draft, change });
/** Stores or forgets the HTTP login and headers of a saved host. */
export const saveHttpAuth = (id: HostId, change: HttpAuthChange): Promise<void> =>
  call('save_http_auth', { id, change });
/** Copies a host with its password; returns the copy. */
export const duplicateHost = (id: HostId, name: string): Promise<HostView> => call('duplicate_host', { id, name });
/** Changes several hosts, all or none; what is not named stays as it is in each. Rejects as `saveHost` does. */
export const changeSeveral = (ids: HostId[], change: Partial<SharedChange>): Promise<void> =>
  call('change_several', { ids, change });
/** Adds a login that several machines use, or changes one for all of them; returns its id. Rejects with `fields`. */
export const saveLogin = (
  id: LoginId | null,
  name: string,
  username: string,
  change: PasswordChange,
): Promise<LoginId> => call('save_login', { id, name, username, change });
/** Takes such a login away, with its password: its machines are asked for theirs. */
export const removeLogin = (id: LoginId): Promise<void> => call('remove_login', { id });
/** Removes hosts, all or none; for thirty days they are among the removed ones. */
export const removeHosts = (ids: HostId[]): Promise<void> => call('remove_hosts', { ids });
/** The removed hosts, the last one first. */
export const removedHosts = (): Promise<RemovedView[]> => call('removed_hosts');
/** Puts removed hosts back; rejects with `no_such_host` when it is too late. */
export const putBack = (ids: HostId[]): Promise<void> => call('put_back', { ids });
/** Forgets removed hosts and their logins now. This cannot be undone. */
export const removeForGood = (ids: HostId[]): Promise<void> => call('remove_for_good', { ids });
/** Undoes a step of the list: that with the number, or the newest one; rejects with `nothing_to_undo`. */
export const undo = (number: number | null): Promise<Walked> => call('undo', { number });
/** Does again what was undone last; rejects with `nothing_to_undo`. */
export const redo = (): Promise<Walked> => call('redo');
/** Lists that others keep, in the order in which they were added. */
export const sources = (): Promise<HostSourceView[]> => call('sources');
/** Lets the user choose files or a folder, and adds them as sources; false where none was chosen. */
export const addPathSource = (folder: boolean): Promise<boolean> => call('add_path_source', { folder });
/** Adds a command that prints a list. Rejects with the fields that are wrong. */
export const addCommandSource = (name: string, line: string): Promise<void> =>
  call('add_command_source', { name, line });
/** Adds a list on a web server; `readable` says that it may come by http://. Rejects with the fields that are wrong. */
export const addUrlSource = (
  name: string,
  url: string,
  readable: boolean,
  login: HttpAuthChange | null,
): Promise<void> => call('add_url_source', { name, url, readable, login });
/** Gives a source another name, interval or login; null leaves the login as it is. */
export const editSource = (
  id: SourceId,
  name: string,
  everyMinutes: number,
  login: HttpAuthChange | null,
): Promise<void> => call('edit_source', { id, name, everyMinutes, login });
/** Accepts the certificate with this SHA-256 that the source's web server has shown. */
export const trustSource = (id: SourceId, fingerprint: string): Promise<void> =>
  call('trust_source', { id, fingerprint });
/** Leaves a source alone, or reads it again. */
export const pauseSource = (id: SourceId, paused: boolean): Promise<void> => call('pause_source', { id, paused });
/** Takes a source away, and its machines off the list. */
export const removeSource = (id: SourceId): Promise<void> => call('remove_source', { id });
/** Reads a source now. */
export const refreshSource = (id: SourceId): Promise<void> => call('refresh_source', { id });

/** The earlier versions of the list, the newest first, with what going back to each would change. */
export const versions = (): Promise<VersionView[]> => call('versions');
/** Goes back to the version that was replaced then, as one step. */
export const goBack = (replacedAt: number): Promise<void> => call('go_back', { replacedAt });
/** Makes a host the last of the favourites, or none any more. */
export const setFavourite = (id: HostId, favourite: boolean): Promise<void> => call('set_favourite', { id, favourite });
/** Puts a host among the favourites, before another one or, with null, at the end. */
export const arrangeFavourite = (id: HostId, before: HostId | null): Promise<void> =>
  call('arrange_favourite', { id, before });
/** Opens a host's viewer window, or shows the one that is open. */
export const openHost = (id: HostId): Promise<void> => call('open_host', { id });
/** Opens hosts' viewer windows in turn; each that can be woken up is. Returns at once. */
export const openHosts = (ids: HostId[]): Promise<void> => call('open_hosts', { ids });
/** Closes hosts' viewer windows; what is still to be opened together stays closed. */
export const closeHosts = (ids: HostId[]): Promise<void> => call('close_hosts', { ids });
/** Sends a wake-up packet, waits until the host answers, and opens it. */
export const wakeHost = (id: HostId): Promise<void> => call('wake_host', { id });
/** Connects without saving; rejects with code `fields` where the text is not an address. */
export const openAddress = (text: string): Promise<void> => call('open_address', { text });
/** The machines in the network that say that they have a VNC server, without those that are in the list. */
export const nearby = (): Promise<NearbyView> => call('nearby');
/** Connects to one of them without saving it; rejects with `no_such_host` where it has gone. */
export const openNearby = (number: number): Promise<void> => call('open_nearby', { number });
/** Adds one of them to the list; rejects as `openNearby` does. */
export const keepNearby = (number: number): Promise<Saved> => call('keep_nearby', { number });
/** The address as Portlight prints it; rejects with code `fields` where the text is not an address. */
export const readAddress = (text: string): Promise<string> => call('read_address', { text });
/** Whether a form could be saved as it is; rejects with code `fields` as `saveHost` does. */
export const checkHttpAuth = (change: HttpAuthChange): Promise<void> => call('check_http_auth', { change });
export const checkHost = (draft: HostDraft): Promise<void> => call('check_host', { draft });
/**
 * Logs in with the typed or saved password, else stops at the login; rejects with code `fields` as `saveHost` does. `onStage` is
 * told of each stage when it is over. Where it failed, it also says what the next step is, if there is one.
 */
export const testConnection = (
  draft: HostDraft,
  change: PasswordChange,
  onStage: (stage: StageReport) => void,
): Promise<Tested> => call('test_connection', { draft, change, channel: new Channel<StageReport>(onStage) });
/** The answer to `onClosing`; `discard` is that to the wish `close`: the window goes with what is typed into its form. */
export const chooseClosing = (choice: 'tray' | 'quit' | 'discard'): Promise<void> => call('choose_closing', { choice });
/** Whether the form has what is not saved: the window is then not closed without asking, by the wish `close`. */
export const setUnsaved = (unsaved: boolean): Promise<void> => call('set_unsaved', { unsaved });
/** Whether and where Portlight listens for reverse connections. */
export const listening = (): Promise<ListeningView> => call('listening');
/** Begins or ends listening; on rejection nothing listens. */
export const listen = (listening: Listening): Promise<void> => call('listen', { listening });
/** The programs that keep a list in the usual place on this computer. */
export const importSources = (): Promise<ImportSourceView[]> => call('import_sources');
/** What a program's list would add; adds nothing. */
export const previewSource = (source: ImportSource): Promise<ImportPreview> => call('preview_source', { source });
/** Lets the user choose files, or a folder, in the system's dialog, and says what they would add; null where none was. */
export const chooseImport = (folder: boolean): Promise<ImportPreview | null> => call('choose_import', { folder });
/**
 * The same files as in a preview, with the machines of token files reached through a site, or directly where that is empty; rejects
 * with what is wrong with the site, and with `import_gone` where that preview is old.
 */
export const reachImportThrough = (number: number, site: string): Promise<ImportPreview> =>
  call('reach_import_through', { number, site });
/** Adds what was chosen from a preview or, on rejection, nothing; rejects with `import_gone` where that preview is old. */
export const importHosts = (number: number, chosen: number[], passwords: boolean): Promise<Imported> =>
  call('import_hosts', { number, chosen, passwords });
/** Forgets what was read. */
export const leaveImport = (): Promise<void> => call('leave_import');
/** Lets the user choose a place, and writes the list there, without secrets; false where none was chosen. */
export const exportHosts = (format: ExportFormat): Promise<boolean> => call('export_hosts', { format });
/** The licences of what Portlight is built from, one text for each file. */
export const thirdPartyNotices = (): Promise<string[]> => rejecting(files.thirdPartyNotices());
/** What this window is wanted for, oldest first; each is told once. */
export const wishes = (): Promise<Wish[]> => call('wishes');
/** Ends Portlight (`quit`), or asks first where sessions are open (`ask`); `stay` is the answer that it shall not end. */
export const quit = (choice: 'ask' | 'stay' | 'quit'): Promise<void> => call('quit', { choice });
/** What the user prefers for all machines. */
export const preferences = (): Promise<Preferences> => call('preferences');
/** On rejection it is as before. */
export const setPreferences = (preferences: Preferences): Promise<void> => call('set_preferences', { preferences });
/** Prefers what Portlight prefers by itself; says what that is. */
export const resetPreferences = (): Promise<Preferences> => call('reset_preferences');
/** Lets the user choose where to, and writes there what they prefer; false where no place was chosen. */
export const exportPreferences = (): Promise<boolean> => call('export_preferences');
/** Lets the user choose a file of settings, and says what it would change; null where none was chosen. */
export const previewPreferences = (): Promise<PreferencesPreview | null> => call('preview_preferences');
/** Prefers what was imported, and keeps what was preferred before. On rejection it is as before. */
export const importPreferences = (preferences: Preferences): Promise<void> =>
  call('import_preferences', { preferences });
/** Whether what was preferred before an import is kept. */
export const hasFormerPreferences = (): Promise<boolean> => call('has_former_preferences');
/** Prefers again what was preferred before the last import; says what that is. */
export const putBackPreferences = (): Promise<Preferences> => call('put_back_preferences');
/** What has become of the hotkey that is preferred. */
export const hotkey = (): Promise<HotkeyState> => call('hotkey');
/** Whether Portlight starts with the desktop, as the desktop sees it; null where that cannot be had. */
export const autostart = (): Promise<boolean | null> => call('autostart');
/** Starts with the desktop, or no longer; says what is so then. */
export const setAutostart = (on: boolean): Promise<boolean | null> => call('set_autostart', { on });
/** Closes this window, as at its frame. */
export const closeList = (): Promise<void> => call('close_list');
/** What Portlight is and what it runs on. */
export const about = (): Promise<About> => call('about');
/** What there is to tell others about it; with the machines' names only where that is wanted. */
export const report = (names: boolean): Promise<string> => call('report', { names });
/** Puts that into the clipboard. */
export const copyAbout = (names: boolean): Promise<void> => call('copy_about', { names });
/** The machines that were open when Portlight ended, where they are to be asked about; without a question they are opened by this. */
export const leftOpen = (): Promise<LeftMachine[]> => call('left_open');
/** The answer to that: opens those at these places; with `always` it is the same at each start from now on. */
export const reopen = (places: number[], always: boolean): Promise<void> => call('reopen', { places, always });
/** The sessions whose windows are open. With `pictures` each is asked for a small one, which the next call brings. */
export const openSessions = (pictures: boolean): Promise<OpenSession[]> => call('open_sessions', { pictures });
/** Brings a session's window to the front. */
export const showSession = (session: SessionId): Promise<void> => call('show_session', { session });
/** Which machines have a picture, and when it was taken. */
export const pictures = (): Promise<PictureView[]> => call('pictures');
/** A machine's picture as `toPicture` reads it; no bytes where there is none. */
export const picture = (id: HostId): Promise<ArrayBuffer> => call('picture', { id });
/** Lets the user choose a recording in the system's dialog, and shows it; false where none was chosen. */
export const chooseRecording = (): Promise<boolean> => call('choose_recording');
/** Quick connect takes keys: its window may be seen. */
export const quickReady = (): Promise<void> => call('quick_ready');
/** Closes quick connect. */
export const closeQuick = (): Promise<void> => call('close_quick');
/** Calls `wished` when there is a wish for this window: see `wishes`. */
export const onWishes = (wished: () => void): Promise<Stop> => listenTo('wishes', wished);
/** Calls `changed` when `hotkey` says something else. */
export const onHotkeyChanged = (changed: () => void): Promise<Stop> => listenTo('hotkey-changed', changed);
/** Calls `changed` when a session has begun or ended, or has come to another state. */
export const onSessionsChanged = (changed: () => void): Promise<Stop> => listenTo('sessions-changed', changed);
/** Calls `changed` when `pictures` says something else, or may do so. */
export const onPicturesChanged = (changed: () => void): Promise<Stop> => listenTo('pictures-changed', changed);
/** Calls `changed` when other machines are nearby. */
export const onNearbyChanged = (changed: () => void): Promise<Stop> => listenTo('nearby-changed', changed);
/** Calls `changed` after each change of the list. */
export const onHostsChanged = (changed: () => void): Promise<Stop> => listenTo('hosts-changed', changed);
/** Calls `closing` when the window is closed for the first time; answer with `chooseClosing`. */
export const onClosing = (closing: () => void): Promise<Stop> => listenTo('closing', closing);

/** Calls `dragged` when files come over the window, and when they leave it or are dropped. */
export const onFilesDragged = (dragged: (isOver: boolean) => void): Promise<Stop> =>
  listenTo<boolean>('files-dragged', ({ payload }) => dragged(payload));
/** Calls `dropped` with what dropped files would add. */
export const onFilesDropped = (dropped: (preview: ImportPreview) => void): Promise<Stop> =>
  listenTo<ImportPreview>('files-dropped', ({ payload }) => dropped(payload));

// ---- a viewer window; the window's label says which session it is about

/** Calls `onUpdate` with the session's present state, once it has begun, and with each later one, in order. */
export const attach = (onUpdate: (update: SessionUpdate) => void): Promise<void> =>
  call('attach', { channel: new Channel<SessionUpdate>(onUpdate) });
/** Answers the prompt with that number; dropped where another prompt is shown by now. */
export const answer = (number: number, answer: Answer): Promise<void> => call('answer', { number, answer });
/** Notes what was chosen in this window, with the machine where it is saved. */
export const setDisplay = (display: Display): Promise<void> => call('set_display', { display });
/** Only watches from now on, or no longer: the relay holds that. */
export const setViewOnly = (viewOnly: boolean): Promise<void> => call('set_view_only', { viewOnly });
/**
 * Types the machine's own password into its screen; false where that was stopped before its end. Rejects with `typed_readably` where
 * others can read along and `readably` does not say that they may.
 */
export const typePassword = (manner: Manner, readably: boolean): Promise<boolean> =>
  call('type_password', { manner, readably });
/** The same for the machine's own secret. */
export const typeSecret = (manner: Manner, readably: boolean): Promise<boolean> =>
  call('type_secret', { manner, readably });
/**
 * Gives the machine a secret of its own, which is typed into its screen; under the name that it has where this one is empty. Rejects
 * where the keyring does not keep it.
 */
export const keepSecret = (name: string, secret: string): Promise<void> => call('keep_secret', { name, secret });
/** The same for this computer's clipboard; several lines are asked about first, in `SessionView.lines_asked`. */
export const typeClipboard = (manner: Manner): Promise<boolean> => call('type_clipboard', { manner });
/**
 * What is pressed for each of these characters on a keyboard of this layout, in their order; null for one that there is no key for.
 * `byPlace`: the server takes keys by their places.
 */
export const strokes = (letters: string, layout: KeyboardLayout, byPlace: boolean): Promise<(KeyStroke[] | null)[]> =>
  call('strokes', { letters, layout, byPlace });
/** Whether the lines with this number go to the machine. */
export const answerLines = (number: number, go: boolean): Promise<void> => call('answer_lines', { number, go });
/** The engine types no more. */
export const stopTyping = (): Promise<void> => call('stop_typing');
/**
 * Adds the machine to the list; with the login that was typed, where it is to be kept. Null where it is there already;
 * rejects with code `fields` where the name is wrong.
 */
export const keep = (name: string, withLogin: boolean): Promise<Kept | null> => call('keep', { name, withLogin });
/** What was done in the last attempt to connect. */
export const tried = (): Promise<StageReport[]> => call('tried');
/** Wakes the machine up, and connects when it answers. */
export const wake = (): Promise<void> => call('wake');
/** Connects to another address instead of the typed one; rejects with code `fields` where it is none. */
export const correctAddress = (text: string): Promise<void> => call('correct_address', { text });
/** Takes the step that `SessionView.lead` names. */
export const followLead = (): Promise<void> => call('follow_lead');
/** Puts into the clipboard how the session went, without names and addresses. */
export const copyReport = (): Promise<void> => call('copy_report');
/** Brings the list to the front, with the form of this machine. */
export const editHost = (): Promise<void> => call('edit_host');
/** Brings the list to the front with what a key stands for. */
export const wantList = (wish: ListWish): Promise<void> => call('want_list', { wish });
/** Brings the list to the front, with all open sessions. */
export const showSessions = (): Promise<void> => call('show_sessions');
/** Brings the next session's window to the front, or the one before. */
export const showNextSession = (back: boolean): Promise<void> => call('show_next_session', { back });
/** A small picture of the screen: a JPEG file in base64. */
export const setPicture = (picture: string): Promise<void> => call('set_picture', { picture });
/** Keeps a picture of the screen with the machine, as `toBytes` of ./picture writes it. */
export const keepPicture = (picture: Uint8Array): Promise<void> => call('keep_picture', picture);
/** The last picture of this window's machine, as `picture` gives it. */
export const lastPicture = (): Promise<ArrayBuffer> => call('last_picture');
/** Connects again in the same window. */
export const reconnect = (): Promise<void> => call('reconnect');
/** Ends the session; the window stays. */
export const close = (): Promise<void> => call('close');
/** Closes the window, and ends its session. */
export const closeWindow = (): Promise<void> => call('close_window');
/** Chords that the user has kept, for all machines. */
export const keptChords = (): Promise<string[]> => call('kept_chords');
/** Keeps one; brings those that are kept now. */
export const keepChord = (chord: string): Promise<string[]> => call('keep_chord', { chord });
/** Keeps one no longer; brings those that are kept now. */
export const dropChord = (chord: string): Promise<string[]> => call('drop_chord', { chord });
/** The remote screen has another size: the window takes it where it had the one before. */
export const screenSized = (width: number, height: number): Promise<void> => call('screen_sized', { width, height });
/**
 * Calls `onKey` with this window's keys while they are the remote machine's. False where the system's toolkit gives none: then the page
 * has them from the web view. Here and below, `screen` is the number of one that has a window of its own, which is meant then.
 */
export const takeKeys = (onKey: (notice: KeyNotice) => void, screen: number | null = null): Promise<boolean> =>
  call('take_keys', { channel: new Channel<KeyNotice>(onKey), screen });
/** Gives this window's keys to the page or to the remote machine. */
export const setKeyboardOwner = (
  owner: KeyboardOwner,
  composes: boolean,
  screen: number | null = null,
): Promise<void> => call('set_keyboard_owner', { owner, composes, screen });
/** Enters full screen, on the monitors that were chosen for the machine, or leaves it. */
export const setFullscreen = (on: boolean, screen: number | null = null): Promise<void> =>
  call('set_fullscreen', { on, screen });
/** Closes the window of a single screen. */
export const closeScreen = (screen: number): Promise<void> => call('close_screen', { screen });
/** Width and height of each monitor of this computer. */
export const monitors = (): Promise<LocalMonitors> => call('monitors');
/** Remembers what full screen is to fill, as long as this computer has these monitors. */
export const chooseMonitors = (monitors: Monitors): Promise<void> => call('choose_monitors', { monitors });
/** Null where the clipboard has no text, or where this window does not have the focus. */
export const readClipboard = (): Promise<string | null> => call('read_clipboard');
/** Whether this computer's clipboard has an image and no text, as far as this window may know. */
export const clipboardHasImage = (): Promise<boolean> => call('clipboard_has_image');
/** Puts text from the remote machine into this computer's clipboard; false where it may not, or the window has not the focus. */
export const writeClipboard = (text: string): Promise<boolean> => call('write_clipboard', { text });
/** Puts a fingerprint into this computer's clipboard. */
export const copyFingerprint = (fingerprint: string): Promise<void> => call('copy_fingerprint', { fingerprint });
/** Ends the session with the viewer's error. */
export const viewerFailed = (detail: string): Promise<void> => call('viewer_failed', { detail });
/** Ends the session because the web view has no canvas of this size. */
export const screenTooLarge = (width: number, height: number): Promise<void> =>
  call('screen_too_large', { width, height });
/** The server's bell; says what it does here. */
export const ring = (): Promise<Bell> => call('ring');
/** Writes a PNG picture of the screen into the user's folder for pictures; says where it lies. */
export const saveScreenshot = (png: Uint8Array): Promise<string> => call('save_screenshot', png, clock());
/** Puts one into this computer's clipboard; false where the window has not the focus. */
export const copyScreenshot = (png: Uint8Array): Promise<boolean> => call('copy_screenshot', png);
/** Gets ready to record; says how many bytes the relay has sent: the recording begins there or later. */
export const prepareRecording = (): Promise<number> => call('prepare_recording');
/** Records from there on, behind these windows of the zlib streams. */
export const beginRecording = (beginning: Uint8Array): Promise<void> => call('begin_recording', beginning, clock());
/** Ends the recording. */
export const stopRecording = (): Promise<void> => call('stop_recording');
/** Tells the user outside of this window what has come of the part that they marked; says whether the desktop has shown it. */
export const tell = (told: 'changed' | 'still' | 'lost'): Promise<boolean> => call('tell', { told });
/** Gets ready to keep the last minutes; says how many bytes the relay has sent: they can be seen again from there or later. */
export const prepareRewind = (): Promise<number> => call('prepare_rewind');
/** They can be seen again from there on, behind these windows of the zlib streams. */
export const beginRewind = (beginning: Uint8Array): Promise<void> => call('begin_rewind', beginning);
/** Shows the last minutes of this session in a window of their own; rejects with `nothing_kept` where there is nothing yet. */
export const rewind = (): Promise<void> => call('rewind');
/** Saves what is shown of them between two times, in milliseconds from their beginning, as a recording; says where it lies. */
export const saveFilm = (from: number, to: number): Promise<string> =>
  call('save_film', { from, to, ahead: -new Date().getTimezoneOffset() });
/** Brings the session's own window to the front, and closes this one. */
export const backToLive = (): Promise<void> => call('back_to_live');
/** Shows what was saved last in the desktop's file manager. */
export const showSaved = (): Promise<void> => call('show_saved');
/** The windows of the zlib streams before the recording that is played here: each behind its length, two bytes. */
export const playbackWindows = (): Promise<ArrayBuffer> => call('playback_windows');
/** Plays the recording as the user wishes. */
export const play = (wish: PlaybackWish): Promise<void> => call('play', { wish });

/** How far this computer's clock is ahead of UTC, for the names of files. */
function clock(): Record<string, string> {
  return { ahead: String(-new Date().getTimezoneOffset()) };
}

/** `args` that are bytes go as they are. */
function call<Result>(
  command: string,
  args?: Record<string, unknown> | Uint8Array,
  headers?: Record<string, string>,
): Promise<Result> {
  return rejecting(invoke<Result>(`plugin:portlight|${command}`, args, headers && { headers }));
}

async function rejecting<Result>(result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (caught) {
    throw toEngineError(caught);
  }
}
