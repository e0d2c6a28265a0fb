// `/{handle}`: what someone gets who opens the address of an identifier, a page for a browser and the Handle API's JSON
// for everything else. Never more than public values.

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import type { Answer, Found, Revoked } from '../domain/answer.ts';
import { textFromBytes } from '../domain/bytes.ts';
import { chinaDayOf, formatChinaDay } from '../domain/china-day.ts';
import type { ErrorCode, HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { ALL_VALUES, type HandleValue, selectValues } from '../domain/handle-value.ts';
import type { Observer } from '../domain/observer.ts';
import { RECALL_INDEX, type Recalled } from '../domain/recall.ts';
import type { TemplateElements } from '../registry/registry.ts';
import { type Asker, USUAL } from '../resolver/asker.ts';
import { type ApiReply, errorReply, publicReply } from './handle-api-reply.ts';
import { type Describe, describedBy, inElementOrder, labelFor, shownText } from './page-elements.ts';
import { confinePage } from './page-headers.ts';
import { CONTENT_SECURITY_POLICY, formatPage, type Page, type PageRow } from './page-html.ts';
import { headingRank, LANGUAGES, type Language, type PageKind, WORDS } from './page-words.ts';
import { pathText, queryOf } from './percent-decoding.ts';
import { asHandleError, retryAfterOf } from './problems.ts';

export interface PagesOptions {
  readonly asker: Asker<IncomingMessage>;
  readonly observer: Observer;
  readonly templateElements: TemplateElements;
}

const PAGE_STATUS = {
  found: 200,
  recalled: 200,
  learned: 200,
  'not-found': 404,
  revoked: 410,
  referral: 300,
  'not-responsible': 404,
  invalid: 400,
  'rate-limited': 429,
  elsewhere: 502,
  unavailable: 503,
} as const satisfies Record<PageKind, number>;

export function registerPages(app: FastifyInstance, options: PagesOptions): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: async (request, reply) => {
      let spelled = '';
      try {
        spelled = pathText(request.url, 1);
        const { asker } = options;
        const answer = await asker.ask('page', asker.parse(spelled), request.raw, USUAL);
        if (!wantsHtml(request)) return sendJson(request, reply, answer, spelled);
        const describe = answer.kind === 'found' ? await describedBy(answer, options.templateElements) : UNDESCRIBED;
        return sendPage(request, reply, answerPage(answer, describe), spelled);
      } catch (thrown) {
        const error = asHandleError(thrown);
        request.failure = error;
        options.observer.failed(error.code);
        const retryAfter = retryAfterOf(error);
        if (retryAfter !== null) reply.header('Retry-After', retryAfter);
        if (!wantsHtml(request)) return sendReply(reply, errorReply(error, spelled), 'Accept');
        return sendPage(request, reply, failurePage(error), spelled);
      }
    },
  });
}

/** HTML only for who prefers it: a bare `*`/`*` is a program. */
function wantsHtml(request: FastifyRequest): boolean {
  return new Negotiator(request).mediaType(['application/json', 'text/html']) === 'text/html';
}

function sendJson(request: FastifyRequest, reply: FastifyReply, answer: Answer, spelled: string): FastifyReply {
  return sendReply(reply, publicReply(answer, spelled, request.headers['if-none-match']), 'Accept');
}

/** The Handle API's reply with another `Vary`: here the same address also has a page. */
function sendReply(reply: FastifyReply, what: ApiReply, vary: string): FastifyReply {
  for (let i = 0; i + 1 < what.headers.length; i += 2) {
    const name = what.headers[i] as string;
    if (name !== 'Vary' && name !== 'Content-Length') reply.header(name, what.headers[i + 1]);
  }
  reply.code(what.status).header('Vary', vary);
  return what.status === 304 ? reply.send() : reply.send(Buffer.from(what.body, 'latin1'));
}

/** What a page shows, before a language is chosen. */
interface Content {
  readonly kind: PageKind;
  readonly cacheControl: string;
  /** The product's name, if it has one to show. */
  heading(language: Language): string | null;
  rows(language: Language): readonly PageRow[];
  readonly notices: readonly string[];
}

/** How long a phone may show a page again: a recall must be seen soon, whatever the TTL of the values. */
const MAX_PAGE_AGE_SECONDS = 60;

const UNDESCRIBED: Describe = () => null;

function answerPage(answer: Answer, describe: Describe): Content {
  const base = {
    kind: answer.kind,
    cacheControl: `public, max-age=${Math.min(answer.ttlSeconds, MAX_PAGE_AGE_SECONDS)}`,
    heading: () => null,
    notices: [],
  };
  switch (answer.kind) {
    case 'found':
      return { ...base, ...(answer.learned === null ? {} : { kind: 'learned' }), ...foundContent(answer, describe) };
    case 'revoked':
      return { ...base, rows: (language) => revokedRows(answer, language) };
    default:
      return { ...base, rows: () => [] };
  }
}

const SYSTEM_TYPE = /^HS_/i;
const TEMPLATE_INDEX = 1001;
/** Characters of one value that a page shows. */
const MAX_SHOWN_LENGTH = 2000;

function foundContent(answer: Found, describe: Describe): Partial<Content> & Pick<Content, 'rows'> {
  const { recalls } = answer;
  const shown = selectValues(answer.values, 'public', ALL_VALUES).filter(isForPeople);
  const values = inElementOrder(shown, describe);
  return {
    ...(recalls.length === 0 ? {} : { kind: 'recalled', notices: recalls.map(({ notice }) => notice) }),
    heading: (language) => headingOf(values, language),
    rows: (language) => [
      ...recalls.flatMap((recall) => recallRows(recall, answer.handle, language)),
      ...values.map((value) => ({
        label: labelFor(value, describe, language),
        text: shownText(textOf(value), describe(value)?.element, language),
      })),
    ],
  };
}

function recallRows({ by, timestamp }: Recalled, handle: Handle, language: Language): readonly PageRow[] {
  const words = WORDS[language];
  const since = { label: words.recalledSince, text: formatChinaDay(chinaDayOf(timestamp * 1000)) };
  return by === handle ? [since] : [{ label: words.recalledBy, text: by }, since];
}

/** Administration, keys, templates and bytes that are no text say nothing to a person; a notice is shown above. */
function isForPeople(value: HandleValue): boolean {
  const isOwn = value.index !== TEMPLATE_INDEX && value.index !== RECALL_INDEX;
  return value.dataForm !== 'binary' && isOwn && !SYSTEM_TYPE.test(value.type);
}

function headingOf(values: readonly HandleValue[], language: Language): string | null {
  let best: HandleValue | null = null;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const rank = headingRank(textFromBytes(value.type), language);
    if (rank < 0 || rank >= bestRank) continue;
    best = value;
    bestRank = rank;
  }
  return best === null ? null : textOf(best);
}

function textOf(value: HandleValue): string {
  const text = textFromBytes(value.data);
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH).toWellFormed()}…` : text;
}

function revokedRows(answer: Revoked, language: Language): readonly PageRow[] {
  const words = WORDS[language];
  const rows: PageRow[] = [];
  if (answer.reason !== null) rows.push({ label: words.reason, text: answer.reason });
  if (answer.revokedBy !== answer.handle) rows.push({ label: words.revokedBy, text: answer.revokedBy });
  return rows;
}

/** Which page a failure shows; what is not named here is "could not find out". */
const KIND_OF_FAILURE: Partial<Record<ErrorCode, PageKind>> = {
  INVALID_HANDLE: 'invalid',
  INVALID_PREFIX: 'invalid',
  INVALID_REQUEST: 'invalid',
  NOT_RESPONSIBLE: 'not-responsible',
  NOT_FOUND: 'not-found',
  REVOKED: 'revoked',
  RATE_LIMITED: 'rate-limited',
  UPSTREAM_UNAVAILABLE: 'elsewhere',
};

function failurePage(error: HandleError): Content {
  const kind = KIND_OF_FAILURE[error.code] ?? 'unavailable';
  return { kind, cacheControl: 'no-store', heading: () => null, notices: [], rows: () => [] };
}

function sendPage(request: FastifyRequest, reply: FastifyReply, content: Content, handle: string): FastifyReply {
  const language = languageOf(request);
  const page: Page = {
    kind: content.kind,
    language,
    handle,
    heading: content.heading(language),
    notices: content.notices,
    rows: content.rows(language),
    otherLanguageUrl: `?lang=${language === 'zh' ? 'en' : 'zh'}`,
  };
  confinePage(request, reply, CONTENT_SECURITY_POLICY);
  reply
    .code(PAGE_STATUS[content.kind])
    .header('Cache-Control', content.cacheControl)
    .header('Content-Language', language === 'zh' ? 'zh-CN' : 'en')
    .header('Vary', 'Accept, Accept-Language')
    .type('text/html; charset=utf-8');
  return reply.send(formatPage(page));
}

/** `?lang=` over `Accept-Language`; Chinese where neither says, as the labels are read in China. */
function languageOf(request: FastifyRequest): Language {
  const asked = queryOf(request.url).get('lang')?.toLowerCase().split('-')[0];
  const chosen = LANGUAGES.find((language) => language === asked);
  if (chosen !== undefined) return chosen;
  const accepted = new Negotiator(request).language(['zh', 'en']);
  return accepted === 'en' ? 'en' : 'zh';
}
