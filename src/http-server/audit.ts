// `GET /v1/audit`: the audit trail, for those who see everyone. Reading it changes nothing.

import type { FastifyInstance } from 'fastify';
import { HandleError } from '../domain/error.ts';
import { isPlace, type LogLine, type LogQuery } from '../logbook/search.ts';
import { assertSeesEveryone } from '../registry/authorization.ts';
import { actorOf } from './authentication.ts';
import { parseMilliseconds } from './instants.ts';
import { DEFAULT_PAGE_SIZE, pageOf } from './pagination.ts';
import { queryChecker } from './schemas.ts';
import { AUDIT_QUERY } from './schemas-records.ts';

/** Lines of the trail, oldest first; null if the node keeps none. */
export type AuditSearch = ((query: LogQuery) => AsyncIterable<LogLine>) | null;

const auditQuery = queryChecker(AUDIT_QUERY);

export function registerAudit(scope: FastifyInstance, search: AuditSearch): void {
  let isSearching = false;
  scope.get('/v1/audit', async (request) => {
    assertSeesEveryone(actorOf(request).principal, 'read the audit trail');
    const { from, to, after, limit = DEFAULT_PAGE_SIZE, ...ids } = auditQuery.check(request.query);
    if (after !== undefined && !isPlace(after)) {
      throw new HandleError('INVALID_REQUEST', 'after must be the "next" of the page before.', { at: 'query/after' });
    }
    const query = { ...ids, after, fromMs: instantOf(from, 'query/from'), toMs: instantOf(to, 'query/to') };
    if (search === null) {
      throw new HandleError('NOT_FOUND', 'This node keeps no audit trail: set log.directory to keep one.');
    }
    // It reads files from beginning to end: one at a time leaves this thread to those who resolve.
    if (isSearching) throw new HandleError('OVERLOADED', 'Another search of the audit trail is running: try again.');
    isSearching = true;
    try {
      const found: LogLine[] = [];
      for await (const line of search(query)) if (found.push(line) >= limit) break;
      return pageOf(
        found,
        limit,
        ({ place }) => place,
        ({ place, entry }) => ({ place, ...entry }),
      );
    } finally {
      isSearching = false;
    }
  });
}

function instantOf(text: string | undefined, at: string): number | undefined {
  return text === undefined ? undefined : parseMilliseconds(text, at);
}
