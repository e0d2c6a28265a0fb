// Commits: gathers the requests that wait into transactions, several at once if they concern different prefixes, and
// acknowledges them when theirs is on disk and every reader has been told. Meeting another node's transaction costs a retry.

import { setTimeout as delay } from 'node:timers/promises';
import type { VisibleChange } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_WAITING_COMMITS } from '../domain/limits.ts';
import type { LotTags } from '../domain/lot.ts';
import type { Observer } from '../domain/observer.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { ResolutionTally } from '../domain/statistics.ts';
import { type Decision, decide, foresee, namesIn, prefixesConcerned, type Settled } from './postgres-commit-group.ts';
import { databaseFailure, endsConnection, isContention } from './postgres-failure.ts';
import { loadMissing, lockPrefixes, makePrefixes } from './postgres-loading.ts';
import type { PostgresNames } from './postgres-names.ts';
import type { PostgresPool, Session } from './postgres-pool.ts';
import { ResultLimits } from './postgres-result-limits.ts';
import type { PostgresSequencer } from './postgres-sequencer.ts';
import { addResolutions } from './postgres-tallies.ts';
import type { PostgresTotals } from './postgres-totals.ts';
import { WorkingSet } from './postgres-working-set.ts';
import { STAMPS_PER_MS, type Written, write } from './postgres-writing.ts';
import type { CommitRequest, CommitResult, Committer, TallyKeeper } from './registry-store.ts';

/** Changes of one transaction: a larger request has one of its own. A few thousand take some hundred milliseconds. */
const MAX_CHANGES_AT_ONCE = 2000;
const MAX_REQUESTS_AT_ONCE = 500;

/** A transaction that met another one is tried again this often; in between the prefixes' rows are waited for. */
const MAX_ATTEMPTS = 5;

/** Before it is tried again, doubled each time: two that met once would else meet again. In all 75 ms at most. */
const FIRST_PAUSE_MS = 5;

/** What is missing shows in steps: a record, its parents, their lots. More than some means that nothing comes of it. */
const MAX_LOADS = 40;

interface Waiting {
  readonly request: CommitRequest;
  readonly prefixes: ReadonlySet<Prefix>;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
  /** It was in a transaction that failed because of one of its requests. */
  isSuspect: boolean;
}

export interface CommitterOptions {
  readonly pool: PostgresPool;
  /** For what is asked outside of transactions, while they may take all connections of theirs. */
  readonly ownPool: PostgresPool;
  readonly names: PostgresNames;
  readonly totals: PostgresTotals;
  readonly sequencer: PostgresSequencer;
  readonly clock: () => number;
  readonly lotTags: LotTags;
  /** Told of what has changed, once it can be read and before it is acknowledged. */
  readonly onVisible: (changes: readonly VisibleChange[]) => void;
  readonly observer: Observer;
  /** Transactions on their way at once. */
  readonly atOnce: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class PostgresCommitter implements Committer, TallyKeeper {
  readonly #options: CommitterOptions;
  readonly #limits: ResultLimits;
  #queue: Waiting[] = [];
  readonly #held = new Set<Prefix>();
  #underWay = 0;
  #isDue = false;
  #isClosed = false;
  #idle: (() => void)[] = [];
  /** The newest stamp and instant this node has given: a clock that was set back stands still here. */
  #lastStamp = 0;
  #lastAt = 0;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#limits = new ResultLimits(options.ownPool);
  }

  commit(request: CommitRequest): Promise<CommitResult> {
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#queue.length >= MAX_WAITING_COMMITS) {
      return Promise.reject(new HandleError('OVERLOADED', 'Too many writes are waiting: try again in a moment.'));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, prefixes: prefixesConcerned(request), resolve, reject, isSuspect: false });
      this.#schedule();
    });
  }

  async addResolutions(tallies: readonly ResolutionTally[]): Promise<void> {
    if (this.#isClosed) throw closed();
    await addResolutions(this.#options.pool, tallies);
  }

  /** Commits what waits, then refuses everything. A second call does nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#queue.length + this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #schedule(): void {
    if (this.#isDue || this.#underWay >= this.#options.atOnce || this.#queue.length === 0) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      const group = this.#take();
      if (group.length === 0) return;
      void this.#commitGroup(group);
      this.#schedule();
    });
  }

  /** Those who wait, in their order, as far as nobody before them holds or waits for one of their prefixes. */
  #take(): readonly Waiting[] {
    const group: Waiting[] = [];
    const left: Waiting[] = [];
    const passed = new Set<Prefix>(this.#held);
    let changes = 0;
    for (const waiting of this.#queue) {
      const { prefixes, request, isSuspect } = waiting;
      const isFull =
        group.length >= MAX_REQUESTS_AT_ONCE ||
        (group.length > 0 &&
          (changes + request.changes.length > MAX_CHANGES_AT_ONCE || isSuspect || group[0]?.isSuspect));
      if (!isFull && ![...prefixes].some((prefix) => passed.has(prefix))) {
        group.push(waiting);
        changes += request.changes.length;
      } else {
        left.push(waiting);
        for (const prefix of prefixes) passed.add(prefix);
      }
    }
    this.#queue = left;
    for (const { prefixes } of group) for (const prefix of prefixes) this.#held.add(prefix);
    return group;
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#transactOrFail(group);
    } finally {
      this.#underWay -= 1;
      for (const { prefixes } of group) for (const prefix of prefixes) this.#held.delete(prefix);
      this.#schedule();
      if (this.#queue.length + this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #transactOrFail(group: readonly Waiting[]): Promise<void> {
    const begunAt = performance.now();
    const requests = group.map(({ request }) => request);
    const prefixes = [...new Set(group.flatMap((each) => [...each.prefixes]))];
    for (let attempt = 1; ; attempt++) {
      try {
        const { settled, visible } = await this.#limits.around(requests, () => this.#transact(requests, prefixes));
        if (visible.length > 0) this.#options.observer.committed(visible.length, performance.now() - begunAt);
        this.#acknowledge(group, settled, visible);
        return;
      } catch (cause) {
        if (!isContention(cause) || attempt === MAX_ATTEMPTS) return this.#fail(group, databaseFailure(cause));
        await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + this.#options.random() / 2));
      }
    }
  }

  /** On disk and readable from here on: announced first, then acknowledged. */
  #acknowledge(group: readonly Waiting[], settled: readonly Settled[], visible: readonly VisibleChange[]): void {
    if (visible.length > 0) this.#options.onVisible(visible);
    for (const [i, { resolve, reject }] of group.entries()) {
      const { result, error } = settled[i] as Settled;
      if (result === null) reject(error);
      else resolve(result);
    }
  }

  async #transact(requests: readonly CommitRequest[], prefixes: readonly Prefix[]): Promise<Decision> {
    const { pool, names, totals, sequencer } = this.#options;
    const { types, templates } = namesIn(requests);
    await names.give(types, templates);
    let sent: Decision | null = null;
    try {
      const done = await pool.transact(async (session) => {
        const set = await loadFirst(session, requests, prefixes);
        sent = await this.#decide(session, requests, set);
        return { decision: sent, written: this.#write(session, sent, set) };
      });
      totals.grow({ ...done.written, sequence: done.decision.log.length });
      if (done.decision.log.length > 0) sequencer.committed();
      return done.decision;
    } catch (cause) {
      if (endsConnection(cause)) this.#doubt(sent);
      throw cause;
    }
  }

  /** It may have been applied, and can be read then: nobody is to go on with what was there before. */
  #doubt(sent: Decision | null): void {
    if (sent !== null && sent.visible.length > 0) this.#options.onVisible(sent.visible);
    this.#options.sequencer.committed();
  }

  async #decide(session: Session, requests: readonly CommitRequest[], set: WorkingSet): Promise<Decision> {
    const { names, lotTags, clock } = this.#options;
    const nowMs = Math.max(Math.floor(clock()), this.#lastAt, ...[...set.prefixes.values()].map(({ at }) => at));
    for (let load = 0; load < MAX_LOADS; load++) {
      if (load > 0) await loadMissing(session, set);
      const decision = await names.decoded(() => decide(requests, { set, names, lotTags, nowMs }));
      if (!set.isMissing) return decision;
    }
    throw new HandleError(
      'STORE_UNAVAILABLE',
      'What these changes depend on kept growing while it was read: divide them.',
    );
  }

  #write(session: Session, decision: Decision, set: WorkingSet): Written {
    const known = [...set.prefixes.values()].map(({ stamp }) => stamp);
    const first = Math.max(decision.nowMs * STAMPS_PER_MS, this.#lastStamp + 1, ...known.map((stamp) => stamp + 1));
    // Given before the transaction ends, so that no other one of this node gives them.
    this.#lastStamp = first + decision.log.length + decision.results.length;
    if (decision.log.length > 0) this.#lastAt = Math.max(this.#lastAt, decision.nowMs);
    return write(session, decision, { firstStamp: first, set });
  }

  /** Nothing of it was applied, as far as anybody knows. */
  #fail(group: readonly Waiting[], failure: HandleError): void {
    if (group.length > 1 && (failure.code === 'STORE_FORMAT' || failure.code === 'INVALID_REQUEST')) {
      // One of them met something damaged: each is tried alone, so that the others do not suffer for it.
      for (const waiting of group) waiting.isSuspect = true;
      this.#queue.unshift(...group);
      return;
    }
    if (failure.code === 'STORE_READ_ONLY') this.#options.totals.failed(failure.message);
    for (const { reject } of group) reject(failure);
  }
}

/** Locks and loads what will surely be needed. Both leave together: the database does the one after the other. */
async function loadFirst(
  session: Session,
  requests: readonly CommitRequest[],
  prefixes: readonly Prefix[],
): Promise<WorkingSet> {
  const set = new WorkingSet();
  foresee(requests, set);
  const [isLocked] = await Promise.all([lockPrefixes(session, prefixes, set), loadMissing(session, set)]);
  if (isLocked) return set;
  // Whoever else made them may have written there meanwhile: what was loaded does not count.
  const locked = new WorkingSet();
  await makePrefixes(session, prefixes, locked);
  foresee(requests, locked);
  await loadMissing(session, locked);
  return locked;
}

function closed(): HandleError {
  return new HandleError('STORE_UNAVAILABLE', 'The store is closed: the node is stopping.');
}
