// The state behind the fake commands: what the engine, the keyring and the clipboard have.

import { savedSession, usualPreferences } from '../fixtures';
import type { LocalMonitors } from '../bindings/LocalMonitors';
import type { About } from '../about';
import type { EngineError } from '../bindings/EngineError';
import type { Deed } from '../bindings/Deed';
import type { HistoryView } from '../bindings/HistoryView';
import type { HostId } from '../bindings/HostId';
import type { HotkeyState } from '../bindings/HotkeyState';
import type { Lead } from '../bindings/Lead';
import type { LeftMachine } from '../bindings/LeftMachine';
import type { HostSourceView } from '../bindings/HostSourceView';
import type { HostView } from '../bindings/HostView';
import type { ImportPreview } from '../bindings/ImportPreview';
import type { ImportSourceView } from '../bindings/ImportSourceView';
import type { Kept } from '../bindings/Kept';
import type { KeyNotice } from '../bindings/KeyNotice';
import type { Listening } from '../bindings/Listening';
import type { LoginView } from '../bindings/LoginView';
import type { NearbyView } from '../bindings/NearbyView';
import type { OpenSession } from '../bindings/OpenSession';
import type { Preferences } from '../bindings/Preferences';
import type { PreferencesPreview } from '../bindings/PreferencesPreview';
import type { RecordingView } from '../bindings/RecordingView';
import type { RemovedView } from '../bindings/RemovedView';
import type { Report } from '../bindings/Report';
import type { SessionState } from '../bindings/SessionState';
import type { SessionUpdate } from '../bindings/SessionUpdate';
import type { SessionView } from '../bindings/SessionView';
import type { StageReport } from '../bindings/StageReport';
import type { StepView } from '../bindings/StepView';
import type { VersionView } from '../bindings/VersionView';
import type { Walked } from '../bindings/Walked';
import type { Wish } from '../wish';

/** A list of machines as a step leaves it or found it: simpler than the engine, which goes back field by field. */
interface State {
  hosts: HostView[];
  removed: Map<HostId, RemovedView>;
  logins: LoginView[];
}

interface Step {
  view: StepView;
  host: HostId | null;
  /** What walking it brings back. */
  state: State;
}

type Listeners<Event> = Set<(event: Event) => void>;

/** A test sets its fields before an action and reads them after it. */
export class FakeBackend {
  hosts: HostView[] = [];
  notices: EngineError[] = [];
  /** Hosts that were removed and can be put back. */
  removed = new Map<HostId, RemovedView>();
  /** Logins that several machines use. */
  logins: LoginView[] = [];
  /** Lists that others keep. */
  hostSources: HostSourceView[] = [];
  /** Earlier versions of the list. */
  versions: VersionView[] = [];
  /** Machines that the next step back leaves as they are. */
  left: string[] = [];
  /** Chords that the user has kept. */
  chords: string[] = [];
  /** Passwords in the keyring, by host. */
  passwords = new Map<HostId, string>();
  /** Why the keyring keeps nothing; null where it works. */
  keyring: EngineError | null = null;
  /** The error of the next call, by command; used once. */
  refusals = new Map<string, EngineError>();
  /** What a command waits for before it answers, by command. */
  delays = new Map<string, Promise<unknown>>();
  /** What has become of the hotkey. */
  hotkey: HotkeyState = { hotkey: 'off' };
  /** The machines that were open when Portlight ended. */
  leftOpen: LeftMachine[] = [];
  /** Whether Portlight starts with the desktop. */
  autostart: boolean | null = false;
  /** Each call in order, with its arguments. */
  calls: [command: string, ...args: unknown[]][] = [];
  session: SessionView = { ...savedSession };
  state: SessionState = { state: 'connecting', stage: 'dialing' };
  /** The text in the clipboard, and whether there is an image. */
  clipboard: string | null = null;
  clipboardImage = false;
  /** Whether the window has the focus. */
  focused = true;
  /** How many other sessions are open. */
  others = 0;
  /** How many callers wait to be answered. */
  callers = 0;
  /** How many pictures were asked for. */
  pictures = 0;
  /** The viewer is about to close. */
  leaving = false;
  /** What was done in the last attempt to connect. */
  tried: StageReport[] = [];
  /** What keeping the machine comes to. */
  kept: Kept | null = { name: 'Studio' };
  preferences: Preferences = { ...usualPreferences, look: 'rows' };
  /** What the file of settings has that is chosen next. */
  foundPreferences: PreferencesPreview = { preferences: usualPreferences, password_command: null, left_out: [] };
  /** What was preferred before the last import. */
  formerPreferences: Preferences | null = null;
  about: About = {
    version: '1.2.3',
    system: 'Debian GNU/Linux 12, x11',
    renderer: 'plain (no GPU)',
    webview: '2.44.2',
    keyring: true,
    tray: false,
  };
  /** The pictures of machines that are kept. */
  keptPictures = new Map<HostId, { taken: number; bytes: ArrayBuffer }>();
  /** The last picture of the viewer's machine. */
  lastPicture = new ArrayBuffer();
  openSessions: OpenSession[] = [];
  /** What is said in the network. */
  nearby: NearbyView = { machines: [], more: false };
  /** What the hosts window is wanted for. */
  wishes: Wish[] = [];
  /** Whether the toolkit tells of keys, and what listens. */
  givesKeys = false;
  key: (notice: KeyNotice) => void = () => {};
  /** This computer's monitors. */
  monitors: LocalMonitors = { sizes: [[1920, 1080]], all: true, together: [], chosen: null };
  listening: Listening = { on: false, address: '0.0.0.0', port: 5500 };
  /** The machines in other programs' files. */
  found: ImportPreview = { number: 1, files: [], entries: [] };
  /** The programs with a list on this computer. */
  sources: ImportSourceView[] = [];
  /** Whether the user chooses something in the system's dialogs. */
  chooses = true;
  /** The result of testing a connection; null: the server asks for a login. */
  report: Report | null = null;
  /** Where a test that failed leads. */
  lead: Lead | null = null;
  /** Third-party notices. */
  licences: string[] = ['Portlight’s windows contain the following software by others.\n\nsvelte, MIT'];

  readonly hostsChanged: Listeners<void> = new Set();
  readonly closing: Listeners<void> = new Set();
  readonly filesDragged: Listeners<boolean> = new Set();
  readonly filesDropped: Listeners<ImportPreview> = new Set();
  readonly wished: Listeners<void> = new Set();
  readonly picturesChanged: Listeners<void> = new Set();
  readonly nearbyChanged: Listeners<void> = new Set();
  readonly hotkeyChanged: Listeners<void> = new Set();
  readonly sessionsChanged: Listeners<void> = new Set();
  readonly updates: Listeners<SessionUpdate> = new Set();

  #done: Step[] = [];
  #undone: Step[] = [];
  #steps = 0;

  /** The user is about to do this to the list. */
  step(deed: Deed, [first, ...others]: HostView[], name = first?.name ?? ''): void {
    this.#undone = [];
    const view = { number: ++this.#steps, deed, name, count: others.length + 1 };
    this.#done.push({ view, host: first?.id ?? null, state: this.#state() });
  }

  history(): HistoryView {
    return { undo: this.#done.at(-1)?.view ?? null, redo: this.#undone.at(-1)?.view ?? null };
  }

  undo(number: number | null): Walked {
    const at = number === null ? this.#done.length - 1 : this.#done.findIndex(({ view }) => view.number === number);
    return this.#walk(this.#done.splice(at, at < 0 ? 0 : 1)[0], this.#undone);
  }

  redo(): Walked {
    return this.#walk(this.#undone.pop(), this.#done);
  }

  #walk(step: Step | undefined, to: Step[]): Walked {
    if (!step) throw { code: 'nothing_to_undo' } satisfies EngineError;
    const view = { ...step.view, number: ++this.#steps };
    to.push({ view, host: step.host, state: this.#state() });
    ({ hosts: this.hosts, removed: this.removed, logins: this.logins } = step.state);
    this.emitHostsChanged();
    const host = this.hosts.some(({ id }) => id === step.host) ? step.host : null;
    return { step: view, host, left: this.left.splice(0), login: null };
  }

  #state(): State {
    return { hosts: [...this.hosts], removed: new Map(this.removed), logins: [...this.logins] };
  }

  /** Emits the event that the list changed. */
  emitHostsChanged(): void {
    this.hostsChanged.forEach((listener) => listener());
  }

  /** Emits the event that the hosts window is being closed. */
  emitClosing(): void {
    this.closing.forEach((listener) => listener());
  }

  /** A wish for the hosts window was added. */
  wish(wish: Wish): void {
    this.wishes.push(wish);
    this.wished.forEach((listener) => listener());
  }

  /** These machines are nearby now. */
  setNearby(nearby: NearbyView): void {
    this.nearby = nearby;
    this.nearbyChanged.forEach((listener) => listener());
  }

  /** These sessions are open now. */
  setSessions(sessions: OpenSession[]): void {
    this.openSessions = sessions;
    this.sessionsChanged.forEach((listener) => listener());
  }

  /** The session reaches a state. */
  /** The session's recording is like this now. */
  record(recording: RecordingView): void {
    this.session = { ...this.session, recording };
    this.updates.forEach((listener) => listener(this.update()));
  }

  /** Whether what the engine types is typed to its end. */
  typesAll = true;

  reach(state: SessionState): void {
    this.state = state;
    this.updates.forEach((listener) => listener(this.update()));
  }

  /** What the viewer is told about its session now. */
  update(): SessionUpdate {
    const { session, state, others, callers, pictures, leaving } = this;
    return { view: { ...session }, state, others, calls: callers, pictures, leaving };
  }

  /** Whether a text goes this way now. */
  shares(way: 'to_server' | 'from_server'): boolean {
    const sharing = this.session.display.clipboard ?? this.session.clipboard_unchosen;
    return this.focused && (sharing === 'both' || sharing === way);
  }

  /** The arguments of each call of `command`. */
  callsOf(command: string): unknown[][] {
    return this.calls.filter(([name]) => name === command).map(([, ...args]) => args);
  }
}
