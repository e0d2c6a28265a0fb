// Gives rows of the change log their place in the order, gap-free, after they were committed: no writer waits for another
// to count. One node at a time is elected to do it; a lock on the newest place keeps it right even if two believe they are.

import type { PoolClient } from 'pg';
import { HandleError } from '../domain/error.ts';
import { IDEMPOTENCY_TTL_MS, SESSION_KEEPALIVE } from '../domain/limits.ts';
import { databaseFailure } from './postgres-failure.ts';
import type { PostgresPool, Session } from './postgres-pool.ts';
import { SEQUENCE } from './postgres-write-statements.ts';
import { STAMPS_PER_MS } from './postgres-writing.ts';

/** Rows that get their place in one transaction: some tens of milliseconds. */
const ROWS_AT_ONCE = 2000;
/** Transactions one reader waits for at most: what comes meanwhile is for the next. */
const MAX_ROUNDS = 50;

/** How often the elected one looks for rows that wait, and the others whether it is still there. */
const LOOK_INTERVAL_MS = 100;
const ELECTION_INTERVAL_MS = 500;
/** Together with the hash of the schema the name of the lock that elects. */
const ELECTION_LOCK = 0x6a62_0002;

/** Old results are cleared away by the elected one, some at a time. */
const CLEARING_INTERVAL_MS = 60_000;
const RESULTS_CLEARED_AT_ONCE = 5000;

interface PendingRow {
  readonly prefix: string;
  readonly commit_id: string;
  readonly at: number;
  readonly prefixes: readonly string[];
}

export interface SequencerOptions {
  readonly pool: PostgresPool;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

export class PostgresSequencer {
  readonly #pool: PostgresPool;
  readonly #clock: () => number;
  #round: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #leader: PoolClient | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #clearedAt = 0;
  /** Whether this node has committed since a round began. */
  #isBehind = false;

  constructor({ pool, clock }: SequencerOptions) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Whether this node is the elected one. */
  get leads(): boolean {
    return this.#leader !== null;
  }

  /** Runs for election, and when elected, until it is closed or loses its connection. */
  start(): void {
    this.#schedule(0);
  }

  /** This node has committed rows. */
  committed(): void {
    this.#isBehind = true;
  }

  /** Returns when every row that this node committed before the call has its place. */
  async settleOwn(): Promise<void> {
    if (this.#isBehind || this.#round !== null) await this.settle();
  }

  /** Returns when every row that was committed before the call has its place. */
  settle(): Promise<void> {
    if (this.#round === null) return this.#begin();
    // What was committed after the running round looked is for the next one.
    this.#next ??= this.#round.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#round?.catch(() => undefined); // told to those who asked for it
    this.#leader?.release(true);
    this.#leader = null;
  }

  #begin(): Promise<void> {
    this.#next = null;
    const round = this.#rounds().finally(() => {
      if (this.#round === round) this.#round = null;
    });
    this.#round = round;
    return round;
  }

  async #rounds(): Promise<void> {
    this.#isBehind = false;
    try {
      for (let i = 0; i < MAX_ROUNDS; i++) {
        const given = await this.#pool.transact((session) => givePlaces(session));
        if (given < ROWS_AT_ONCE) return;
      }
    } catch (cause) {
      this.#isBehind = true;
      throw databaseFailure(cause);
    }
    this.#isBehind = true;
    throw new HandleError('OVERLOADED', 'The change log is behind its writers: try again in a moment.');
  }

  #schedule(afterMs: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look(), afterMs).unref();
  }

  /** A failure costs the office: whoever is elected next looks again. */
  async #look(): Promise<void> {
    try {
      if (this.#leader === null) await this.#runForElection();
      if (this.#leader !== null) {
        const waiting = await this.#leader.query(SEQUENCE.isPending);
        if (waiting.rows.length > 0) await this.settle();
        await this.#clear();
      }
    } catch {
      this.#leader?.release(true);
      this.#leader = null;
    }
    this.#schedule(this.#leader === null ? ELECTION_INTERVAL_MS : LOOK_INTERVAL_MS);
  }

  async #runForElection(): Promise<void> {
    const client = await this.#pool.session();
    try {
      // A node whose machine is gone says nothing: its connection ends, and its office with it.
      for (const [what, value] of Object.entries(SESSION_KEEPALIVE))
        await client.query(`SET tcp_keepalives_${what} = ${value}`);
      const { rows } = await client.query({ ...SEQUENCE.lead, values: [ELECTION_LOCK] });
      if (rows[0]?.leads === true && !this.#isClosed) this.#leader = client;
      else client.release(rows[0]?.leads === true);
    } catch (cause) {
      client.release(true);
      throw cause;
    }
  }

  async #clear(): Promise<void> {
    const nowMs = this.#clock();
    if (nowMs - this.#clearedAt < CLEARING_INTERVAL_MS) return;
    this.#clearedAt = nowMs;
    const before = Math.floor(nowMs - IDEMPOTENCY_TTL_MS) * STAMPS_PER_MS;
    await this.#pool.query(SEQUENCE.expired, [before, RESULTS_CLEARED_AT_ONCE]);
  }
}

/** How many rows got their place. Instants never fall from one to the next, whatever the clocks of nodes say. */
async function givePlaces(session: Session): Promise<number> {
  const [head] = await session.query<{ sequence: number; at: number }>(SEQUENCE.lockHead);
  if (head === undefined) throw new HandleError('STORE_FORMAT', 'The database has lost the head of its change log.');
  const rows = await session.query<PendingRow>(SEQUENCE.pending, [ROWS_AT_ONCE]);
  if (rows.length === 0) return 0;
  let { at } = head;
  const placed = rows.map((row, i) => {
    at = Math.max(at, row.at);
    return { ...row, sequence: head.sequence + i + 1, at };
  });
  const [homes, ids] = [rows.map(({ prefix }) => prefix), rows.map((row) => row.commit_id)];
  const [sequences, instants] = [placed.map(({ sequence }) => sequence), placed.map((row) => row.at)];
  session.send(SEQUENCE.order, [sequences, instants, homes, ids]);
  const indexed = placed.flatMap(({ sequence, prefixes }) => prefixes.map((prefix) => ({ sequence, prefix })));
  if (indexed.length > 0) {
    const byPrefix = [indexed.map(({ prefix }) => prefix), indexed.map(({ sequence }) => sequence)];
    session.send(SEQUENCE.byPrefix, byPrefix);
  }
  session.send(SEQUENCE.ordered, [homes, ids]);
  session.send(SEQUENCE.moveHead, [head.sequence + rows.length, at]);
  return rows.length;
}
