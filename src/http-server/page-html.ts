// The HTML of an identifier's page: small, without scripts, everything escaped. Pure.

import { createHash } from 'node:crypto';
import { type Language, type PageKind, SENTENCES, WORDS } from './page-words.ts';

export interface PageRow {
  readonly label: string;
  readonly text: string;
}

export interface Page {
  readonly kind: PageKind;
  readonly language: Language;
  /** As the asker spelled it. */
  readonly handle: string;
  /** The product's name, if it has one to show. */
  readonly heading: string | null;
  /** Shown above all rows, loudly. */
  readonly notices: readonly string[];
  readonly rows: readonly PageRow[];
  /** Address of the same page in the other language. */
  readonly otherLanguageUrl: string;
}

export const STYLE = `:root{color-scheme:light dark}
body{margin:0 auto;max-width:40rem;padding:1rem;font:16px/1.5 system-ui,-apple-system,"PingFang SC","Microsoft YaHei",sans-serif}
header{display:flex;justify-content:space-between;align-items:center;font-size:.875rem;opacity:.7}
header a{padding:.75rem 0 .75rem 1rem}
h1{font-size:1.5rem;margin:.5rem 0;overflow-wrap:anywhere}
.state{border-left:.3rem solid #c33;padding:.25rem .75rem;margin:0 0 1rem}
.found{border-color:#2a7}
.recalled{border:.2rem solid #c00;background:#c00;color:#fff;padding:.75rem;font-size:1.125rem}
.recalled b{font-size:1.5rem}
.notice{border:.2rem solid #c00;padding:.5rem .75rem;margin:0 0 1rem;font-weight:600}
.notice{overflow-wrap:anywhere;white-space:pre-wrap}
.referral,.not-responsible,.rate-limited,.elsewhere,.unavailable{border-color:#c80}
.state b{display:block}
dl{margin:0}
dl>div{border-top:1px solid #8884;padding:.5rem 0}
dt{font-size:.8125rem;opacity:.7}
dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const CONFINED = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`;

/** Nothing may be loaded, run, framed or sent; only this style applies. */
export const CONTENT_SECURITY_POLICY = `${CONFINED}; form-action 'none'`;
/** For a page with our own form, whose answer may lead to any address of the web. */
export const FORM_POLICY = `${CONFINED}; form-action 'self' http: https:`;

const HTML_LANGUAGE = { zh: 'zh-CN', en: 'en' } as const satisfies Record<Language, string>;

export function formatPage(page: Page): string {
  const { kind, language, handle, heading } = page;
  const sentences = SENTENCES[kind][language];
  const words = WORDS[language];
  const title = heading ?? (kind === 'found' ? handle : sentences.title);
  // Said once: where the title is the state's, the paragraph below does not repeat it.
  const state = title === sentences.title ? '' : `<b>${sentences.title}</b>`;
  const rows = [{ label: words.identifier, text: handle }, ...page.rows];
  return `<!doctype html>
<html lang="${HTML_LANGUAGE[language]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · ${words.node}</title>
<style>${STYLE}</style>
</head>
<body>
<header><span>${words.node}</span><a href="${escapeHtml(page.otherLanguageUrl)}" rel="alternate">${words.other}</a></header>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="state ${kind}">${state}${sentences.text}</p>
${page.notices.map((notice) => `<p class="notice">${escapeHtml(notice)}</p>\n`).join('')}<dl>
${rows.map(formatRow).join('\n')}
</dl>
</main>
</body>
</html>
`;
}

const WEB_ADDRESS = /^https?:\/\/[^\s]+$/i;

function formatRow(row: PageRow): string {
  const text = escapeHtml(row.text);
  const shown = WEB_ADDRESS.test(row.text) ? `<a href="${text}" rel="noopener noreferrer nofollow">${text}</a>` : text;
  return `<div><dt>${escapeHtml(row.label)}</dt><dd>${shown}</dd></div>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Invisible characters that turn the direction of text, so that a value could pass for another. */
const DIRECTION_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;

export function escapeHtml(text: string): string {
  return text.replace(DIRECTION_CONTROLS, '\ufffd').replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
