// The change log, the registration counts and the results of idempotent requests of the memory store.

import { type ChangeHead, type ChangeRow, type CountedAction, loggedPrefixOf } from '../domain/change.ts';
import { chinaDayOf, formatChinaDay } from '../domain/china-day.ts';
import { IDEMPOTENCY_TTL_MS, MAX_IDEMPOTENCY_RESULTS } from '../domain/limits.ts';
import { isWithin, type Prefix } from '../domain/prefix.ts';
import { addCounts, type ResolutionTally } from '../domain/statistics.ts';
import type { IdempotencyResult, RegistrationCounts, StatisticsPage, StatisticsQuery } from './registry-store.ts';
import { type CountedPrefix, pageOfRows } from './statistics-rows.ts';

/** What a change adds to the counts of a prefix: on the day of `at`, or of its commit. */
export interface Counted {
  readonly prefix: Prefix;
  readonly counts: Partial<Record<CountedAction, number>>;
  readonly at: number | null;
}

type DayCounts = Record<CountedAction, number>;

export class MemoryJournal {
  readonly #rows: ChangeRow[] = [];
  readonly #rowsByPrefix = new Map<string, ChangeRow[]>();
  readonly #counts = new Map<Prefix, Map<number, DayCounts>>();
  readonly #resolutions = new Map<Prefix | null, Map<string, number[]>>();
  /** By principal, oldest first. */
  readonly #results = new Map<string, Map<string, IdempotencyResult>>();

  get sequence(): number {
    return this.#rows.length;
  }

  /** Live identifiers of all prefixes. */
  get live(): number {
    return [...this.#counts.keys()].reduce((sum, prefix) => sum + this.counts(prefix).live, 0);
  }

  /** The newest row's instant; 0 without one. */
  get lastAt(): number {
    return this.#rows.at(-1)?.at ?? 0;
  }

  head(sequence: number): ChangeHead | null {
    return this.#rows[sequence - 1] ?? null;
  }

  log(row: Omit<ChangeRow, 'sequence'>, counted: readonly Counted[]): void {
    const numbered = { ...row, sequence: this.sequence + 1 };
    this.#rows.push(numbered);
    for (const prefix of new Set(row.entries.map(loggedPrefixOf))) {
      if (prefix === null) continue;
      const rows = this.#rowsByPrefix.get(prefix);
      if (rows === undefined) this.#rowsByPrefix.set(prefix, [numbered]);
      else rows.push(numbered);
    }
    for (const { prefix, counts, at } of counted) this.#count(prefix, counts, at ?? row.at);
  }

  changes(after: number, limit: number, prefix: Prefix | undefined): ChangeRow[] {
    if (limit <= 0) return [];
    const from = Math.max(0, after);
    if (prefix === undefined) return this.#rows.slice(from, from + limit);
    return (this.#rowsByPrefix.get(prefix) ?? []).filter((row) => row.sequence > from).slice(0, limit);
  }

  changesWithin(scopes: readonly Prefix[], after: number, limit: number): ChangeRow[] {
    if (limit <= 0) return [];
    const found = new Map<number, ChangeRow>();
    for (const [prefix, rows] of this.#rowsByPrefix) {
      if (!scopes.some((scope) => isWithin(prefix, scope))) continue;
      for (const row of rows) if (row.sequence > after) found.set(row.sequence, row);
    }
    return [...found.values()].sort((a, b) => a.sequence - b.sequence).slice(0, limit);
  }

  counts(prefix: Prefix): RegistrationCounts {
    const byDay = [...(this.#counts.get(prefix) ?? [])].sort(([a], [b]) => a - b);
    const live = byDay.reduce((sum, [, { created, deleted }]) => sum + created - deleted, 0);
    return { live, days: byDay.map(([day, counts]) => ({ day: formatChinaDay(day), ...counts })) };
  }

  statistics(query: StatisticsQuery): StatisticsPage {
    const known = new Set<Prefix | null>([...this.#counts.keys(), ...this.#resolutions.keys()]);
    known.delete(null);
    const all = [...known].sort();
    const asked = query.prefix === null ? [...all, null] : [query.prefix];
    const start = query.after === null ? 0 : asked.indexOf(query.after.prefix);
    const counted = asked.slice(Math.max(0, start)).map((prefix) => this.#counted(prefix));
    const { rows, isFull } = pageOfRows(counted, query);
    const last = rows.at(-1);
    return { rows, next: isFull && last !== undefined ? { prefix: last.prefix, day: last.day } : null };
  }

  addResolutions(tallies: readonly ResolutionTally[]): void {
    for (const { prefix, day, counts } of tallies) {
      const byDay = this.#resolutions.get(prefix) ?? new Map<string, number[]>();
      this.#resolutions.set(prefix, byDay);
      byDay.set(formatChinaDay(day), addCounts(byDay.get(formatChinaDay(day)) ?? [], counts));
    }
  }

  #counted(prefix: Prefix | null): CountedPrefix {
    const registrations = prefix === null ? { live: 0, days: [] } : this.counts(prefix);
    return { prefix, registrations, resolutions: this.#resolutions.get(prefix) ?? new Map() };
  }

  result(key: string, nowMs: number): IdempotencyResult | null {
    for (const results of this.#results.values()) {
      const result = results.get(key);
      if (result !== undefined && !isExpired(result, nowMs)) return result;
    }
    return null;
  }

  keep(principalId: string, key: string, result: IdempotencyResult): void {
    const results = this.#results.get(principalId) ?? new Map<string, IdempotencyResult>();
    this.#results.set(principalId, results);
    results.delete(key);
    results.set(key, result);
    for (const [oldKey, old] of results) {
      if (results.size <= MAX_IDEMPOTENCY_RESULTS && !isExpired(old, result.at)) return;
      results.delete(oldKey);
    }
  }

  #count(prefix: Prefix, more: Counted['counts'], at: number): void {
    const byDay = this.#counts.get(prefix) ?? new Map<number, DayCounts>();
    this.#counts.set(prefix, byDay);
    const day = chinaDayOf(at);
    const counts = byDay.get(day) ?? { created: 0, updated: 0, revoked: 0, deleted: 0 };
    byDay.set(day, counts);
    for (const [action, number] of Object.entries(more)) counts[action as CountedAction] += number;
  }
}

function isExpired(result: IdempotencyResult, nowMs: number): boolean {
  return result.at + IDEMPOTENCY_TTL_MS <= nowMs;
}
