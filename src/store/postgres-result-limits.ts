// Keeps the results of idempotent requests bounded for each principal: the oldest give way. It counts what this node keeps,
// and counts anew from time to time, because others keep some too.

import { MAX_IDEMPOTENCY_RESULTS } from '../domain/limits.ts';
import type { KeptResult } from './postgres-commit-group.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { LOAD, PUT } from './postgres-write-statements.ts';
import type { CommitRequest } from './registry-store.ts';

/** Results kept before a principal's are counted anew. */
const COUNTED_ANEW_AFTER = 5000;
/** Principals remembered before starting over: a megabyte. */
const MAX_PRINCIPALS = 10_000;

interface Count {
  held: number;
  /** By this node, since they were counted. */
  kept: number;
  /** Transactions of this node that may keep some: what they keep is added when they end, so nobody counts meanwhile. */
  underWay: number;
}

export class ResultLimits {
  readonly #pool: PostgresPool;
  readonly #counts = new Map<string, Promise<Count>>();

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  /** What `work`, a transaction, keeps of these requests, is counted; what is too much is removed before it returns. */
  async around<T extends { readonly results: readonly KeptResult[] }>(
    requests: readonly CommitRequest[],
    work: () => Promise<T>,
  ): Promise<T> {
    const counts = await this.#countsOf(requests);
    for (const count of counts.values()) count.underWay += 1;
    try {
      const done = await work();
      for (const { principalId } of done.results) added(counts.get(principalId));
      // If that fails, the next one removes what is too much.
      await this.#removeExcess(counts).catch(() => undefined);
      return done;
    } finally {
      for (const [principal, count] of counts) this.#left(principal, count);
    }
  }

  async #countsOf(requests: readonly CommitRequest[]): Promise<ReadonlyMap<string, Count>> {
    const counts = new Map<string, Count>();
    for (const { principalId, idempotency } of requests) {
      if (idempotency !== null && !counts.has(principalId)) counts.set(principalId, await this.#countOf(principalId));
    }
    return counts;
  }

  async #removeExcess(counts: ReadonlyMap<string, Count>): Promise<void> {
    for (const [principal, count] of counts) {
      const excess = count.held - MAX_IDEMPOTENCY_RESULTS;
      if (excess <= 0) continue;
      count.held -= excess; // before it is done, so that nobody else does it too
      try {
        await this.#pool.query(PUT.dropOldest, [principal, excess]);
      } catch (error) {
        count.held += excess;
        throw error;
      }
    }
  }

  #left(principal: string, count: Count): void {
    count.underWay -= 1;
    const isIdle = count.underWay === 0;
    if (isIdle && (count.kept >= COUNTED_ANEW_AFTER || this.#counts.size > MAX_PRINCIPALS)) {
      this.#counts.delete(principal);
    }
  }

  #countOf(principal: string): Promise<Count> {
    const known = this.#counts.get(principal);
    if (known !== undefined) return known;
    const counting = this.#count(principal);
    this.#counts.set(principal, counting);
    counting.catch(() => this.#counts.delete(principal));
    return counting;
  }

  async #count(principal: string): Promise<Count> {
    const [row] = await this.#pool.query<{ held: number }>(LOAD.resultCount, [principal]);
    return { held: row?.held ?? 0, kept: 0, underWay: 0 };
  }
}

function added(count: Count | undefined): void {
  if (count === undefined) return;
  count.held += 1;
  count.kept += 1;
}
