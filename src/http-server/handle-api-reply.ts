// What the Handle API says: status, headers and body of every answer and failure, in the reference server's bytes.
// Pure rendering; it asks nobody and writes to no socket.

import {
  type Answer,
  type Found,
  type InheritedValues,
  type KeptBytes,
  type KeptReply,
  type Referral,
  revisionTagOf,
} from '../domain/answer.ts';
import { type ByteString, bytesFromText, EMPTY_BYTES, textFromBytes } from '../domain/bytes.ts';
import type { HandleError } from '../domain/error.ts';
import { ALL_VALUES, type HandleValue, selectValues, type View } from '../domain/handle-value.ts';
import { formatJsonText, formatListed, formatShared, formatValues } from '../wire/value-json.ts';
import { namesTag } from './entity-tags.ts';
import type { ApiQuery } from './handle-api-query.ts';
import { HANDLE_API_ERRORS, messageForHandleApi, retryAfterOf } from './problems.ts';
import { formatSourcedValues } from './provenance.ts';

export interface ApiReply {
  readonly status: number;
  /** Names and values in turn, `Content-Length` included. */
  readonly headers: readonly string[];
  readonly body: ByteString;
  /** Of a reply that is kept with its answer. */
  readonly kept?: KeptBytes;
}

const JSON_TYPE = 'application/json;charset=utf-8';
const JSONP_TYPE = 'application/javascript;charset=utf-8';
const REFERENCE_VARY = 'Accept-Encoding, User-Agent';

const NEEDS_NO_ESCAPE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** A handle as its asker spelled it, as JSON text. */
export function echo(spelled: string): string {
  return NEEDS_NO_ESCAPE.test(spelled) ? QUOTE + spelled + QUOTE : formatJsonText(spelled.toWellFormed());
}

const NO_VALUES = '[]' as ByteString;
const OPENING_BRACE = 0x7b;
// Sums and not templates, which would ask of each piece whether it is a string.
const HANDLE_FOLLOWS = '{"responseCode":1,"handle":';
const VALUES_FOLLOW = ',"values":';
const CLOSING_BRACE = '}';
const QUOTE = '"';

/**
 * Joins for good the pieces a string was put together from, which every write would walk again: asking V8 for a
 * character does that. The answer is used, or the question would be optimised away.
 */
function joined(body: ByteString): ByteString {
  return body.charCodeAt(0) === OPENING_BRACE ? body : EMPTY_BYTES;
}

/** Made once for each answer, for the usual spelling. The second use joins it, as most have no second. */
function foundPublicBody(answer: Found, spelled: string): ByteString {
  const { renderings } = answer;
  if (spelled !== answer.handle) return foundBody(spelled, publicValues(answer));
  if (renderings.body !== null) return joined(renderings.body);
  renderings.body = foundBody(spelled, publicValues(answer));
  return renderings.body;
}

function publicValues(answer: Found): ByteString {
  const { values, inherited } = answer.renderings;
  if (values !== null) return values;
  if (inherited === null) return formatValues(selectValues(answer.values, 'public', ALL_VALUES));
  return valuesBeside(inherited, selectValues(answer.record.values, 'public', ALL_VALUES));
}

/** Own values beside the text of those that all children of a record inherit. */
function valuesBeside(inherited: InheritedValues, own: readonly HandleValue[]): ByteString {
  inherited.publicJson ??= formatShared(selectValues(inherited.values, 'public', ALL_VALUES));
  const above = inherited.publicJson;
  const [first] = own;
  if (first === undefined) return `[${above}]` as ByteString;
  const listed = formatListed(own);
  if (above === '') return `[${listed}]` as ByteString;
  const comesFirst = first.index < (inherited.values[0] as HandleValue).index;
  return (comesFirst ? `[${listed},${above}]` : `[${above},${listed}]`) as ByteString;
}

function foundBody(spelled: string, values: ByteString): ByteString {
  if (values === NO_VALUES) return `{"responseCode":200,"values":[],"handle":${echo(spelled)}}` as ByteString;
  return (HANDLE_FOLLOWS + echo(spelled) + VALUES_FOLLOW + values + CLOSING_BRACE) as ByteString;
}

/** Body of an answer in its public, unfiltered view, as the Handle API and batches give it. */
export function publicBody(answer: Answer, spelled: string): ByteString {
  switch (answer.kind) {
    case 'found':
      return foundPublicBody(answer, spelled);
    case 'referral':
      return referralBody(answer, spelled);
    default:
      return `{"responseCode":100,"handle":${echo(spelled)}}` as ByteString;
  }
}

/** As `publicBody`, each value with the record it comes from. */
export function sourcedBody(answer: Answer, spelled: string): ByteString {
  if (answer.kind !== 'found') return publicBody(answer, spelled);
  return foundBody(spelled, formatSourcedValues(answer, selectValues(answer.values, 'public', ALL_VALUES)));
}

/** Response code 303 (HSv9: referral by prefix), with the values that say where to ask. */
function referralBody(answer: Referral, spelled: string): ByteString {
  const values = formatValues(selectValues(answer.values, 'public', ALL_VALUES));
  return `{"responseCode":303,"values":${values},"handle":${echo(spelled)}}` as ByteString;
}

const STATUS_OF_KIND = { found: 200, 'not-found': 404, revoked: 404, referral: 300 } as const satisfies Record<
  Answer['kind'],
  number
>;

/** The public, unfiltered view: the hot path. */
export function publicReply(answer: Answer, spelled: string, ifNoneMatch: string | undefined): ApiReply {
  const body = publicBody(answer, spelled);
  if (answer.kind !== 'found') {
    return { status: STATUS_OF_KIND[answer.kind], headers: plainHeaders(body, cacheControlOf(answer)), body };
  }
  if (ifNoneMatch !== undefined && namesTag(ifNoneMatch, tagOf(answer))) return notModified(answer);
  // Another spelling, or P alone for the prefix handle 0.NA/P, is echoed as it came.
  if (spelled !== answer.handle) return { status: 200, headers: foundHeaders(answer, body), body };
  const { renderings } = answer;
  renderings.reply ??= new UsualReply(answer, body);
  return renderings.reply;
}

const TAG_FOLLOWS = `Content-Type: ${JSON_TYPE}\r\nETag: W/"`;
const CACHE_CONTROL_FOLLOWS = '"\r\nCache-Control: ';
const LENGTH_FOLLOWS = `\r\nVary: ${REFERENCE_VARY}\r\nContent-Length: `;
const BODY_FOLLOWS = '\r\n\r\n';

/** Of a found handle in its usual spelling. Its headers are listed for who asks for them, which is node:http alone. */
class UsualReply implements KeptReply {
  readonly status = 200;
  readonly body: ByteString;
  readonly kept: KeptBytes;
  readonly #answer: Found;
  #headers: readonly string[] | null = null;

  constructor(answer: Found, body: ByteString) {
    this.#answer = answer;
    this.body = body;
    const start = TAG_FOLLOWS + revisionTagOf(answer) + CACHE_CONTROL_FOLLOWS + cacheControlOf(answer) + LENGTH_FOLLOWS;
    this.kept = { rest: start + String(body.length) + BODY_FOLLOWS + body, isUsed: false };
  }

  get headers(): readonly string[] {
    this.#headers ??= foundHeaders(this.#answer, this.body);
    return this.#headers;
  }
}

function tagOf(answer: Found): string {
  return `W/"${revisionTagOf(answer)}"`;
}

function foundHeaders(answer: Found, body: ByteString): readonly string[] {
  return [
    'Content-Type',
    JSON_TYPE,
    'ETag',
    tagOf(answer),
    'Cache-Control',
    cacheControlOf(answer),
    'Vary',
    REFERENCE_VARY,
    'Content-Length',
    String(body.length),
  ];
}

function notModified(answer: Found): ApiReply {
  const headers = ['ETag', tagOf(answer), 'Cache-Control', cacheControlOf(answer), 'Vary', REFERENCE_VARY];
  return { status: 304, headers, body: '' as ByteString };
}

let lastTtlSeconds = -1;
let lastCacheControl = '';

/** Nearly all answers have the same TTL, so the text is made once. */
function cacheControlOf(answer: Answer): string {
  if (answer.ttlSeconds !== lastTtlSeconds) {
    lastTtlSeconds = answer.ttlSeconds;
    lastCacheControl = lastTtlSeconds > 0 ? `public, max-age=${lastTtlSeconds}` : 'no-cache';
  }
  return lastCacheControl;
}

function plainHeaders(body: ByteString, cacheControl: string): string[] {
  return ['Content-Type', JSON_TYPE, 'Cache-Control', cacheControl, 'Content-Length', String(body.length)];
}

export interface Viewing {
  readonly view: View;
  readonly query: ApiQuery;
  readonly ifNoneMatch: string | undefined;
}

/** Any other view, rendered afresh. */
export function viewReply(answer: Answer, spelled: string, viewing: Viewing): ApiReply {
  const { view, query, ifNoneMatch } = viewing;
  if (answer.kind !== 'found') return wrapped(publicReply(answer, spelled, undefined), query);
  const isPublic = view === 'public';
  if (isPublic && ifNoneMatch !== undefined && namesTag(ifNoneMatch, tagOf(answer))) return notModified(answer);
  const values = selectValues(answer.values, view, query.filter);
  const body = foundBody(spelled, query.provenance ? formatSourcedValues(answer, values) : formatValues(values));
  const headers = isPublic
    ? foundHeaders(answer, body)
    : ['Content-Type', JSON_TYPE, 'Cache-Control', 'private, no-store', 'Vary', REFERENCE_VARY, 'Content-Length', ''];
  return wrapped({ status: 200, headers, body }, query);
}

/** The reply to what is neither resolved nor cached. */
export function jsonReply(status: number, json: string): ApiReply {
  const body = json as ByteString;
  const headers = ['Content-Type', JSON_TYPE, 'Cache-Control', 'no-store', 'Vary', REFERENCE_VARY];
  return { status, headers: [...headers, 'Content-Length', String(body.length)], body };
}

/** The reply of a failure. `spelled` is echoed if the asker named a handle that could be read. */
export function errorReply(error: HandleError, spelled: string | null, query?: ApiQuery): ApiReply {
  const body = errorBody(error, spelled);
  const headers = plainHeaders(body, 'no-store');
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== null) headers.push('Retry-After', String(retryAfter));
  const reply = { status: HANDLE_API_ERRORS[error.code].status, headers, body };
  return query === undefined ? reply : wrapped(reply, query);
}

export function errorBody(error: HandleError, spelled: string | null): ByteString {
  const { responseCode } = HANDLE_API_ERRORS[error.code];
  const message = messageForHandleApi(error);
  const said = message === null ? '' : `,"message":${formatJsonText(message)}`;
  return `{"responseCode":${responseCode}${said}${spelled === null ? '' : `,"handle":${echo(spelled)}`}}` as ByteString;
}

const LINE_SEPARATORS = /[\u2028\u2029]/g;

/** `pretty` and `callback`, which change the bytes of any reply. */
export function wrapped(reply: ApiReply, query: ApiQuery): ApiReply {
  let { body } = reply;
  if (query.pretty) {
    const text = JSON.stringify(JSON.parse(textFromBytes(body)), null, 2);
    body = bytesFromText(text.replace(LINE_SEPARATORS, (one) => (one === '\u2028' ? '\\u2028' : '\\u2029')));
  }
  if (query.callback !== null) body = `${query.callback}(${body});` as ByteString;
  const headers = [...reply.headers];
  headers[headers.indexOf('Content-Length') + 1] = String(body.length);
  if (query.callback !== null) {
    headers[headers.indexOf('Content-Type') + 1] = JSONP_TYPE;
    headers.push('X-Content-Type-Options', 'nosniff');
  }
  return { status: reply.status, headers, body };
}
