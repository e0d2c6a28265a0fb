// Reads of what happened from PostgreSQL: the change log in its order, counts, results of idempotent requests, statistics.
// Never writes.

import type { ByteString } from '../domain/bytes.ts';
import type { ChangeHead, ChangeRow } from '../domain/change.ts';
import { formatChinaDay } from '../domain/china-day.ts';
import { IDEMPOTENCY_TTL_MS, MAX_STATISTICS_PREFIXES } from '../domain/limits.ts';
import type { Prefix } from '../domain/prefix.ts';
import { decodeChangeHead, decodeChangeRow, type RowNames } from './change-row-codec.ts';
import { decodeResult } from './idempotency-json.ts';
import { damaged } from './packed-bytes.ts';
import type { PostgresView } from './postgres-record-reading.ts';
import type { Statement } from './postgres-statements.ts';
import { READ } from './postgres-statements.ts';
import type {
  JournalReader,
  RegistrationCounts,
  StatisticsPage,
  StatisticsQuery,
  StatisticsReader,
} from './registry-store.ts';
import { type CountedPrefix, pageOfRows } from './statistics-rows.ts';

interface LogRow {
  readonly sequence: number;
  readonly at: number;
  readonly principal: string;
  readonly prefixes: readonly string[];
  readonly body: ByteString;
}

export function journalReaderOf(view: PostgresView): JournalReader & StatisticsReader {
  const log = async (statement: Statement, values: readonly unknown[]): Promise<LogRow[]> => {
    await view.settleOwn();
    return [...(await view.pool.query<LogRow>(statement, values))];
  };
  return {
    async changes(after, limit, prefix) {
      if (limit <= 0) return [];
      const values = prefix === undefined ? [after, limit] : [prefix, after, limit];
      return (await log(prefix === undefined ? READ.changes : READ.changesOf, values)).map(changeRowOf);
    },
    async changesWithin(scopes, after, limit) {
      if (limit <= 0 || scopes.length === 0) return [];
      return (await log(READ.changesWithin, [scopes, after, limit])).map(changeRowOf);
    },
    async changeHead(sequence): Promise<ChangeHead | null> {
      const [row] = await log(READ.changeHead, [sequence]);
      return row === undefined ? null : { ...decodeChangeHead(row.body, namesOf(row)), at: row.at };
    },
    async counts(prefix) {
      return (await readCounts(view, [prefix])).get(prefix) ?? { live: 0, days: [] };
    },
    async idempotencyResult(key, nowMs) {
      const [row] = await view.pool.query<{ body: ByteString }>(READ.result, [key]);
      const result = row === undefined ? null : decodeResult(row.body).result;
      return result === null || result.at + IDEMPOTENCY_TTL_MS <= nowMs ? null : result;
    },
    statistics: (query) => readStatistics(view, query),
  };
}

function changeRowOf(row: LogRow): ChangeRow {
  return { ...decodeChangeRow(row.sequence, row.body, namesOf(row)), at: row.at };
}

/** A row has its own dictionary: prefixes by their place in it, and the one principal. */
function namesOf({ principal, prefixes }: LogRow): Pick<RowNames, 'prefix' | 'principal'> {
  return {
    principal: () => principal,
    prefix: (id) => {
      const prefix = prefixes[id];
      if (prefix === undefined) throw damaged(`a log row names prefix ${id}, which is not beside it`);
      return prefix as Prefix;
    },
  };
}

interface CountRow {
  readonly prefix: Prefix;
  readonly day: number;
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly revoked: number;
}

async function readCounts(
  { pool }: PostgresView,
  prefixes: readonly Prefix[],
): Promise<ReadonlyMap<Prefix, RegistrationCounts>> {
  const counts = new Map<Prefix, { live: number; days: RegistrationCounts['days'][number][] }>();
  for (const { prefix, day, created, updated, deleted, revoked } of await pool.query<CountRow>(READ.counts, [
    prefixes,
  ])) {
    const counted = counts.get(prefix) ?? { live: 0, days: [] };
    counted.live += created - deleted;
    counted.days.push({ day: formatChinaDay(day), created, updated, revoked, deleted });
    counts.set(prefix, counted);
  }
  return counts;
}

interface ResolutionRow extends Pick<CountRow, 'prefix' | 'day' | 'revoked'> {
  readonly found: number;
  readonly not_found: number;
  readonly referral: number;
  readonly error: number;
}

async function readResolutions({ pool }: PostgresView, prefixes: readonly string[]) {
  const byPrefix = new Map<string, Map<string, readonly number[]>>();
  for (const row of await pool.query<ResolutionRow>(READ.resolutions, [prefixes])) {
    const byDay = byPrefix.get(row.prefix) ?? new Map<string, readonly number[]>();
    byDay.set(formatChinaDay(row.day), [row.found, row.not_found, row.revoked, row.referral, row.error]);
    byPrefix.set(row.prefix, byDay);
  }
  return byPrefix;
}

async function readStatistics(view: PostgresView, query: StatisticsQuery): Promise<StatisticsPage> {
  const { prefix, after } = query;
  if (prefix !== null) return pageOver(view, [prefix], query);
  if (after !== null && after.prefix === null) return pageOver(view, [null], query);
  const values = [after?.prefix ?? '', MAX_STATISTICS_PREFIXES];
  const found = (await view.pool.query<{ prefix: Prefix }>(READ.countedPrefixes, values)).map((row) => row.prefix);
  if (found.length < MAX_STATISTICS_PREFIXES) return pageOver(view, [...found, null], query);
  const page = await pageOver(view, found, query);
  // No day sorts after this one, so that the next page begins behind the prefix.
  return page.next === null ? { ...page, next: { prefix: found.at(-1) as Prefix, day: '9999-12-31' } } : page;
}

async function pageOver(
  view: PostgresView,
  prefixes: readonly (Prefix | null)[],
  query: StatisticsQuery,
): Promise<StatisticsPage> {
  const known = prefixes.filter((prefix) => prefix !== null);
  const [counts, resolutions] = await Promise.all([
    readCounts(view, known),
    readResolutions(
      view,
      prefixes.map((prefix) => prefix ?? ''),
    ),
  ]);
  const counted = prefixes.map(
    (prefix): CountedPrefix => ({
      prefix,
      registrations: (prefix === null ? undefined : counts.get(prefix)) ?? { live: 0, days: [] },
      resolutions: resolutions.get(prefix ?? '') ?? new Map(),
    }),
  );
  const { rows, isFull } = pageOfRows(counted, query);
  const last = rows.at(-1);
  return { rows, next: isFull && last !== undefined ? { prefix: last.prefix, day: last.day } : null };
}
