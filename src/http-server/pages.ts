// `/{handle}`: what someone gets who opens the address of an identifier, a page for a browser and the Handle API's JSON
// for everything else. Never more than public values.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import type { Answer, Found, Revoked } from '../domain/answer.ts';
import { textFromBytes } from '../domain/bytes.ts';
import { chinaDayOf, formatChinaDay } from '../domain/china-day.ts';
import { type ErrorCode, HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { ALL_VALUES, type HandleValue, selectValues, type ValueFilter } from '../domain/handle-value.ts';
import type { Observer } from '../domain/observer.ts';
import { RECALL_INDEX, type Recalled } from '../domain/recall.ts';
import type { TemplateElements } from '../registry/registry.ts';
import { type Asker, USUAL } from '../resolver/asker.ts';
import type { Caller } from './client-network.ts';
import type { ApiQuery } from './handle-api-query.ts';
import { type ApiReply, errorReply, publicReply, viewReply } from './handle-api-reply.ts';
import { sendHome } from './home-page.ts';
import { type Describe, describedBy, inElementOrder, labelFor, shownText } from './page-elements.ts';
import { confinePage } from './page-headers.ts';
import { CONTENT_SECURITY_POLICY, formatPage, type Page, type PageRow } from './page-html.ts';
import { languageOf } from './page-language.ts';
import { headingRank, type Language, type PageKind, WORDS } from './page-words.ts';
import { pathText, queryOf } from './percent-decoding.ts';
import { asHandleError, retryAfterOf } from './problems.ts';
import type { LeadingOn } from './proxy.ts';
import { bareIdentifier, parseProxyQuery, pathOfIdentifier } from './proxy-query.ts';
import { sendFollowed } from './proxy-reply.ts';

export interface PagesOptions {
  readonly asker: Asker<Caller>;
  readonly proxy: LeadingOn;
  readonly observer: Observer;
  readonly templateElements: TemplateElements;
}

const PAGE_STATUS = {
  found: 200,
  recalled: 200,
  learned: 200,
  'not-found': 404,
  'alias-loop': 404,
  revoked: 410,
  referral: 300,
  'not-responsible': 404,
  invalid: 400,
  'rate-limited': 429,
  elsewhere: 502,
  unavailable: 503,
} as const satisfies Record<PageKind, number>;

/** Answers at the address of an identifier. */
export type AnswerPage = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

export function registerPages(app: FastifyInstance, answerPage: AnswerPage): void {
  app.route({ method: ['GET', 'HEAD'], url: '/*', handler: answerPage });
}

const OTHERS = /^\/(?:v1|api|docs)(?:[/?]|$)/;

/** Whether the address of an identifier is asked for, whatever that is. */
export function isPage({ method, url }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && !OTHERS.test(url);
}

/** Also for a POST of the home page's form, whose answer is that of the identifier's own address. */
export function createPages(options: PagesOptions): AnswerPage {
  return async (request, reply) => {
    const parameters = request.body instanceof URLSearchParams ? request.body : queryOf(request.url);
    const { pathname } = { pathname: request.url.split('?')[0] ?? '/' };
    let spelled = '';
    try {
      spelled = bareIdentifier(pathname === '/' ? (parameters.get('hdl') ?? '') : pathText(request.url, 1));
      if (spelled === '' && pathname === '/') return sendHome(request, reply);
      const search = pathname === '/' ? searchOf(parameters) : request.url.slice(pathname.length);
      return await sendAnswer(options, { request, reply, spelled, search, parameters });
    } catch (thrown) {
      const error = asHandleError(thrown);
      request.failure = error;
      options.observer.failed(error.code);
      const retryAfter = retryAfterOf(error);
      if (retryAfter !== null) reply.header('Retry-After', retryAfter);
      if (!wantsHtml(request)) return sendReply(reply, errorReply(error, spelled), 'Accept');
      return sendPage(request, reply, failurePage(error), spelled);
    }
  };
}

interface Visit {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly spelled: string;
  /** What the identifier's own address is followed by. */
  readonly search: string;
  readonly parameters: URLSearchParams;
}

async function sendAnswer(options: PagesOptions, visit: Visit): Promise<FastifyReply> {
  const { request, reply, spelled, search, parameters } = visit;
  const { asker, proxy } = options;
  const query = parseProxyQuery(parameters);
  const asking = query.bypassCache ? { ...USUAL, bypassCache: true } : USUAL;
  const answer = await asker.ask('page', asker.parse(spelled), request.raw, asking);
  const followed = await proxy.follow(request.raw, answer, query, search);
  if (followed?.kind === 'alias-loop') return sendLoop(request, reply, spelled);
  if (followed !== null) return sendFollowed(request, reply, followed);
  if (request.method === 'POST') return reply.redirect(`${pathOfIdentifier(spelled)}${search}`, 303);
  if (!wantsHtml(request)) return sendJson(request, reply, answer, { spelled, query: query.api });
  const describe = answer.kind === 'found' ? await describedBy(answer, options.templateElements) : UNDESCRIBED;
  return sendPage(request, reply, answerPage(answer, describe, query.filter), spelled);
}

/** The parameters of a form but the identifier, which stands in the path. */
function searchOf(parameters: URLSearchParams): string {
  const others = new URLSearchParams([...parameters].filter(([name]) => name !== 'hdl')).toString();
  return others === '' ? '' : `?${others}`;
}

function sendLoop(request: FastifyRequest, reply: FastifyReply, spelled: string): FastifyReply {
  const error = new HandleError('NOT_FOUND', 'Alias chain too long');
  if (!wantsHtml(request)) return sendReply(reply, errorReply(error, spelled), 'Accept');
  return sendPage(request, reply, { ...failurePage(error), kind: 'alias-loop' }, spelled);
}

/** HTML only for who prefers it: a bare `*`/`*` is a program. */
function wantsHtml(request: FastifyRequest): boolean {
  return new Negotiator(request).mediaType(['application/json', 'text/html']) === 'text/html';
}

function sendJson(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  { spelled, query }: { readonly spelled: string; readonly query: ApiQuery },
): FastifyReply {
  const ifNoneMatch = request.headers['if-none-match'];
  const isWhole = query.filter === ALL_VALUES && !query.pretty;
  const json = isWhole
    ? publicReply(answer, spelled, ifNoneMatch)
    : viewReply(answer, spelled, { view: 'public', query, ifNoneMatch });
  return sendReply(reply, json, 'Accept');
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

function answerPage(answer: Answer, describe: Describe, filter: ValueFilter): Content {
  const base = {
    kind: answer.kind,
    cacheControl: `public, max-age=${Math.min(answer.ttlSeconds, MAX_PAGE_AGE_SECONDS)}`,
    heading: () => null,
    notices: [],
  };
  switch (answer.kind) {
    case 'found':
      return {
        ...base,
        ...(answer.learned === null ? {} : { kind: 'learned' }),
        ...foundContent(answer, describe, filter),
      };
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

function foundContent(
  answer: Found,
  describe: Describe,
  filter: ValueFilter,
): Partial<Content> & Pick<Content, 'rows'> {
  const { recalls } = answer;
  const shown = selectValues(answer.values, 'public', filter).filter(isForPeople);
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
