// What a store on another machine says of itself at once: counted along with this node's own commits, and read anew from
// time to time, because other nodes commit too.

import type { PostgresPool } from './postgres-pool.ts';
import { READ, type Statement } from './postgres-statements.ts';
import type { StoreStats } from './registry-store.ts';

/** How far the log has come is asked often, since whoever follows it waits for that; the rest is counted, which takes time. */
const LOOK_INTERVAL_MS = 500;
const COUNT_INTERVAL_MS = 10_000;
/** Reads that were passed by because this node committed meanwhile, before one counts nevertheless. */
const MAX_PASSED = 3;

const FOLLOWS = 'the database takes no writes, as a replica or one that is set to read only: point at its primary';

type Growth = Pick<StoreStats, 'records' | 'issued' | 'sequence'>;

export class PostgresTotals {
  readonly #pool: PostgresPool;
  #stats: StoreStats = { sizeBytes: 0, records: 0, issued: 0, sequence: 0, readOnlyReason: null };
  #commits = 0;
  #passed = 0;
  #looks = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  get stats(): StoreStats {
    return this.#stats;
  }

  /** By what a commit of this node has added. */
  grow({ records, issued, sequence }: Growth): void {
    this.#commits += 1;
    const before = this.#stats;
    this.#stats = {
      ...before,
      records: before.records + records,
      issued: before.issued + issued,
      sequence: before.sequence + sequence,
      readOnlyReason: null,
    };
  }

  /** A commit of this node was refused for this, or the database cannot be reached. */
  failed(readOnlyReason: string): void {
    this.#stats = { ...this.#stats, readOnlyReason };
  }

  async read(): Promise<void> {
    await this.#read(READ.totals, ({ records, issued, size: sizeBytes }) => ({ records, issued, sizeBytes }));
    await this.#look();
  }

  /** Reads on until it is closed; while the database cannot be reached, what was known stands, and that is told. */
  start(): void {
    this.#schedule();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #schedule(): void {
    this.#timer = setTimeout(async () => {
      this.#looks += 1;
      const isWhole = this.#looks % Math.ceil(COUNT_INTERVAL_MS / LOOK_INTERVAL_MS) === 0;
      await (isWhole ? this.read() : this.#look()).catch((error: Error) => this.failed(error.message));
      if (this.#timer !== null) this.#schedule();
    }, LOOK_INTERVAL_MS).unref();
  }

  #look(): Promise<void> {
    return this.#read(READ.sequence, ({ sequence, follows }) => ({
      sequence,
      readOnlyReason: follows ? FOLLOWS : null,
    }));
  }

  async #read(statement: Statement, made: (row: TotalsRow) => Partial<StoreStats>): Promise<void> {
    const commits = this.#commits;
    const [row] = await this.#pool.query<TotalsRow>(statement);
    if (row === undefined) return;
    // Whether it has seen those commits nobody knows.
    if (commits !== this.#commits && this.#passed++ < MAX_PASSED) return;
    this.#passed = 0;
    this.#stats = { ...this.#stats, ...made(row) };
  }
}

interface TotalsRow extends Growth {
  readonly size: number;
  readonly follows: boolean;
}
