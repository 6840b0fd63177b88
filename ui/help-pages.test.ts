import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rendered } from './help-pages.ts';
import en from './src/i18n/en.json';
import zh from './src/i18n/zh-CN.json';
import { topics } from './src/hosts/help/topics';

const folder = join(import.meta.dirname, '../docs/help/');
const texts = { en, 'zh-CN': zh } as Record<string, Record<string, unknown>>;
const languages = Object.keys(texts);
const read = (language: string, topic: string) => readFileSync(`${folder}${language}/${topic}.md`, 'utf8');

test.each(languages)('every topic has a page in %s, and no page is without a topic', (language) => {
  const pages = readdirSync(folder + language).map((name) => name.replace(/\.md$/, ''));
  expect(pages.sort()).toEqual([...topics].sort());
});

test.each(topics)('%s says the same in every language', (topic) => {
  const shape = (language: string) => {
    const text = read(language, topic);
    return {
      headings: text.match(/^#+ /gm),
      rows: text.match(/^\|/gm)?.length,
      links: text.match(/\]\(.*?\)/g),
      examples: text.match(/```[^]*?```/g),
    };
  };
  for (const language of languages) expect(shape(language), language).toEqual(shape('en'));
});

test.each(languages)('what is bold in %s is what stands in the windows, and links lead somewhere', (language) => {
  const shown = new Set(Object.values(texts[language] ?? {}).map((text) => String(text).replace(/…$/, '')));
  for (const topic of topics) {
    const text = read(language, topic);
    const bold = [...text.matchAll(/\*\*(.+?)\*\*/g)].map(([, label = '']) => label);
    expect(
      bold.filter((label) => !shown.has(label)),
      topic,
    ).toEqual([]);
    for (const [, link = ''] of text.matchAll(/\]\((.*?)\)/g)) {
      expect(() => readFileSync(`${folder}${language}/${link}`), `${topic}: ${link}`).not.toThrow();
    }
  }
});

test('a page is its title and HTML, in which only other pages are links', () => {
  const page = rendered('# A & B\n\nTo [there](other-page.md), or [elsewhere](../../SECURITY.md) `<b>`.\n');
  expect(page).toEqual({
    title: 'A & B',
    html: '<p>To <a href="#other-page">there</a>, or elsewhere <code>&lt;b&gt;</code>.</p>\n',
  });
  expect(() => rendered('no title')).toThrow();
});
