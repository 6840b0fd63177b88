// Data for the tests and for a plain browser, where ?scene= chooses a scene.

import type { Certificate } from './bindings/Certificate';
import { defaultDisplay } from './display';
import type { EngineError } from './bindings/EngineError';
import type { Failure } from './bindings/Failure';
import type { HostSourceView } from './bindings/HostSourceView';
import type { HostView } from './bindings/HostView';
import type { Identity } from './bindings/Identity';
import type { KnownKey } from './bindings/KnownKey';
import type { OpenSession } from './bindings/OpenSession';
import type { NearbyView } from './bindings/NearbyView';
import type { OpenState } from './bindings/OpenState';
import type { Preferences } from './bindings/Preferences';
import type { Prompt } from './bindings/Prompt';
import type { Protection } from './bindings/Protection';
import type { Report } from './bindings/Report';
import type { SessionState } from './bindings/SessionState';
import type { RemovedView } from './bindings/RemovedView';
import type { SessionView } from './bindings/SessionView';
import type { StageReport } from './bindings/StageReport';
import type { Subject } from './bindings/Subject';

/** What the engine has in one scene. */
export interface Scene {
  hosts: HostView[];
  notices: EngineError[];
  keyring: EngineError | null;
  session: SessionView;
  state: SessionState;
  report: Report | null;
  tried: StageReport[];
  openSessions: OpenSession[];
  nearby: NearbyView;
  hostSources: HostSourceView[];
  others: number;
  delays: Map<string, Promise<unknown>>;
}

/** The scene of that name; an ordinary list and a session that connects where there is none. */
export function scene(name: string | null): Scene {
  const key = name ?? '';
  return {
    hosts: lists[key]?.() ?? machines(),
    notices: key === 'notices' ? notices : [],
    keyring: key === 'locked' ? { code: 'keyring_locked' } : null,
    session: sessions[key] ?? savedSession,
    state: states[key] ?? { state: 'connecting', stage: 'dialing' },
    report: reports[key] ?? null,
    tried: failing({ code: 'connection_refused', address: 'studio.local' }).stages.slice(0, 2),
    openSessions: key === 'sessions' ? openSessions() : [],
    hostSources: key === 'sources' ? hostSources() : [],
    nearby: around[key] ?? { machines: [], more: false },
    others: 2,
    delays: new Map(key === 'testing' ? [['test_connection', new Promise(() => {})]] : []),
  };
}

/** Lists that others keep, in all states that they can be in. */
function hostSources(): HostSourceView[] {
  const now = Math.floor(Date.now() / 1000);
  const source = (name: string, origin: string, facts: Partial<HostSourceView> = {}): HostSourceView => ({
    id: name,
    name,
    origin,
    kind: 'path',
    every_minutes: 15,
    has_login: false,
    paused: false,
    machines: 12,
    read_at: now - 240,
    reading: false,
    problem: null,
    certificate: null,
    skipped: 0,
    left_out: [],
    ...facts,
  });
  const team = 'https://lists.example/team/machines.json';
  return [
    source('Lab', '/home/ada/src/infrastructure/inventory/lab'),
    source('Team', team, { kind: 'web', every_minutes: 60, machines: 840, has_login: true }),
    source(
      'Virtual machines',
      'python3 /usr/share/doc/portlight/examples/sources/libvirt qemu+ssh://ada@rack4/system',
      {
        kind: 'command',
        left_out: [{ what: 'commands', count: 3 }],
        problem: {
          what: 'failed',
          error: {
            code: 'command_failed',
            program: 'libvirt',
            status: '1',
            detail: 'failed to connect to the hypervisor',
          },
        },
      },
    ),
    source('New', 'https://10.0.0.4/machines.csv', {
      kind: 'web',
      machines: 0,
      read_at: null,
      certificate,
      problem: {
        what: 'failed',
        error: { code: 'list_untrusted', address: 'https://10.0.0.4/machines.csv', fingerprint: certificate.sha256 },
      },
    }),
    source('Workshop', 'http://workshop.local/list.csv', { kind: 'clear_web', paused: true, read_at: now - 400000 }),
  ];
}

const notices: EngineError[] = [
  { code: 'keyring_missing', detail: '' },
  {
    code: 'hosts_unreadable',
    kept_as: '/home/ada/.config/portlight/hosts.json.1',
    detail: 'expected value at line 3 column 9',
  },
];

const lists: Record<string, () => HostView[]> = {
  empty: () => [],
  many: () => Array.from({ length: 10_000 }, (_, n) => oneOfMany(n)),
  hostile: () => [
    machine('<img src=x onerror=alert(1)><b>bold</b>', 'a.example', { favourite: true }),
    machine('شبكة المكتب \u202e reversed', 'b.example', { username: '<script>' }),
    machine('Very long name '.repeat(30), `${'sub-domain.'.repeat(20)}example:5901`, {
      view_only: true,
      last_opened: 1,
    }),
    machine('👩‍🔧 工作室的旧电脑', '192.168.1.7'),
  ],
};

/** With what real lists have: roles in the name, tags, notes, some user names. */
function oneOfMany(n: number): HostView {
  const role = ['web', 'db', 'cache', 'build', 'render', 'kiosk', 'camera'][n % 7] ?? '';
  const name = n < 5 ? `Favourite ${n}` : `${role}-${String(n).padStart(5, '0')}`;
  const tags = ['lab', 'prod', 'staging', 'rack 1', 'rack 2', 'linux', 'windows', 'db', 'web'];
  return machine(name, `${role}-${n}.dc${n % 4}.example:5901`, {
    favourite: n < 5,
    username: n % 3 === 0 ? 'ann' : '',
    tags: tags.slice(n % 7, (n % 7) + (n % 4)),
    notes: n % 5 === 0 ? 'Owned by the render team; call before you restart it' : '',
  });
}

const around: Record<string, NearbyView> = {
  nearby: {
    machines: [
      { number: 1, name: 'Raspberry Pi', address: '192.168.1.23' },
      { number: 2, name: 'Annas MacBook', address: '192.168.1.31' },
    ],
    more: false,
  },
  hostile: {
    machines: [
      {
        number: 1,
        name: '<b onclick=alert(1)>Very long name '.repeat(4).slice(0, 60),
        address: '[fe80::1%enp0s31f6]:99',
      },
    ],
    more: true,
  },
};

// ---- identities of servers

export const certificate: Certificate & { kind: 'x509' } = {
  kind: 'x509',
  subject: 'CN=studio.local, O=Ada’s workshop',
  names: ['studio.local', 'studio', '192.168.1.20'],
  issuer: 'CN=studio.local, O=Ada’s workshop',
  not_before: 1_767_268_800,
  not_after: 1_861_963_200,
  sha256: fingerprint(7),
  key_sha256: fingerprint(11),
  problems: ['self_signed', 'wrong_name'],
};

export const rsaKey: Identity = {
  kind: 'ra2',
  bits: 2048,
  sha256: fingerprint(23),
  short: 'bb-92-4d-20-55-e5-0d-42',
};

export const knownKey: KnownKey = {
  sha256: fingerprint(3),
  label: 'CN=studio.local, O=Ada’s workshop',
  first_seen: 1_735_732_800,
  last_seen: 1_795_176_000,
};

const hostile: Identity = {
  ...certificate,
  subject: 'CN=<b>studio</b> \u202e‮ ' + 'very-long-'.repeat(30),
  names: Array.from({ length: 90 }, (_, n) => `name-${n}.${'sub.'.repeat(n % 7)}example`),
  issuer: '',
  not_after: Number.MAX_SAFE_INTEGER,
  problems: ['unknown_issuer', 'expired', 'not_yet_valid', 'weak_key', 'old_signature', 'unverifiable'],
};

// ---- a viewer window

/** The desktop that fake/desktop.ts serves. */
export const DESKTOP = { url: 'ws://127.0.0.1:4000/ticket', name: 'ada@studio', width: 640, height: 400 };

/** The parties that can ask. */
export const subjects = {
  server: { name: 'Studio', address: 'studio.local', party: 'server' },
  site: { name: 'Studio', address: 'wss://lab.example/websockify', party: 'site' },
  ssh_host: { name: 'Studio', address: 'ann@gate.example', party: 'ssh_host' },
  proxy: { name: 'Studio', address: 'socks5://gate.example:1080', party: 'proxy' },
  caller: { name: '192.168.1.33', address: '192.168.1.33', party: 'caller' },
} as const satisfies Record<string, Subject>;

const password: Extract<Prompt, { kind: 'password' }> = {
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
const auth: EngineError = {
  code: 'auth_failed',
  address: 'studio.local',
  reason: 'authentication failed',
  too_many: false,
};

const states: Record<string, SessionState> = {
  connecting: { state: 'connecting', stage: 'handshake' },
  encrypting: { state: 'connecting', stage: 'encrypting' },
  asking: asking(password),
  login: asking({ ...password, username: 'ada' }),
  'login-empty': asking({ ...password, username: '' }),
  scrambled: asking({ ...password, travels: 'scrambled' }),
  'login-clear': asking({ ...password, username: 'ada', travels: 'clear' }),
  'login-local': asking({ ...password, username: 'ada', travels: 'local' }),
  rejected: asking({ ...password, travels: 'scrambled', problem: auth, keyring: { code: 'keyring_locked' } }),
  trust: asking({ kind: 'trust', identity: certificate, known: null }),
  'trust-ra2': asking({ kind: 'trust', identity: rsaKey, known: null }),
  'trust-hostile': asking({ kind: 'trust', identity: hostile, known: null }),
  changed: asking({ kind: 'trust', identity: certificate, known: knownKey }),
  'changed-ra2': asking({
    kind: 'trust',
    identity: rsaKey,
    known: { ...knownKey, sha256: nearly(rsaKey.sha256), label: 'bb-92-4d-20-55-e5-0d-41' },
  }),
  weaker: asking({ kind: 'weaker', before: 'identified', now: 'password', security_type: 'VncAuth' }),
  clear: asking({ kind: 'clear_text', security_type: 'Plain' }),
  call: asking({ kind: 'call', from: '192.168.1.33' }, subjects.caller),
  'trust-site': asking({ kind: 'trust', identity: certificate, known: null }, subjects.site),
  'trust-long': asking(
    { kind: 'trust', identity: certificate, known: null },
    { ...subjects.site, address: `wss://${'sub-domain.'.repeat(14)}example/${'path'.repeat(30)}` },
  ),
  'keyring-silent': asking({ ...password, keyring: { code: 'keyring_silent' } }),
  'keyring-for-another': asking({ ...password, keyring: { code: 'keyring_for_another', recipient: 'pi.lan:1' } }),
  'keyring-long': asking({
    ...password,
    keyring: { code: 'keyring_failed', detail: `Ambiguous(${'/org/freedesktop/secrets/collection/'.repeat(6)})` },
  }),
  'clear-site': asking({ kind: 'clear_text', security_type: 'Plain' }, subjects.site),
  'ssh-password': asking(
    {
      kind: 'ssh',
      question: { asks: 'password', prompt: "ann@gate.example's password:", again: false },
      can_keep: true,
    },
    subjects.ssh_host,
  ),
  'ssh-passphrase': asking(
    {
      kind: 'ssh',
      question: { asks: 'passphrase', prompt: "Enter passphrase for key '/home/ann/.ssh/id_ed25519':", again: true },
      can_keep: true,
    },
    subjects.ssh_host,
  ),
  passphrase: asking({ kind: 'passphrase', file: '/home/ann/certificates/ann-key.pem', again: true }),
  proxy: asking({ kind: 'proxy', username: 'ann', again: true, readable: true }, subjects.proxy),
  'http-login': asking({ kind: 'http_login', keyring: { code: 'keyring_silent' } }, subjects.site),
  'secure-on': asking({ kind: 'secure_on', keyring: { code: 'keyring_locked' }, again: true }),
  'ssh-key': asking(
    {
      kind: 'ssh',
      question: {
        asks: 'host_key',
        prompt:
          "The authenticity of host 'gate.example (192.0.2.7)' can't be established.\nED25519 key fingerprint is SHA256:Jq3m4DNl8k2W0nVt5aQyXb7cRzHf9pEoUuT1sGhKiLw.\nAre you sure you want to continue connecting?",
        fingerprint: 'SHA256:Jq3m4DNl8k2W0nVt5aQyXb7cRzHf9pEoUuT1sGhKiLw',
      },
      can_keep: false,
    },
    subjects.ssh_host,
  ),
  'ssh-confirm': asking(
    { kind: 'ssh', question: { asks: 'confirm', prompt: 'Allow use of key id_ed25519?' }, can_keep: false },
    subjects.ssh_host,
  ),
  'ssh-notice': asking(
    { kind: 'ssh', question: { asks: 'notice', prompt: 'Confirm user presence for key ED25519-SK' }, can_keep: false },
    subjects.ssh_host,
  ),
  identified: live({
    level: 'identified',
    security_type: 'X509Vnc',
    tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
    identity: certificate,
  }),
  'identified-ra2': live({ level: 'identified', security_type: 'RA2_256', identity: rsaKey }),
  encrypted: live({ level: 'encrypted', security_type: 'TLSVnc', tls: 'TLSv1.2 ADH-AES256-GCM-SHA384' }),
  sasl: live({
    level: 'identified',
    security_type: 'X509SASL',
    mechanism: 'SCRAM-SHA-256',
    tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
    identity: certificate,
  }),
  old: live({
    level: 'encrypted',
    security_type: 'X509Vnc',
    tls: 'TLSv1 ECDHE-RSA-AES256-SHA',
    old: ['version', 'renegotiation'],
    identity: certificate,
  }),
  unencrypted: live({ level: 'password', security_type: 'VncAuth' }),
  unasked: live({ level: 'clear', security_type: 'None', password_unasked: true }),
  local: live({ level: 'clear', security_type: 'None', local: true }),
  reconnecting: {
    state: 'reconnecting',
    error: { code: 'connection_lost', address: 'studio.local', detail: 'connection reset by peer' },
    seconds: 4,
  },
  ended: { state: 'ended', error: { code: 'connection_refused', address: 'studio.local' } },
  'ended-typed': { state: 'ended', error: { code: 'connection_refused', address: '192.168.1.20:5901' } },
  'ended-wake': { state: 'ended', error: { code: 'dial_timeout', address: 'studio.local', seconds: 10 } },
  'ended-lead': { state: 'ended', error: { code: 'connection_refused', address: 'studio.local' } },
  'ended-through': { state: 'ended', error: { code: 'dial_timeout', address: 'studio.local', seconds: 10 } },
  recording: live({ level: 'password', security_type: 'VncAuth' }),
  playback: live({ level: 'clear', local: true, security_type: '' }),
  'unsaved-login': live({ level: 'password', security_type: 'VncAuth' }),
};

function asking(prompt: Prompt, subject: Subject = subjects.server): SessionState {
  return { state: 'asking', number: 1, subject, prompt };
}

/** A saved machine's. */
export const savedSession: SessionView = {
  name: 'Studio',
  address: 'studio.local',
  view_only: false,
  frame: null,
  ask_lines: false,
  lines_asked: null,
  saved: true,
  called: false,
  can_keep: false,
  has_login: false,
  can_type_password: false,
  secret: null,
  can_keep_secret: false,
  private: true,
  can_wake: false,
  lead: null,
  storing: null,
  picture: 'shown',
  display: defaultDisplay,
  scaling_unchosen: 'fit',
  quality_unchosen: 'automatic',
  clipboard_unchosen: 'both',
  rewind_unchosen: 'kept',
  composing_unchosen: 'there',
  recording: { state: 'off' },
  playback: null,
};

/** A typed address's. */
export const typedSession: SessionView = {
  ...savedSession,
  name: '192.168.1.20:5901',
  address: '192.168.1.20:5901',
  saved: false,
  can_keep: true,
  clipboard_unchosen: 'off',
};

/** A recording's. */
export const playedSession: SessionView = {
  ...typedSession,
  name: 'Studio 2026-01-02 03.04.05',
  address: '/home/ann/Videos/Studio 2026-01-02 03.04.05.plrec',
  view_only: true,
  can_keep: false,
  playback: {
    began: 1_767_323_045_000,
    duration: 754_000,
    position: 62_000,
    playing: true,
    seeking: false,
    speed: 1,
    cut: false,
    rewound: false,
  },
};

/** The last minutes of a session. */
export const rewoundSession: SessionView = {
  ...typedSession,
  name: '↶ Studio',
  address: 'studio.local',
  view_only: true,
  can_keep: false,
  playback: {
    began: 1_767_323_045_000,
    duration: 600_000,
    position: 585_000,
    playing: true,
    seeking: false,
    speed: 1,
    cut: false,
    rewound: true,
  },
};

const sessions: Record<string, SessionView> = {
  unencrypted: { ...savedSession, clipboard_unchosen: 'off' },
  recording: { ...savedSession, recording: { state: 'running', since: Date.now() - 65_000 } },
  playback: playedSession,
  rewound: rewoundSession,
  unsaved: typedSession,
  'unsaved-login': { ...typedSession, has_login: true },
  'ended-typed': typedSession,
  'ended-wake': { ...savedSession, can_wake: true },
  'ended-lead': { ...savedSession, lead: { lead: 'address', address: 'studio.local:1', why: 'answers' } },
  'ended-through': {
    ...savedSession,
    lead: { lead: 'through', address: 'studio.lab.example', through: 'ann@gate.example', beside: null },
  },
  call: { ...typedSession, name: '192.168.1.33', address: '192.168.1.33', called: true },
};

function live(facts: Partial<Protection> & Pick<Protection, 'level' | 'security_type'>): SessionState {
  const protection = {
    local: false,
    through: null,
    site_tls: null,
    site_old: [],
    mechanism: null,
    tls: null,
    old: [],
    identity: null,
    password_unasked: false,
    ...facts,
  };
  const { url, name, width, height } = DESKTOP;
  return { state: 'ready', url, desktop_name: name, width, height, protection };
}

/** Three open sessions, one of them with a picture of one pixel. */
export function openSessions(): OpenSession[] {
  const session = (id: number, name: string, state: OpenState): OpenSession => ({
    id,
    host: null,
    name,
    address: 'studio.local',
    state,
    picture: null,
  });
  return [session(1, 'Studio', 'live'), session(2, '192.168.1.20:5901', 'asking'), session(4, 'Lab bench', 'ended')];
}

// ---- testing a connection

export const asksForLogin: Report = {
  target: 'studio.local',
  stages: [
    { stage: 'resolve', ok: true, ms: 3, detail: '192.168.1.20', round_trips: null },
    { stage: 'dial', ok: true, ms: 1, detail: '192.168.1.20:5900', round_trips: null },
    { stage: 'greeting', ok: true, ms: 2, detail: 'RFB 003.008', round_trips: null },
    { stage: 'security', ok: true, ms: 1, detail: 'VncAuth', round_trips: null },
  ],
  protocol: '3.8',
  offered: ['VncAuth'],
  chosen: 'VncAuth',
  protection: 'password',
  tunnel: null,
  identity: null,
  desktop: null,
  error: null,
};

export const reached: Report = {
  ...asksForLogin,
  stages: [
    ...asksForLogin.stages.slice(0, 3),
    { stage: 'security', ok: true, ms: 2, detail: 'X509Vnc', round_trips: null },
    { stage: 'tls', ok: true, ms: 41, detail: 'TLSv1.3 TLS_AES_256_GCM_SHA384', round_trips: null },
    { stage: 'trust', ok: true, ms: 0, detail: 'known since 2025-01-01', round_trips: null },
    { stage: 'login', ok: true, ms: 12, detail: 'accepted', round_trips: null },
    { stage: 'desktop', ok: true, ms: 3, detail: '1024x768', round_trips: null },
  ],
  offered: ['VeNCrypt', 'X509Vnc', 'TLSVnc', 'VncAuth'],
  chosen: 'X509Vnc',
  protection: 'identified',
  identity: certificate,
  desktop: { name: 'ada@studio', width: 1024, height: 768 },
};

/** A report that ends with `error`, at the stage that was next. */
export function failing(error: EngineError, before: Report = asksForLogin): Report {
  const failure: Failure = { ...error, message: 'in English' };
  const stages = before.stages.map((stage, at) => ({ ...stage, ok: at < before.stages.length - 1 }));
  return { ...before, stages, desktop: null, error: failure };
}

const reports: Record<string, Report> = {
  reached,
  refused: failing(
    { code: 'connection_refused', address: 'studio.local' },
    { ...asksForLogin, stages: asksForLogin.stages.slice(0, 2), offered: [], chosen: null, protection: null },
  ),
  changed: failing(
    { code: 'trust_changed', address: 'studio.local', known: knownKey.sha256, shown: certificate.key_sha256 },
    { ...reached, stages: reached.stages.slice(0, 6) },
  ),
};

// ---- machines

function machines(): HostView[] {
  const now = Math.floor(Date.now() / 1000);
  return [
    machine('Studio', 'studio.local', { favourite: true, has_password: true, last_opened: now - 40 }),
    machine('Living room', '192.168.1.20:5901', { favourite: true, last_opened: now - 3 * 3600 }),
    machine('Build server', 'build.lab.example', { username: 'ada', has_password: true, last_opened: now - 26 * 3600 }),
    machine('Mum’s laptop', '10.8.0.6', { last_opened: now - 12 * 86_400 }),
    machine('Greenhouse camera', '192.168.1.44:5902', { view_only: true, last_opened: now - 40 * 86_400 }),
    machine('Demo desktop', 'demo', { demo: true }),
    machine('会议室', 'meeting-room.local', { repeater_id: '4711' }),
    machine('Lab bench', 'wss://lab.example/websockify?token=abc', { has_http_auth: true }),
    machine('Workshop CNC', '[fe80::1c2b]:5900', { view_only: true }),
    machine('vm-old', '/run/user/1000/vm-old.sock'),
  ];
}

let count = 0;

export function machine(name: string, address: string, facts: Partial<HostView> = {}): HostView {
  return {
    id: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
    name,
    address,
    username: '',
    view_only: false,
    frame: false,
    ask_lines: false,
    favourite: false,
    has_password: false,
    last_opened: null,
    repeater_id: '',
    ca_file: '',
    client_certificate: '',
    client_key: '',
    old_tls: false,
    no_proxy: false,
    ssh_jump: '',
    proxy: '',
    login: null,
    password_command: '',
    console_command: '',
    mac: '',
    wake_address: '',
    wake_port: '',
    wake_ssh_host: '',
    has_http_auth: false,
    has_secure_on: false,
    secret_name: '',
    has_secret: false,
    reconnect: true,
    tags: [],
    colour: null,
    notes: '',
    picture: 'shown',
    times_opened: 0,
    favourite_place: null,
    source: null,
    demo: false,
    ...facts,
  };
}

function fingerprint(seed: number): string {
  return Array.from({ length: 32 }, (_, n) =>
    ((seed * 37 + n * n * 29 + n * seed) % 256).toString(16).padStart(2, '0'),
  ).join(':');
}

/** The same but for its last byte. */
function nearly(value: string): string {
  return value.replace(/..$/, (last) => (last === '00' ? '01' : '00'));
}

/** A machine that was removed then, in seconds since 1970. */
export function removedView(host: HostView, removed_at: number): RemovedView {
  return { host, removed_at, kept_until: removed_at + 30 * 86_400 };
}

/** What Portlight prefers by itself. */
export const usualPreferences: Preferences = {
  language: 'system',
  theme: 'system',
  scaling: 'fit',
  quality: 'automatic',
  clipboard: 'both',
  composing: 'there',
  bell: 'sound',
  on_close: 'ask',
  order: 'name',
  pictures: 'shown',
  rewind: 'kept',
  look: 'cards',
  password_command: '',
  offered_login: null,
  nearby: 'shown',
  reopening: 'ask',
  hotkey: null,
  tags: [],
};
