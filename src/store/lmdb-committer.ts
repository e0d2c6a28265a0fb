// The one thread that writes: gathers the requests that wait, applies them in one transaction, and acknowledges them when
// that transaction is on disk and every reader has been told. A transaction is kept short, so that small writes get in
// between the parts of large ones.

import type { VisibleChange } from '../domain/change.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import { MAX_WAITING_COMMITS } from '../domain/limits.ts';
import type { LotTags } from '../domain/lot.ts';
import type { Observer } from '../domain/observer.ts';
import type { ResolutionTally } from '../domain/statistics.ts';
import { decodeChangeHead } from './change-row-codec.ts';
import type { CommitGroup } from './commit-group.ts';
import { openGroup } from './lmdb-commit-group.ts';
import type { LmdbEnvironment } from './lmdb-environment.ts';
import { commitFailure } from './lmdb-failure.ts';
import type { ResultCounts } from './lmdb-idempotency.ts';
import { fromUint64 } from './lmdb-keys.ts';
import { LmdbNameGiver } from './lmdb-names.ts';
import type { LotPrefixes } from './lmdb-staged-lots.ts';
import { increaseResolutions } from './lmdb-statistics.ts';
import type { CommitRequest, CommitResult, Committer, TallyKeeper } from './registry-store.ts';
import { WriteHealth } from './write-health.ts';

/** What a small write waits for at most, before its own transaction, while large ones keep the store busy. */
const MAX_TRANSACTION_MS = 50;
/**
 * How long requests are gathered into one transaction; writing and syncing them takes about as long again. Where it
 * takes longer, less is gathered, as long as that leaves some work for each sync.
 */
const MAX_GATHERED_MS = 20;
const MIN_GATHERED_MS = 5;
const GROWTH = 1.05;

/**
 * A transaction costs the disk and the processor about the same for one request as for sixty. So while several write at
 * once, which the last transaction tells, requests are awaited this long, or until as many have come as it held; a lone
 * writer never waits.
 */
const AWAITED_MS = 1;
const SEVERAL_REQUESTS = 4;

interface Waiting {
  readonly request: CommitRequest;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What became of a waiting request, kept until its transaction is on disk. */
interface Settled {
  readonly waiting: Waiting;
  readonly result: CommitResult | null;
  readonly error: unknown;
}

export interface CommitterOptions {
  readonly environment: LmdbEnvironment;
  readonly clock: () => number;
  readonly lotTags: LotTags;
  /** Told of what has changed, once it can be read and before it is acknowledged. */
  readonly onVisible: (changes: readonly VisibleChange[]) => void;
  readonly observer: Observer;
  /** Milliseconds of a clock that does not step. */
  readonly stopwatch: () => number;
}

export class LmdbCommitter implements Committer, TallyKeeper {
  readonly #options: CommitterOptions;
  readonly #names: LmdbNameGiver;
  readonly #resultCounts: ResultCounts = new Map();
  readonly #lotPrefixes: LotPrefixes = new Map();
  readonly #health: WriteHealth;
  #queue: Waiting[] = [];
  /** Takes the next transaction off the schedule; null if none is on it. */
  #unschedule: (() => void) | null = null;
  /** Whether it is scheduled for the end of this turn, and not for later. */
  #isDue = false;
  #lastGroupSize = 0;
  #gatheredMs = MAX_GATHERED_MS;
  #sequence: number;
  /** The newest log row's instant: a clock that was set back stands still here until the time has come again. */
  #lastAt: number;
  /** Requests that are to have a transaction each. */
  #alone = 0;
  #isClosed = false;

  constructor(options: CommitterOptions) {
    const { tables } = options.environment;
    const lastRow = tables.log.lastKey();
    this.#options = options;
    this.#names = new LmdbNameGiver(tables);
    this.#health = new WriteHealth(options.environment);
    this.#sequence = lastRow === null ? 0 : fromUint64(lastRow, 0);
    const newest = lastRow === null ? null : tables.log.get(lastRow);
    this.#lastAt = newest === null ? 0 : decodeChangeHead(newest, this.#names.names).at;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get readOnlyReason(): string | null {
    return this.#health.reason;
  }

  commit(request: CommitRequest): Promise<CommitResult> {
    if (this.#isClosed) return Promise.reject(closed());
    const { readOnlyReason } = this.#options.environment;
    if (readOnlyReason !== null) return Promise.reject(readOnly(readOnlyReason));
    if (this.#queue.length >= MAX_WAITING_COMMITS) {
      return Promise.reject(new HandleError('OVERLOADED', 'Too many writes are waiting: try again in a moment.'));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    const isDue = this.#lastGroupSize < SEVERAL_REQUESTS || this.#queue.length >= this.#lastGroupSize;
    if (this.#unschedule !== null && (this.#isDue || !isDue)) return;
    this.#unschedule?.();
    this.#isDue = isDue;
    const commit = () => this.#commitGroup();
    if (isDue) {
      const immediate = setImmediate(commit);
      this.#unschedule = () => clearImmediate(immediate);
    } else {
      const timeout = setTimeout(commit, AWAITED_MS);
      this.#unschedule = () => clearTimeout(timeout);
    }
  }

  addResolutions(tallies: readonly ResolutionTally[]): void {
    if (this.#isClosed) throw closed();
    const { readOnlyReason, root, tables, keepLength } = this.#options.environment;
    if (readOnlyReason !== null) throw readOnly(readOnlyReason);
    try {
      root.transactionSync(() => increaseResolutions(tables, this.#names, tallies));
      keepLength();
    } catch (cause) {
      this.#names.names.forget();
      throw commitFailure(cause);
    }
  }

  /** Commits what waits, then refuses everything. A second call does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#queue.length > 0) this.#commitGroup();
    this.#unschedule?.();
    this.#health.close();
  }

  #commitGroup(): void {
    this.#unschedule = null;
    const settled: Settled[] = [];
    const visible = this.#transactOrFail(settled);
    if (visible !== null) this.#acknowledge(settled, visible);
    this.#lastGroupSize = settled.length;
    if (this.#queue.length > 0 && !this.#isClosed) this.#schedule();
  }

  /** Null if nothing was applied; those who waited for it have then been told. */
  #transactOrFail(settled: Settled[]): readonly VisibleChange[] | null {
    const { stopwatch, observer } = this.#options;
    const begunAt = stopwatch();
    try {
      const visible = this.#transact(settled);
      const durationMs = stopwatch() - begunAt;
      this.#gatheredMs = nextGatheredMs(this.#gatheredMs, durationMs);
      if (visible.length > 0) observer.committed(visible.length, durationMs);
      return visible;
    } catch (cause) {
      this.#fail(settled.length, cause);
      return null;
    }
  }

  /** On disk and readable from here on: announced first, then acknowledged. */
  #acknowledge(settled: readonly Settled[], visible: readonly VisibleChange[]): void {
    this.#queue = this.#queue.slice(settled.length);
    if (visible.length > 0) this.#options.onVisible(visible);
    for (const { waiting, result, error } of settled) {
      if (result === null) waiting.reject(error);
      else waiting.resolve(result);
    }
  }

  /** Applies as many requests as fit into the time of one transaction, at least one; returns when they are on disk. */
  #transact(settled: Settled[]): readonly VisibleChange[] {
    const { environment, clock, lotTags, stopwatch } = this.#options;
    const nowMs = Math.max(Math.floor(clock()), this.#lastAt);
    const group = environment.root.transactionSync(() => {
      const { group, flush } = openGroup({
        tables: environment.tables,
        names: this.#names,
        resultCounts: this.#resultCounts,
        lotPrefixes: this.#lotPrefixes,
        lotTags,
        nowMs,
        sequence: this.#sequence,
      });
      const endsAt = stopwatch() + this.#gatheredMs;
      for (const waiting of this.#queue) {
        settled.push(settle(group, waiting));
        if (this.#alone > 0 || stopwatch() >= endsAt) break;
      }
      flush();
      return group;
    });
    environment.keepLength();
    if (this.#alone > 0) this.#alone -= 1;
    if (group.row > this.#sequence) this.#lastAt = nowMs;
    this.#sequence = group.row;
    if (group.visible.length > 0) this.#health.succeeded();
    return group.visible;
  }

  /** Nothing of the transaction was applied; what its first `attempted` requests would have got no longer counts. */
  #fail(attempted: number, cause: unknown): void {
    const failure = commitFailure(cause);
    this.#names.names.forget();
    this.#resultCounts.clear();
    this.#lotPrefixes.clear();
    if (attempted > 1 && failure.code === 'STORE_FORMAT') {
      // One of them met a damaged record: each is tried alone, so that the others do not suffer for it.
      this.#alone = attempted;
      return;
    }
    if (this.#alone > 0) this.#alone -= 1;
    if (failure.code === 'STORE_READ_ONLY') this.#health.failed(failure.message);
    const failed = this.#queue.slice(0, Math.max(attempted, 1));
    this.#queue = this.#queue.slice(failed.length);
    for (const { reject } of failed) reject(failure);
  }
}

function nextGatheredMs(gatheredMs: number, durationMs: number): number {
  if (durationMs > MAX_TRANSACTION_MS) return Math.max(MIN_GATHERED_MS, gatheredMs / 2);
  return Math.min(MAX_GATHERED_MS, gatheredMs * GROWTH);
}

function settle(group: CommitGroup, waiting: Waiting): Settled {
  try {
    return { waiting, result: group.apply(waiting.request), error: null };
  } catch (error) {
    // What is wrong with one request is its caller's; anything else ends the transaction.
    if (isHandleError(error) && error.code !== 'STORE_UNAVAILABLE' && error.code !== 'STORE_FORMAT') {
      return { waiting, result: null, error };
    }
    throw error;
  }
}

function readOnly(reason: string): HandleError {
  return new HandleError('STORE_READ_ONLY', `The store takes no writes: ${reason}.`);
}

function closed(): HandleError {
  return new HandleError('STORE_UNAVAILABLE', 'The store is closed: the node is stopping.');
}
