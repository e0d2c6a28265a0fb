// `GET /v1/search`: an enterprise finds its own records. What is found, and who may ask, is the registry's to say.

import type { FastifyInstance } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { Searcher } from '../registry/search.ts';
import type { TimeSpan } from '../registry/search-sources.ts';
import { actorOf } from './authentication.ts';
import { parseMilliseconds } from './instants.ts';
import { DEFAULT_PAGE_SIZE } from './pagination.ts';
import { summaryJson } from './record-summary.ts';
import { queryChecker } from './schemas.ts';
import { SEARCH_QUERY } from './schemas-records.ts';

const searchQuery = queryChecker(SEARCH_QUERY);

export function registerSearch(scope: FastifyInstance, searcher: Searcher): void {
  scope.get('/v1/search', async (request, reply) => {
    const query = searchQuery.check(request.query);
    const {
      prefix = null,
      code = null,
      element = null,
      value = null,
      match = 'exact',
      status = null,
      after = null,
    } = query;
    const { items, next } = await searcher.search(actorOf(request), {
      ...{ prefix, code, element, value, match, status, after },
      created: spanOf('created', query.createdFrom, query.createdTo),
      updated: spanOf('updated', query.updatedFrom, query.updatedTo),
      limit: query.limit ?? DEFAULT_PAGE_SIZE,
    });
    reply.header('Cache-Control', 'private, no-store');
    return { items: items.map(summaryJson), next };
  });
}

/** Null if neither end is named. */
function spanOf(name: 'created' | 'updated', from: string | undefined, to: string | undefined): TimeSpan | null {
  if (from === undefined && to === undefined) return null;
  const fromMs = from === undefined ? 0 : instantOf(from, `query/${name}From`);
  const toMs = to === undefined ? Number.MAX_SAFE_INTEGER : instantOf(to, `query/${name}To`);
  if (fromMs < toMs) return { fromMs, toMs };
  const message = `Nothing lies between ${name}From and ${name}To: name an earlier instant first, and a later one second.`;
  throw new HandleError('INVALID_REQUEST', message, { at: `query/${name}To` });
}

/** A "+" that arrived as a space is taken for what was meant. */
function instantOf(text: string, at: string): number {
  return parseMilliseconds(text.replace(' ', '+'), at);
}
