// `GET /v1/changes`: the change log in pages of JSON, or as server-sent events that go on as things happen. What a key may
// see of it is the registry's to say.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import type { ChangeRow } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import type { ChangeFeed, FeedQuestion } from '../registry/registry.ts';
import { actorOf } from './authentication.ts';
import type { ChangeStreams } from './change-streams.ts';
import { formatMilliseconds } from './instants.ts';
import { DEFAULT_PAGE_SIZE } from './pagination.ts';
import { queryChecker } from './schemas.ts';
import { CHANGES_QUERY } from './schemas-records.ts';

const changesQuery = queryChecker(CHANGES_QUERY);
const SEQUENCE = /^\d{1,15}$/;

export interface ChangesOptions {
  readonly feed: ChangeFeed;
  readonly streams: ChangeStreams;
}

export function registerChanges(scope: FastifyInstance, { feed, streams }: ChangesOptions): void {
  scope.get('/v1/changes', async (request, reply) => {
    const question = questionOf(request);
    reply.header('Cache-Control', 'private, no-store').header('Vary', 'Accept');
    if (request.method === 'GET' && wantsEvents(request)) return streams.open(request, reply, question);
    const { rows, position, more } = await feed.read(actorOf(request), question);
    return { items: rows.map(rowJson), next: more ? String(position) : null, position };
  });
}

/** A row as pages and events show it. */
export function rowJson(row: ChangeRow): object {
  return { ...row, at: formatMilliseconds(row.at) };
}

/** `Last-Event-ID` is what a stream got last (HTML, server-sent events §9.2), so it stands above the address it repeats. */
function questionOf(request: FastifyRequest): FeedQuestion {
  const { after = 0, limit = DEFAULT_PAGE_SIZE, prefix = null } = changesQuery.check(request.query);
  const lastEventId = request.headers['last-event-id'];
  if (lastEventId === undefined || lastEventId === '') return { after, limit, prefix };
  if (typeof lastEventId === 'string' && SEQUENCE.test(lastEventId))
    return { after: Number(lastEventId), limit, prefix };
  throw new HandleError('INVALID_REQUEST', 'Last-Event-ID is the id of an event of this stream, a whole number.', {
    at: 'header Last-Event-ID',
  });
}

function wantsEvents(request: FastifyRequest): boolean {
  return new Negotiator(request.raw).mediaType(['application/json', 'text/event-stream']) === 'text/event-stream';
}
