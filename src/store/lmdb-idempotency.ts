// Results of idempotent requests within one write transaction, and how they are read: kept for a day, bounded for each
// principal, the oldest giving way.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { IDEMPOTENCY_TTL_MS, MAX_IDEMPOTENCY_RESULTS } from '../domain/limits.ts';
import { decodeResult, encodeResult } from './idempotency-json.ts';
import { afterAll, fromUint32, fromUint64, toUint32, toUint64 } from './lmdb-keys.ts';
import { MAX_KEY_BYTES } from './lmdb-record-reading.ts';
import { FIRST_KEY, type ReadOptions } from './lmdb-table.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import type { IdempotencyResult } from './registry-store.ts';

/** Old results removed with each new one: more than one, so that a backlog shrinks. */
const REMOVED_AT_ONCE = 4;

/** Null if unknown or expired. */
export function readResult(
  tables: LmdbTables,
  key: string,
  nowMs: number,
  options?: ReadOptions,
): IdempotencyResult | null {
  const bytes = key.length > MAX_KEY_BYTES || key === '' ? null : tables.idempotency.get(bytesFromText(key), options);
  if (bytes === null) return null;
  const { result } = decodeResult(bytes);
  return isExpired(result.at, nowMs) ? null : result;
}

function isExpired(at: number, nowMs: number): boolean {
  return at + IDEMPOTENCY_TTL_MS <= nowMs;
}

/** How many results each principal has, so that they need not be counted for every request. Forgotten after a failure. */
export type ResultCounts = Map<number, number>;

export class ResultKeeper {
  readonly #tables: LmdbTables;
  readonly #counts: ResultCounts;
  readonly #nowMs: number;

  constructor(tables: LmdbTables, counts: ResultCounts, nowMs: number) {
    this.#tables = tables;
    this.#counts = counts;
    this.#nowMs = nowMs;
  }

  find(key: string): IdempotencyResult | null {
    return readResult(this.#tables, key, this.#nowMs);
  }

  keep(principal: number, key: string, result: IdempotencyResult): void {
    let count = this.#counts.get(principal) ?? this.#countOf(principal);
    const before = this.#tables.idempotency.get(bytesFromText(key));
    if (before !== null) {
      this.#tables.idempotencyByAge.remove(decodeResult(before).ageKey);
      count--;
    }
    const ageKey = this.#ageKey(principal, result.at);
    this.#tables.idempotency.put(bytesFromText(key), encodeResult(result, ageKey));
    this.#tables.idempotencyByAge.put(ageKey, bytesFromText(key));
    this.#counts.set(principal, this.#dropOldest(principal, count + 1));
    this.#dropExpiredOfOthers(principal);
  }

  /** Unique even for results of one instant. */
  #ageKey(principal: number, at: number): ByteString {
    const beginning = (toUint32(principal) + toUint64(Math.max(0, at))) as ByteString;
    const last = this.#tables.idempotencyByAge.first({ start: afterAll(beginning), end: beginning, reverse: true });
    const counter = last === null ? 0 : fromUint64(last.key, 12) + 1;
    return (beginning + toUint64(counter)) as ByteString;
  }

  #countOf(principal: number): number {
    let count = 0;
    const start = toUint32(principal);
    for (const _ of this.#tables.idempotencyByAge.scan({ start, end: afterAll(start) })) count++;
    return count;
  }

  /** How many are left. */
  #dropOldest(principal: number, count: number): number {
    let left = count;
    const start = toUint32(principal);
    const scan = { start, end: afterAll(start), limit: REMOVED_AT_ONCE };
    for (const { key, value } of [...this.#tables.idempotencyByAge.scan(scan)]) {
      if (left <= MAX_IDEMPOTENCY_RESULTS && !isExpired(fromUint64(key, 4), this.#nowMs)) break;
      this.#drop(key, value);
      left--;
    }
    return left;
  }

  /** Those who no longer come leave results behind: each new result clears one of the next principal's. */
  #dropExpiredOfOthers(principal: number): void {
    const byAge = this.#tables.idempotencyByAge;
    const next = byAge.first({ start: afterAll(toUint32(principal)) }) ?? byAge.first({ start: FIRST_KEY });
    if (next === null || !isExpired(fromUint64(next.key, 4), this.#nowMs)) return;
    this.#drop(next.key, next.value);
    this.#counts.delete(fromUint32(next.key, 0));
  }

  #drop(ageKey: ByteString, key: ByteString): void {
    this.#tables.idempotency.remove(key);
    this.#tables.idempotencyByAge.remove(ageKey);
  }
}
