import { Marked } from 'marked';
import type { Plugin } from 'vite';

/** A page of the help: what it is called, and its text as HTML. */
export interface HelpPage {
  title: string;
  html: string;
}

/** Makes modules of the help's pages (docs/help, Markdown): their windows need no Markdown, and no text is made HTML there. */
export function helpPages(): Plugin {
  return {
    name: 'help-pages',
    transform: {
      filter: { id: /\/docs\/help\/.*\.md$/ },
      handler: (text) => ({ code: `export default ${JSON.stringify(rendered(text))}`, map: null }),
    },
  };
}

/** A page from its Markdown, which begins with the title. */
export function rendered(text: string): HelpPage {
  const [, title, rest] = /^# (.+)\n([^]*)$/.exec(text) ?? [];
  if (title === undefined || rest === undefined) throw new Error('a page of the help begins with its title');
  return { title, html: marked.parse(rest, { async: false }) };
}

const marked = new Marked({
  renderer: {
    // Within the help a link leads to another page; other documents are not in the program, and are only named.
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      const topic = /^([a-z-]+)\.md$/.exec(href)?.[1];
      return topic ? `<a href="#${topic}">${text}</a>` : text;
    },
    // It may be wider than the page: the keyboard scrolls it, too.
    table({ header, rows }) {
      const row = (cells: typeof header, tag: string) =>
        `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>`;
      const body = rows.map((cells) => row(cells, 'td')).join('');
      return `<table><thead>${row(header, 'th')}</thead><tbody>${body}</tbody></table>`;
    },
  },
});
