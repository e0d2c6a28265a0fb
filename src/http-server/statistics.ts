// `GET /v1/statistics`: what was registered and resolved, by prefix and China day. Who may see what is the registry's to say.

import type { FastifyInstance } from 'fastify';
import { chinaDayOf, formatChinaDay } from '../domain/china-day.ts';
import { HandleError } from '../domain/error.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { StatisticsRow } from '../domain/statistics.ts';
import type { Statistics } from '../registry/statistics.ts';
import type { StatisticsCursor } from '../store/registry-store.ts';
import { parseInstant } from '../wire/instant-text.ts';
import { actorOf } from './authentication.ts';
import { DEFAULT_PAGE_SIZE, type Page } from './pagination.ts';
import { queryChecker } from './schemas.ts';
import { STATISTICS_QUERY } from './schemas-records.ts';

/** Days shown if none are named: today and the month before it. */
const DEFAULT_DAYS = 31;

const statisticsQuery = queryChecker(STATISTICS_QUERY);

export interface StatisticsOptions {
  readonly statistics: Statistics;
  readonly clock: () => number;
}

export function registerStatistics(scope: FastifyInstance, { statistics, clock }: StatisticsOptions): void {
  scope.get('/v1/statistics', async (request): Promise<Page> => {
    const given = statisticsQuery.check(request.query);
    const today = chinaDayOf(clock());
    const page = await statistics.read(actorOf(request), {
      prefix: given.prefix ?? null,
      fromDay: dayAsked(given.from, 'query/from') ?? formatChinaDay(today - DEFAULT_DAYS + 1),
      toDay: dayAsked(given.to, 'query/to') ?? formatChinaDay(today),
      after: given.after === undefined ? null : parseCursor(given.after),
      limit: given.limit ?? DEFAULT_PAGE_SIZE,
    });
    return { items: page.rows.map(rowJson), next: page.next === null ? null : formatCursor(page.next) };
  });
}

/** A day that is in no calendar would quietly match nothing. */
function dayAsked(day: string | undefined, at: string): string | undefined {
  if (day === undefined || parseInstant(`${day}T00:00:00Z`) !== null) return day;
  throw new HandleError('INVALID_REQUEST', `There is no day ${day}: write one as 2026-11-25.`, { at });
}

function rowJson({ prefix, day, live, resolutions, ...registrations }: StatisticsRow): object {
  const { found, 'not-found': notFound, revoked, referral: referred, error: failed } = resolutions;
  const { created, updated, revoked: withdrawn, deleted } = registrations;
  return {
    prefix,
    day,
    registrations: { created, updated, revoked: withdrawn, deleted },
    live,
    resolutions: {
      requests: found + notFound + revoked + referred + failed,
      found,
      notFound,
      revoked,
      referred,
      failed,
    },
  };
}

function formatCursor({ prefix, day }: StatisticsCursor): string {
  return `${day} ${prefix ?? ''}`;
}

function parseCursor(text: string): StatisticsCursor {
  const [, day, prefix] = /^(\d{4}-\d{2}-\d{2}) (.*)$/.exec(text) ?? [];
  if (day === undefined || prefix === undefined) {
    throw new HandleError('INVALID_REQUEST', 'after must be the "next" of the page before.', { at: 'query/after' });
  }
  return { day, prefix: prefix === '' ? null : (prefix as Prefix) };
}
