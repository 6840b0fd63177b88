// Every text, in the language that the page's address names (?lang=). The catalogues are flat, so that Rust reads the tray's
// texts from the same files. A key with the ending `.one` is the singular of the key without it.

import type { EngineError } from '../ipc/bindings/EngineError';
import type { FileProblem } from '../ipc/bindings/FileProblem';
import type { FieldProblem } from '../ipc/bindings/FieldProblem';
import type { ImportProblem } from '../ipc/bindings/ImportProblem';
import type { Lead } from '../ipc/bindings/Lead';
import type { Level } from '../ipc/bindings/Level';
import type { StepView } from '../ipc/bindings/StepView';
import type { Subject } from '../ipc/bindings/Subject';
import en from './en.json';
import zhCN from './zh-CN.json';

export type Key = keyof typeof en;
export type Facts = Record<string, string | number>;
export type Language = 'en' | 'zh-CN';

/** Chinese has no plural: its catalogue needs no singulars. */
type Catalogue = Record<Exclude<Key, `${string}.one`>, string> & Partial<Record<Key, string>>;
const catalogues: Record<Language, Catalogue> = { en, 'zh-CN': zhCN };

/** The language of this window. */
export const language = languageOf(location.search);

/** The sentence for `key` with `{fact}`s filled in, in the form that the fact `count` or `seconds` asks for. */
export function t(key: Key, facts: Facts = {}, lang: Language = language): string {
  const sentence = catalogues[lang][formOf(key, facts, lang)] ?? '';
  return sentence.replace(/\{(\w+)\}/g, (_, fact: string) => {
    const value = facts[fact] ?? '';
    return isolated(fact === 'count' && typeof value === 'number' ? numberText(value, lang) : String(value));
  });
}

/** One for each language: making one takes longer than all that it does with a key that is typed. */
function kept<Format>(make: (lang: Language) => Format): (lang: Language) => Format {
  const made: Partial<Record<Language, Format>> = {};
  return (lang) => (made[lang] ??= make(lang));
}
const plurals = kept((lang) => new Intl.PluralRules(lang));
const numbers = kept((lang) => new Intl.NumberFormat(lang));
const ago = kept((lang) => new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }));

function formOf(key: Key, facts: Facts, lang: Language): Key {
  const number = facts.count ?? facts.seconds;
  if (typeof number !== 'number') return key;
  const form = `${key}.${plurals(lang).select(number)}`;
  return form in catalogues[lang] ? (form as Key) : key;
}

/** Who asks: a machine's name, or the website or SSH host in front of it by its address. Begins a sentence. */
export function subjectText({ name, address, party }: Subject, lang: Language = language): string {
  if (party === 'server') return shortened(name.trim() || address);
  if (party === 'caller') return t('subject.caller', { address }, lang);
  return t(`subject.${party}`, { address, name: shortened(name) }, lang);
}

/** Where a failure leads. */
export function leadText(lead: Lead): string {
  if (lead.lead === 'address') return t(`lead.address.${lead.why}`, { address: lead.address });
  if (lead.lead === 'listed') return t('lead.listed', { name: shortened(lead.name), through: lead.through });
  if (lead.lead === 'accept_old') return t('lead.accept_old', { address: lead.address });
  if (lead.lead !== 'through') return t(`lead.${lead.lead}`);
  const { address, through, beside } = lead;
  return beside === null
    ? t('lead.through.last', { address, through })
    : t('lead.through.beside', { name: shortened(beside), through });
}

/** A name of at most so many characters, so that it cannot push out of sight what stands beside it. */
export function shortened(name: string, most = 80): string {
  const letters = [...name];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : name;
}

/** What went wrong and what to do, in a sentence or two; then the server's or the system's own words, where there are any. */
export function errorText(error: EngineError, lang: Language = language): string {
  if (error.code === 'fields') return error.fields.map((field) => problemText(field, lang)).join(between(lang));
  if (error.code === 'fields_of') {
    const problems = error.fields.map((field) => problemText(field, lang));
    return [t('error.fields_of', { machine: error.machine }, lang), ...problems].join(between(lang));
  }
  const sentences = [t(sentenceOf(error), factsOf(error, lang), lang)];
  if ('reason' in error && error.reason?.trim()) sentences.push(saidText(error.reason, lang));
  if ('detail' in error && error.detail.trim())
    sentences.push(t('error.detail', { detail: error.detail.trim() }, lang));
  return sentences.join(between(lang));
}

/** Sentences, one behind the other. */
export function joined(sentences: readonly string[], lang: Language = language): string {
  return sentences.join(between(lang));
}

/** A quotation of the server's words. */
export function saidText(words: string, lang: Language = language): string {
  return t('error.said', { words: words.trim() }, lang);
}

/** What is wrong with one field of the form. */
export function problemText({ field, problem }: FieldProblem, lang: Language = language): string {
  return t(`problem.${field}.${problem}` as Key, {}, lang);
}

/** A level of protection, in words that fit into a sentence. */
export function levelText(level: Level, lang: Language = language): string {
  return t(`level.${level}`, {}, lang);
}

/** The day, for seconds since 1970. A certificate may name a day outside the range of Date. */
export function dateText(seconds: number, lang: Language = language): string {
  const ms = Math.max(-FARTHEST_MS, Math.min(FARTHEST_MS, seconds * 1000));
  return new Intl.DateTimeFormat(lang, { dateStyle: 'medium' }).format(ms);
}

/** Day and time, for seconds since 1970. */
export function timeText(seconds: number, lang: Language = language): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(seconds * 1000);
}

/** What the user did to the list. */
export function stepText({ deed, name, count }: StepView, lang: Language = language): string {
  if (deed === 'favourite' || deed === 'arranged' || deed === 'went_back') return t(`step.${deed}`, {}, lang);
  const facts = { name: shortened(name, MAX_IN_MENU), count: count - 1 };
  if (deed === 'login_added' || deed === 'login_edited' || deed === 'login_removed')
    return t(`step.${deed}`, facts, lang);
  return t(count > 1 ? `step.${deed}_more` : `step.${deed}`, facts, lang);
}

/** Characters of a name that fit into a menu. */
const MAX_IN_MENU = 30;

/** A number, with its thousands parted. */
export function numberText(number: number, lang: Language = language): string {
  return numbers(lang).format(number);
}

/** A number of bytes, as short as people say it. */
export function sizeText(bytes: number, lang: Language = language): string {
  const [unit, value] = bytes < 1e6 ? ['kilobyte', bytes / 1e3] : ['megabyte', bytes / 1e6];
  return new Intl.NumberFormat(lang, { style: 'unit', unit, maximumSignificantDigits: 3 }).format(value);
}

/** How often a second: with a decimal where that says something. */
export function paceText(number: number, lang: Language = language): string {
  return new Intl.NumberFormat(lang, { maximumFractionDigits: number < 10 ? 1 : 0 }).format(number);
}

/** Why an entry of another program's file cannot be added. */
export function importProblemText(problem: ImportProblem, lang: Language = language): string {
  if (problem.problem === 'address') return t(`problem.address.${problem.address}`, {}, lang);
  if (problem.problem === 'ssh') return t(`problem.ssh_jump.${problem.ssh}`, {}, lang);
  if (problem.problem === 'proxy') return t(`problem.proxy.${problem.proxy}`, {}, lang);
  if (problem.problem === 'other_protocol') return t('problem.import.other_protocol', { ...problem }, lang);
  return t(`problem.import.${problem.problem}`, {}, lang);
}

/** Why nothing of a file is read. */
export function fileProblemText(problem: FileProblem, lang: Language = language): string {
  const detail = 'detail' in problem ? problem.detail : '';
  return t(`problem.file.${problem.problem}`, { detail }, lang);
}

/** “3 days ago”, for seconds since 1970. */
export function agoText(seconds: number, now = Date.now(), lang: Language = language): string {
  const passed = Math.max(0, now / 1000 - seconds);
  if (passed < 60) return t('time.now', {}, lang);
  const [unit, length] = units.find(([, length]) => passed >= length) ?? ['minute', 60];
  return ago(lang).format(-Math.floor(passed / length), unit);
}

export function languageOf(search: string): Language {
  return new URLSearchParams(search).get('lang') === 'zh-CN' ? 'zh-CN' : 'en';
}

function between(lang: Language): string {
  return lang === 'en' ? ' ' : '';
}

function sentenceOf(error: EngineError): Key {
  const key = kindOf(error);
  const hintless = `${key}.default_port`;
  return hintless in en && 'address' in error && !hasOtherPort(error.address) ? (hintless as Key) : key;
}

/** Whether the address names a TCP port; Portlight never prints 5900. */
function hasOtherPort(address: string): boolean {
  return /^(?:vnc:\/\/)?(?:\[.+\]|[^:/[\]]+)::?\d+$/.test(address);
}

function kindOf(error: EngineError): Key {
  if (error.code === 'not_rfb' && error.looks_like !== null) return `error.not_rfb.${error.looks_like}`;
  if (error.code === 'auth_failed' && error.too_many) return 'error.auth_failed.too_many';
  if (error.code === 'no_common_type' && error.offered.every((name) => !name.trim()))
    return 'error.no_common_type.none';
  if (error.code === 'no_common_type' && error.maker !== null) return `error.no_common_type.${error.maker}`;
  if (error.code === 'not_web_socket' && error.looks_like !== null) return `error.not_web_socket.${error.looks_like}`;
  if (error.code === 'ws_refused') return `error.ws_refused.${error.why}`;
  if (error.code === 'command_bad_console') return `error.command_bad_console.${error.problem}`;
  if (error.code === 'entries_left_out' && error.names.length > 0) return 'error.entries_left_out.named';
  if (error.code === 'old_tls') return `error.old_tls.${error.why}`;
  if (error.code === 'kerberos') return `error.kerberos.${error.why}`;
  return `error.${error.code}` as Key;
}

function factsOf(error: EngineError, lang: Language): Facts {
  const facts: Facts = {};
  for (const [fact, value] of Object.entries(error)) {
    if (Array.isArray(value)) facts[fact] = value.join(', ');
    else if (typeof value === 'string' || typeof value === 'number') facts[fact] = value;
  }
  if ('during' in error) facts.during = t(`step.${error.during}`, {}, lang);
  if ('before' in error)
    Object.assign(facts, { before: levelText(error.before, lang), now: levelText(error.now, lang) });
  if ('wanted' in error)
    Object.assign(facts, { wanted: levelText(error.wanted, lang), now: levelText(error.now, lang) });
  return facts;
}

// Right-to-left script and direction marks in a fact must not reorder the sentence around it (Unicode UAX #9, isolates).
function isolated(fact: string): string {
  return rightToLeft.test(fact) ? `\u2068${fact}\u2069` : fact;
}

const rightToLeft = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;

/** The last moment of Date, in milliseconds since 1970. */
const FARTHEST_MS = 8.64e15;

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];
