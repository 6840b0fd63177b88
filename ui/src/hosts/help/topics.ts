// The pages of the help, in the order in which they are offered. Each is a file of this name in docs/help, in every language.

import type { HelpPage } from '../../../help-pages.ts';
import type { Language } from '../../i18n';

export const topics = [
  'start',
  'list',
  'viewer',
  'direct',
  'ssh',
  'website',
  'from-novnc',
  'proxy',
  'calls',
  'consoles',
  'wake',
  'passwords',
  'protection',
  'trouble',
] as const;

export type Topic = (typeof topics)[number];

/** The topic of this name; null where there is none. */
export function topicOf(name: string): Topic | null {
  return topics.find((topic) => topic === name) ?? null;
}

/** All pages in a language: they are loaded when the help is opened. */
export async function pages(language: Language): Promise<Map<Topic, HelpPage>> {
  const load = { en: () => import('./en'), 'zh-CN': () => import('./zh-CN') };
  const { default: files } = await load[language]();
  const page = (topic: Topic) => Object.entries(files).find(([file]) => file.endsWith(`/${topic}.md`))?.[1];
  return new Map(topics.flatMap((topic) => [[topic, page(topic)] as const].filter(isThere)));
}

function isThere(entry: readonly [Topic, HelpPage | undefined]): entry is readonly [Topic, HelpPage] {
  return entry[1] !== undefined;
}

/** Which pages have all words of a text. */
export function found(pages: Map<Topic, HelpPage>, text: string): Topic[] {
  const words = text.toLowerCase().split(/\s+/);
  return [...pages].flatMap(([topic, { title, html }]) => {
    // What is HTML in it is no word.
    const all = `${title} ${html.replace(/<[^>]*>/g, ' ')}`.toLowerCase();
    return words.every((word) => all.includes(word)) ? [topic] : [];
  });
}
