// `GET /v1/identifiers/{handle}`: the own record, as it stands or as it stood, and its history.
//
// A handle may itself end in `/history`. `?view=history` always means the history; so does `/history` after a handle whose
// own slashes are written `%2F`. After a handle with plain slashes it means the record of that whole name if there is one,
// else the history of what stands before it.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { Observer } from '../domain/observer.ts';
import { foldAsciiCase } from '../domain/prefix.ts';
import type { HistoryReader, IdentifierRegistry } from '../registry/registry.ts';
import { formatValues } from '../wire/value-json.ts';
import { actorOf } from './authentication.ts';
import { namesTag, revisionTag } from './entity-tags.ts';
import { historyJson } from './history-json.ts';
import { IDENTIFIERS } from './identifiers.ts';
import { formatMilliseconds, parsePastInstant } from './instants.ts';
import { DEFAULT_PAGE_SIZE } from './pagination.ts';
import { pathText } from './percent-decoding.ts';
import { queryChecker, READ_QUERY } from './schemas.ts';

const HISTORY = '/history';
const readQuery = queryChecker(READ_QUERY);

export interface IdentifierReadingOptions {
  readonly identifiers: IdentifierRegistry;
  readonly histories: HistoryReader;
  readonly clock: () => number;
  readonly observer: Observer;
}

export function registerIdentifierReading(scope: FastifyInstance, options: IdentifierReadingOptions): void {
  const { histories, clock } = options;

  const sendHistory = async (request: FastifyRequest, reply: FastifyReply, handle: string): Promise<Buffer> => {
    const { after, limit = DEFAULT_PAGE_SIZE } = readQuery.check(request.query);
    const page = await histories.history(actorOf(request), handle, after ?? null, limit);
    return sendJson(reply, historyJson(page));
  };

  const sendThen = async (request: FastifyRequest, reply: FastifyReply, at: string): Promise<Buffer> => {
    const atMs = parsePastInstant(at, 'query/at', clock());
    const handle = pathText(request.url, IDENTIFIERS.length);
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
    const named = pathText(request.url, IDENTIFIERS.length);
    if (view === 'history' && at === undefined) return sendHistory(request, reply, named);
    if (view === 'history') {
      throw new HandleError('INVALID_REQUEST', 'A history is whole: leave "at" out, or ask for the record.', {
        at: 'query/at',
      });
    }
    if (at !== undefined) return sendThen(request, reply, at);
    if (isHistoryPath(request.url)) return sendHistory(request, reply, named.slice(0, -HISTORY.length));
    try {
      return await sendNow(request, reply, named);
    } catch (error) {
      const before = named.slice(0, -HISTORY.length);
      if (!isHandleError(error, 'NOT_FOUND') || !named.endsWith(HISTORY) || !before.includes('/')) throw error;
      return sendHistory(request, reply, before);
    }
  });
}

/** `/history` after a handle whose own slashes are percent-encoded, so that no other slash is there. */
function isHistoryPath(url: string): boolean {
  const path = url.slice(IDENTIFIERS.length).split('?', 1)[0] ?? '';
  return /^[^/]+%2f[^/]+\/history$/i.test(path);
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
  const head = {
    ...rest,
    createdAt: formatMilliseconds(record.createdAt),
    updatedAt: formatMilliseconds(record.updatedAt),
  };
  return `${bytesFromText(JSON.stringify(head)).slice(0, -1)},"values":${formatValues(values)}}` as ByteString;
}
