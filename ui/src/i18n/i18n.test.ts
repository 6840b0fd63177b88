import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EngineError } from '../ipc/bindings/EngineError';
import type { Subject } from '../ipc/bindings/Subject';
import { agoText, dateText, errorText, languageOf, levelText, problemText, subjectText, t, type Language } from '.';
import addressProblem from '../ipc/bindings/AddressProblem.ts?raw';
import certificateProblem from '../ipc/bindings/CertificateProblem.ts?raw';
import commandError from '../ipc/bindings/CommandError.ts?raw';
import commandProblem from '../ipc/bindings/CommandProblem.ts?raw';
import consoleProblem from '../ipc/bindings/ConsoleProblem.ts?raw';
import connectError from '../ipc/bindings/ConnectError.ts?raw';
import engineError from '../ipc/bindings/EngineError.ts?raw';
import exportFormat from '../ipc/bindings/ExportFormat.ts?raw';
import fileProblem from '../ipc/bindings/FileProblem.ts?raw';
import fetchError from '../ipc/bindings/FetchError.ts?raw';
import formError from '../ipc/bindings/FormError.ts?raw';
import importError from '../ipc/bindings/ImportError.ts?raw';
import importGap from '../ipc/bindings/ImportGap.ts?raw';
import importPassword from '../ipc/bindings/ImportPassword.ts?raw';
import importProblem from '../ipc/bindings/ImportProblem.ts?raw';
import importSource from '../ipc/bindings/ImportSource.ts?raw';
import keyringError from '../ipc/bindings/KeyringError.ts?raw';
import recordingError from '../ipc/bindings/RecordingError.ts?raw';
import leftOut from '../ipc/bindings/LeftOut.ts?raw';
import level from '../ipc/bindings/Level.ts?raw';
import macProblem from '../ipc/bindings/MacProblem.ts?raw';
import jumpProblem from '../ipc/bindings/JumpProblem.ts?raw';
import secureOnProblem from '../ipc/bindings/SecureOnProblem.ts?raw';
import wakeAddressProblem from '../ipc/bindings/WakeAddressProblem.ts?raw';
import wakePortProblem from '../ipc/bindings/WakePortProblem.ts?raw';
import otherProtocol from '../ipc/bindings/OtherProtocol.ts?raw';
import proxyProblem from '../ipc/bindings/ProxyProblem.ts?raw';
import reportStage from '../ipc/bindings/ReportStage.ts?raw';
import stage from '../ipc/bindings/Stage.ts?raw';
import storeError from '../ipc/bindings/StoreError.ts?raw';
import urlProblem from '../ipc/bindings/UrlProblem.ts?raw';
import typingError from '../ipc/bindings/TypingError.ts?raw';
import step from '../ipc/bindings/Step.ts?raw';
import textProblem from '../ipc/bindings/TextProblem.ts?raw';
import travels from '../ipc/bindings/Travels.ts?raw';
import wsMistake from '../ipc/bindings/WsMistake.ts?raw';
import oldTls from '../ipc/bindings/OldTls.ts?raw';
import kerberosProblem from '../ipc/bindings/KerberosProblem.ts?raw';
import wsRefusal from '../ipc/bindings/WsRefusal.ts?raw';
import en from './en.json';
import zhCN from './zh-CN.json';
import party from '../ipc/bindings/Party.ts?raw';

const english: Record<string, string> = en;
const chinese: Record<string, string> = zhCN;
/** The keys without the singulars, which Chinese does not have. */
const plurals = Object.keys(en).filter((key) => !key.endsWith('.one'));
const languages: Language[] = ['en', 'zh-CN'];

const factsIn = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, fact]) => fact).sort();
/** The quoted words of a generated type, without comments. */
const wordsIn = (binding: string) =>
  [...binding.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/\| "(\w+)"|= "(\w+)"/g)].map(([, a, b]) => a ?? b ?? '');

/** The errors of each area, which EngineError joins. */
const areas = {
  commandError,
  fetchError,
  connectError,
  formError,
  importError,
  keyringError,
  recordingError,
  storeError,
  typingError,
};
const errors = Object.values(areas).join('\n');
/** Each variant of EngineError: its code and the names of its facts. */
const variants = [
  ...errors
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .matchAll(/\{\s*"code":\s*"(\w+)"((?:,\s*\w+:\s*(?:Array<\w+>|[^,{}]+))*),?\s*\}/g),
].map(([, code = '', facts = '']) => ({
  code,
  facts: [...facts.matchAll(/(\w+):\s*([^,]+)/g)].map(([, fact = '', type = '']) => ({ fact, type: type.trim() })),
}));

describe('the catalogues', () => {
  it('have the same keys', () => {
    expect(Object.keys(chinese).sort()).toEqual(plurals.sort());
  });

  it('have singulars only of sentences with a number, in English alone', () => {
    const singulars = Object.keys(english).filter((key) => key.endsWith('.one'));
    expect(singulars.length).toBeGreaterThan(5);
    for (const key of singulars) {
      expect(factsIn(english[key] ?? '')).toEqual(factsIn(english[key.replace(/\.one$/, '')] ?? ''));
      expect(english[key], key).toMatch(/\{(count|seconds)\}/);
    }
  });

  it('have a singular of each sentence in which a number stands before a plural', () => {
    // Said only of several machines, or of more than one line; one hour and one day have sentences of their own, and nobody is
    // given up after a second.
    const often = ['sources.every_hours', 'sources.every_days', 'start.unanswered', 'start.unanswered_by_any'];
    const neverOne = ['many.title', 'quick.open_many', 'several.edit_title', 'several.save', 'typing.lines', ...often];
    const counted = plurals.filter((key) => /\{(count|seconds)\} (\w+ )?\w+s\b/.test(english[key] ?? ''));
    expect(counted.length).toBeGreaterThan(10);
    for (const key of counted) expect(`${key}.one` in english, key).toBe(!neverOne.includes(key));
  });

  it('have a sentence for each key, with the same facts', () => {
    for (const key of plurals) {
      const sentence = english[key] ?? '';
      expect(sentence.trim(), key).not.toBe('');
      expect(chinese[key]?.trim(), key).not.toBe('');
      expect(factsIn(chinese[key] ?? ''), key).toEqual(factsIn(sentence));
    }
  });

  it('have a sentence for every error of the engine, which uses only facts that this error always has', () => {
    const joined = /export type EngineError = (.+);/.exec(engineError)?.[1]?.split(' | ') ?? [];
    expect(joined.map((area) => area.charAt(0).toLowerCase() + area.slice(1)).sort()).toEqual(
      Object.keys(areas).sort(),
    );
    expect(variants.length).toBe(errors.match(/"code":/g)?.length);
    for (const { code, facts } of variants.filter(({ code }) => code !== 'fields')) {
      expect(english, code).toHaveProperty([`error.${code}`]);
      const always = facts.filter(({ fact, type }) => !type.includes('null') && fact !== 'detail');
      for (const fact of factsIn(english[`error.${code}`] ?? '')) {
        expect(
          always.map(({ fact }) => fact),
          code,
        ).toContain(fact);
      }
    }
  });

  it('have words for everything that the engine names', () => {
    const fields = ['name', 'username', 'repeater_id', 'ca_file', 'client_certificate', 'client_key'];
    const keys = [
      ...wordsIn(textProblem).flatMap((problem) => fields.map((field) => `problem.${field}.${problem}`)),
      ...wordsIn(addressProblem).map((problem) => `problem.address.${problem}`),
      ...wordsIn(step).map((step) => `step.${step}`),
      ...wordsIn(otherProtocol).map((protocol) => `error.not_rfb.${protocol}`),
      ...wordsIn(certificateProblem).map((problem) => `certificate.${problem}`),
      ...wordsIn(level).flatMap((level) => [`level.${level}`, `meaning.${level}`]),
      ...wordsIn(travels).map((travels) => `prompt.travels.${travels}`),
      ...wordsIn(stage).map((stage) => `stage.${stage}`),
      ...wordsIn(reportStage).map((stage) => `report.${stage}`),
      ...wordsIn(proxyProblem).map((problem) => `problem.proxy.${problem}`),
      ...wordsIn(commandProblem).flatMap((problem) => [
        `problem.password_command.${problem}`,
        `problem.console_command.${problem}`,
      ]),
      ...wordsIn(consoleProblem).map((problem) => `error.command_bad_console.${problem}`),
      ...wordsIn(urlProblem).map((problem) => `problem.url.${problem}`),
      ...wordsIn(macProblem).map((problem) => `problem.mac.${problem}`),
      ...wordsIn(jumpProblem).map((problem) => `problem.ssh_jump.${problem}`),
      // Nothing is reached through the host that sends a packet.
      ...wordsIn(jumpProblem)
        .filter((problem) => problem !== 'address')
        .map((problem) => `problem.wake_ssh_host.${problem}`),
      ...wordsIn(secureOnProblem).map((problem) => `problem.secure_on.${problem}`),
      ...wordsIn(wakeAddressProblem).map((problem) => `problem.wake_address.${problem}`),
      ...wordsIn(wakePortProblem).map((problem) => `problem.wake_port.${problem}`),
      ...wordsIn(wsMistake).map((mistake) => `error.not_web_socket.${mistake}`),
      ...wordsIn(oldTls).flatMap((old) =>
        ['error.old_tls', 'viewer.old_tls', 'viewer.site_old_tls'].map((of) => `${of}.${old}`),
      ),
      ...wordsIn(wsRefusal).map((refusal) => `error.ws_refused.${refusal}`),
      ...wordsIn(kerberosProblem).map((problem) => `error.kerberos.${problem}`),
    ];
    const tagsIn = (binding: string) => [...binding.matchAll(/"(?:problem|plan)": "(\w+)"/g)].map(([, word]) => word);
    keys.push(
      ...tagsIn(fileProblem).map((problem) => `problem.file.${problem}`),
      ...tagsIn(importProblem)
        .filter((problem) => problem !== 'address' && problem !== 'ssh' && problem !== 'proxy')
        .map((problem) => `problem.import.${problem}`),
      ...wordsIn(leftOut).map((what) => `import.left_out.${what}`),
      ...wordsIn(importGap).map((gap) => `import.gap.${gap}`),
      ...wordsIn(importSource).map((source) => `import.source.${source}`),
      ...wordsIn(importPassword)
        .filter((password) => password !== 'none')
        .map((password) => `import.password.${password}`),
      ...wordsIn(exportFormat).flatMap((format) => [`export.format.${format}`, `export.format.${format}_hint`]),
    );
    expect(wordsIn(party)).toEqual(['server', 'site', 'ssh_host', 'proxy', 'caller']);
    expect(keys.length).toBeGreaterThan(50);
    for (const key of keys) expect(english).toHaveProperty([key]);
  });
});

/** The errors whose usual reason is a wrong port. */
const portErrors = (address: string): EngineError[] => [
  ...([null, 'http', 'ssh', 'tls'] as const).map((looks_like) => ({ code: 'not_rfb' as const, address, looks_like })),
  { code: 'not_rfb_closed', address },
  { code: 'timeout_greeting', address, seconds: 10 },
];

describe('numbers', () => {
  it.each([
    [0, 'Trying again in 0 seconds…', '0 秒后重试…'],
    [1, 'Trying again in 1 second…', '1 秒后重试…'],
    [2, 'Trying again in 2 seconds…', '2 秒后重试…'],
  ])('%i seconds', (seconds, inEnglish, inChinese) => {
    expect(t('reconnecting.wait', { seconds }, 'en')).toBe(inEnglish);
    expect(t('reconnecting.wait', { seconds }, 'zh-CN')).toBe(inChinese);
  });

  it.each([
    [1, 'Add 1 machine', '添加 1 台主机'],
    [21, 'Add 21 machines', '添加 21 台主机'],
  ])('%i machines', (count, inEnglish, inChinese) => {
    expect(t('import.add', { count }, 'en')).toBe(inEnglish);
    expect(t('import.add', { count }, 'zh-CN')).toBe(inChinese);
  });

  it('also in errors', () => {
    const late = (seconds: number) => errorText({ code: 'dial_timeout', address: 'a', seconds }, 'en');
    expect(late(1)).toContain('within 1 second.');
    expect(late(5)).toContain('within 5 seconds.');
  });
});

describe('who asks', () => {
  it.each<[Subject, string, string]>([
    [{ name: 'Studio', address: 'studio.local', party: 'server' }, 'Studio', 'Studio'],
    [
      { name: 'Studio', address: 'wss://lab.example', party: 'site' },
      'The website wss://lab.example in front of Studio',
      'Studio 前面的网站 wss://lab.example',
    ],
    [
      { name: 'Studio', address: 'ann@gate', party: 'ssh_host' },
      'The SSH host ann@gate in front of Studio',
      'Studio 前面的 SSH 主机 ann@gate',
    ],
    [{ name: 'x', address: '192.168.1.33', party: 'caller' }, 'The caller 192.168.1.33', '呼入方 192.168.1.33'],
  ])('%j', (subject, inEnglish, inChinese) => {
    expect(subjectText(subject, 'en')).toBe(inEnglish);
    expect(subjectText(subject, 'zh-CN')).toBe(inChinese);
  });

  it('is never without a name: the address takes its place', () => {
    expect(subjectText({ name: ' ', address: 'studio.local', party: 'server' }, 'en')).toBe('studio.local');
  });
});

describe('the sentence for an error', () => {
  it('says what happened and what to do', () => {
    expect(errorText({ code: 'connection_refused', address: 'studio.local' }, 'en')).toBe(
      'studio.local refused the connection. The machine is on, but no VNC server is listening there: start it, or check the port.',
    );
  });

  it('quotes the server, where it gave a reason', () => {
    const refused = (reason: string | null) => errorText({ code: 'refused', address: 'a', reason }, 'en');
    expect(refused('Too many clients')).toMatch(/ The server says: “Too many clients”$/);
    expect(refused(null)).toBe(en['error.refused'].replace('{address}', 'a'));
    expect(refused('  ')).toBe(refused(null));
  });

  it('adds the system’s words at the end, where there are any', () => {
    expect(errorText({ code: 'unreachable', address: 'a', detail: 'no route to host' }, 'en')).toMatch(
      /VPN\? \(no route to host\)$/,
    );
    expect(errorText({ code: 'unreachable', address: 'a', detail: '' }, 'en')).toMatch(/VPN\?$/);
  });

  it('names what answers instead, where that shows', () => {
    expect(errorText({ code: 'not_rfb', address: 'a:22', looks_like: 'ssh' }, 'en')).toMatch(/^An SSH server .* a:22/);
    expect(errorText({ code: 'not_rfb', address: 'a:443', looks_like: 'tls' }, 'en')).toMatch(/ a:443 speaks TLS /);
    expect(errorText({ code: 'not_rfb', address: 'a:22', looks_like: null }, 'en')).toMatch(/^What answers at a:22 /);
  });

  it.each(languages)('says in %s to wait where the server has had enough', (lang) => {
    const failed = (too_many: boolean) =>
      errorText({ code: 'auth_failed', address: 'a', reason: null, too_many }, lang);
    expect(failed(true)).toBe(t('error.auth_failed.too_many', { address: 'a' }, lang));
    expect(failed(false)).toBe(t('error.auth_failed', { address: 'a' }, lang));
  });

  it('names the logins offered, where there are any', () => {
    const none = (offered: string[]) => errorText({ code: 'no_common_type', address: 'a', offered, maker: null }, 'en');
    expect(none(['UltraVNC', 'SASL'])).toContain('UltraVNC, SASL');
    for (const offered of [[], [''], [' ', '']]) {
      expect(none(offered)).toBe(t('error.no_common_type.none', { address: 'a' }, 'en'));
    }
  });

  it.each([
    ['apple', 'System Settings'],
    ['realvnc', 'Options'],
    ['ultravnc', 'DSM plug-in'],
  ] as const)('says where to turn another login on: %s', (maker, where) => {
    for (const lang of languages) {
      const text = errorText({ code: 'no_common_type', address: 'a', offered: ['one (1)', 'two (2)'], maker }, lang);
      expect(text).toContain('one (1), two (2)');
      if (lang === 'en') expect(text).toContain(where);
    }
  });

  it.each([
    'studio.local',
    '192.168.1.20',
    '2001:db8::7',
    '[fe80::1]',
    '/run/vm/screen.sock',
    'wss://lab.example:8443/websockify',
  ])('does not say that VNC usually has port 5900 where no other one was asked for: %s', (address) => {
    for (const error of portErrors(address)) {
      for (const lang of languages) expect(errorText(error, lang)).not.toContain('5900');
      expect(errorText(error, 'en')).toContain(address);
    }
  });

  it.each(['studio.local:5901', 'studio.local::22', '[fe80::1]:5990', 'vnc://cafe:99'])(
    'says that VNC usually has port 5900 where another one was asked for: %s',
    (address) => {
      for (const error of portErrors(address)) {
        for (const lang of languages) expect(errorText(error, lang)).toContain('5900');
      }
    },
  );

  it.each(languages)('names levels in %s by the words they have everywhere', (lang) => {
    const text = errorText({ code: 'weaker', address: 'a', before: 'identified', now: 'password' }, lang);
    expect(text).toContain(levelText('identified', lang));
    expect(text).toContain(levelText('password', lang));
  });

  it('says what a WebSocket’s refusal means, in the proxy’s words too', () => {
    const refused = errorText(
      { code: 'ws_refused', address: 'wss://site', why: 'behind', status: 1011, reason: 'no route' },
      'en',
    );
    expect(refused).toMatch(/^wss:\/\/site could not reach .* \(1011\)\. .* “no route”$/);
    expect(errorText({ code: 'not_web_socket', address: 'a', looks_like: 'tls', detail: '' }, 'en')).toMatch(/wss:/);
  });

  it('names each field’s problem', () => {
    const error: EngineError = {
      code: 'fields',
      fields: [
        { field: 'name', problem: 'too_long' },
        { field: 'address', problem: 'port' },
      ],
    };
    expect(errorText(error, 'en')).toBe(`${en['problem.name.too_long']} ${en['problem.address.port']}`);
    expect(problemText({ field: 'username', problem: 'control_characters' }, 'zh-CN')).toBe(
      zhCN['problem.username.control_characters'],
    );
  });

  const kinds: Record<string, string> = { Step: 'greeting', Level: 'clear', WsRefusal: 'other' };
  it('leaves no braces, in any language, whatever the error', () => {
    for (const lang of languages) {
      for (const { code, facts } of variants) {
        const error = Object.fromEntries(
          facts.map(({ fact, type }) => [
            fact,
            type === 'Array<string>' ? ['None'] : type.startsWith('Array') ? [] : (kinds[type] ?? null),
          ]),
        );
        const text = errorText({ code, ...error, detail: 'd' } as unknown as EngineError, lang);
        expect(text, code).not.toMatch(/[{}]|undefined|null/);
      }
    }
  });
});

describe('facts', () => {
  it('are text, also where they look like facts or patterns themselves', () => {
    expect(t('hosts.connect_to', { address: '{address} $& <b>' }, 'en')).toBe('Connect to {address} $& <b>');
  });

  it('in right-to-left script do not turn the sentence around them', () => {
    expect(t('toast.removed', { name: 'abc\u202Edef' }, 'en')).toBe('Removed “\u2068abc\u202Edef\u2069”');
  });
});

it.each([
  [30, 'just now', '刚刚'],
  [5 * 60, '5 minutes ago', '5分钟前'],
  [25 * 3600, 'yesterday', '昨天'],
  [3 * 86_400, '3 days ago', '3天前'],
  [-100, 'just now', '刚刚'],
])('says that something was %i seconds ago', (passed, inEnglish, inChinese) => {
  const now = 1_700_000_000_000;
  expect(agoText(now / 1000 - passed, now, 'en')).toBe(inEnglish);
  expect(agoText(now / 1000 - passed, now, 'zh-CN')).toBe(inChinese);
});

it.each([
  [1_767_268_800, 'Jan 1, 2026', '2026年1月1日'],
  [1e300, 'Sep 13, 275760', '275760年9月13日'],
])('names the day of %d', (seconds, inEnglish, inChinese) => {
  expect(dateText(seconds, 'en')).toBe(inEnglish);
  expect(dateText(seconds, 'zh-CN')).toBe(inChinese);
});

it.each([
  ['?lang=zh-CN', 'zh-CN'],
  ['?lang=en', 'en'],
  ['?lang=tlh', 'en'],
  ['', 'en'],
])('takes the language from the page’s address: %s', (search, lang) => {
  expect(languageOf(search)).toBe(lang);
});

describe('the typeface', () => {
  const theme = readFileSync('src/theme.css', 'utf8');
  /** The families that `--font` names in the rule for `selector`. */
  const families = (selector: string) => {
    const rule = theme.slice(theme.indexOf(`${selector} {`));
    return (/--font:([^;]+);/.exec(rule)?.[1] ?? '').split(',').map((family) => family.trim());
  };
  const chinese = /CJK|PingFang|YaHei|Source Han|WenQuanYi/;

  it('of English is no Chinese one while any other is there: its quotation marks are as wide as a Chinese character', () => {
    const generic = families(':root').indexOf('sans-serif');
    expect(generic).toBeGreaterThan(0);
    expect(
      families(':root')
        .slice(0, generic)
        .filter((family) => chinese.test(family)),
    ).toEqual([]);
  });

  it('of Chinese is a Chinese one', () => {
    expect(families(':root:lang(zh)').findIndex((family) => chinese.test(family))).toBe(2);
  });
});
