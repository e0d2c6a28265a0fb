// `GET /v1/identifiers/{handle}`: the own record, as it stands or as it stood, its history and its children.
//
// A handle may itself end in `/history`. `?view=history` always means the history; so does `/history` after a handle whose
// own slashes are written `%2F`. After a handle with plain slashes it means the record of that whole name if there is one,
// else the history of what stands before it. The same goes for `children`.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { Observer } from '../domain/observer.ts';
import { foldAsciiCase } from '../domain/prefix.ts';
import type { ChildReader, HistoryReader, IdentifierRegistry } from '../registry/registry.ts';
import { formatValues } from '../wire/value-json.ts';
import { actorOf } from './authentication.ts';
import { namesTag, revisionTag } from './entity-tags.ts';
import { historyJson } from './history-json.ts';
import { handleInPath, IDENTIFIERS, type PathWord, type WordBehind, wordBehind } from './identifier-paths.ts';
import { formatMilliseconds, parsePastInstant } from './instants.ts';
import { DEFAULT_PAGE_SIZE } from './pagination.ts';
import { summaryJson } from './record-summary.ts';
import { queryChecker, READ_QUERY } from './schemas.ts';

const VIEWS = ['history', 'children'] as const satisfies readonly PathWord[];
type View = (typeof VIEWS)[number];

const readQuery = queryChecker(READ_QUERY);

export interface IdentifierReadingOptions {
  readonly identifiers: IdentifierRegistry;
  readonly histories: HistoryReader;
  readonly children: ChildReader;
  readonly clock: () => number;
  readonly observer: Observer;
}

export function registerIdentifierReading(scope: FastifyInstance, options: IdentifierReadingOptions): void {
  const { histories, children, clock } = options;

  const sendHistory = async (request: FastifyRequest, reply: FastifyReply, handle: string): Promise<Buffer> => {
    const { after, limit = DEFAULT_PAGE_SIZE } = readQuery.check(request.query);
    const page = await histories.history(actorOf(request), handle, revisionAfter(after), limit);
    return sendJson(reply, historyJson(page));
  };

  const sendChildren = async (request: FastifyRequest, reply: FastifyReply, handle: string): Promise<object> => {
    const { after = null, limit = DEFAULT_PAGE_SIZE } = readQuery.check(request.query);
    const { items, next } = await children.children(actorOf(request), handle, after, limit);
    reply.header('Cache-Control', 'private, no-store');
    return { items: items.map(summaryJson), next };
  };

  const send = { history: sendHistory, children: sendChildren };

  const sendThen = async (request: FastifyRequest, reply: FastifyReply, at: string): Promise<Buffer> => {
    const atMs = parsePastInstant(at, 'query/at', clock());
    const handle = handleInPath(request.url);
    const read = () => histories.recordAt(actorOf(request), handle, atMs);
    const record = await observed(options, handle, read);
    if (record.status === 'revoked') reply.code(410);
    return sendJson(reply, recordJson(record));
  };

  const sendNow = async (request: FastifyRequest, reply: FastifyReply, handle: string) => {
    const record = await observed(options, handle, () => options.identifiers.read(actorOf(request), handle));
    const tag = revisionTag(record.revision);
    reply.header('ETag', tag).header('Cache-Control', 'private, no-store');
    const ifNoneMatch = request.headers['if-none-match'];
    if (ifNoneMatch !== undefined && namesTag(ifNoneMatch, tag)) return reply.code(304).send();
    // A tombstone is gone and says why.
    if (record.status === 'revoked') reply.code(410);
    return sendJson(reply, recordJson(record));
  };

  scope.get(`${IDENTIFIERS}*`, async (request, reply) => {
    const { view, at } = readQuery.check(request.query);
    const named = handleInPath(request.url);
    const asked = VIEWS.find((one) => one === view);
    if (asked !== undefined && at === undefined) return send[asked](request, reply, named);
    if (asked !== undefined) {
      throw new HandleError(
        'INVALID_REQUEST',
        `The ${asked} are listed whole: leave "at" out, or ask for the record.`,
        {
          at: 'query/at',
        },
      );
    }
    if (at !== undefined) return sendThen(request, reply, at);
    const behind = viewBehind(request.url);
    if (behind?.isCertain === true) return send[behind.view](request, reply, behind.handle);
    try {
      return await sendNow(request, reply, named);
    } catch (error) {
      if (behind === null || !isHandleError(error, 'NOT_FOUND')) throw error;
      return send[behind.view](request, reply, behind.handle);
    }
  });
}

function viewBehind(url: string): (WordBehind & { readonly view: View }) | null {
  for (const view of VIEWS) {
    const behind = wordBehind(url, view);
    if (behind !== null) return { ...behind, view };
  }
  return null;
}

/** The cursor of a history is a revision; that of children is a handle. */
function revisionAfter(after: string | undefined): number | null {
  if (after === undefined) return null;
  if (/^[1-9]\d{0,14}$/.test(after)) return Number(after);
  throw new HandleError(
    'INVALID_REQUEST',
    'The pages of a history begin below a revision: use "next" of the page before.',
    {
      at: 'query/after',
    },
  );
}

function sendJson(reply: FastifyReply, json: ByteString): Buffer {
  reply.header('Cache-Control', 'private, no-store').type('application/json; charset=utf-8');
  return Buffer.from(json, 'latin1');
}

async function observed(
  { observer }: IdentifierReadingOptions,
  named: string,
  read: () => Promise<HandleRecord>,
): Promise<HandleRecord> {
  const startedAt = performance.now();
  try {
    const record = await read();
    const outcome = record.status === 'revoked' ? 'revoked' : 'found';
    observer.resolved('v1', outcome, { handle: record.handle, tier: 'store' }, performance.now() - startedAt);
    return record;
  } catch (error) {
    if (isHandleError(error, 'NOT_FOUND')) {
      // It was found to be a handle; only its prefix is looked at, and that in its canonical form.
      const handle = foldAsciiCase(named) as Handle;
      observer.resolved('v1', 'not-found', { handle, tier: 'store' }, performance.now() - startedAt);
    }
    throw error;
  }
}

function recordJson(record: HandleRecord): ByteString {
  const { values, ...rest } = record;
  const { recall } = record;
  const head = {
    ...rest,
    recall: recall && {
      reason: recall.reason,
      notice: recall.notice,
      since: formatMilliseconds(recall.timestamp * 1000),
    },
    createdAt: formatMilliseconds(record.createdAt),
    updatedAt: formatMilliseconds(record.updatedAt),
  };
  return `${bytesFromText(JSON.stringify(head)).slice(0, -1)},"values":${formatValues(values)}}` as ByteString;
}
