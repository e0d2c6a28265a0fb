// What a store on another machine says of itself at once: counted along with this node's own commits, and read anew from
// time to time, because other nodes commit too.

import type { PostgresPool } from './postgres-pool.ts';
import { READ } from './postgres-statements.ts';
import type { StoreStats } from './registry-store.ts';

const READ_ANEW_AFTER_MS = 5000;
/** Reads that were passed by because this node committed meanwhile, before one counts nevertheless. */
const MAX_PASSED = 3;

type Growth = Pick<StoreStats, 'records' | 'issued' | 'sequence'>;

export class PostgresTotals {
  readonly #pool: PostgresPool;
  #stats: StoreStats = { sizeBytes: 0, records: 0, issued: 0, sequence: 0, readOnlyReason: null };
  #commits = 0;
  #passed = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  get stats(): StoreStats {
    return this.#stats;
  }

  grow({ records, issued, sequence }: Growth): void {
    this.#commits += 1;
    const before = this.#stats;
    this.#stats = {
      ...before,
      records: before.records + records,
      issued: before.issued + issued,
      sequence: before.sequence + sequence,
    };
  }

  /** Null if writes are possible, else why not. */
  writes(readOnlyReason: string | null): void {
    if (readOnlyReason !== this.#stats.readOnlyReason) this.#stats = { ...this.#stats, readOnlyReason };
  }

  async read(): Promise<void> {
    const commits = this.#commits;
    const [row] = await this.#pool.query<Growth & { size: number }>(READ.totals);
    if (row === undefined) return;
    if (commits !== this.#commits && this.#passed++ < MAX_PASSED) return;
    this.#passed = 0;
    const { records, issued, sequence, size: sizeBytes } = row;
    this.#stats = { ...this.#stats, records, issued, sequence, sizeBytes };
  }

  /** Reads on until it is closed; while the database cannot be reached, what was known stands. */
  start(): void {
    this.#timer = setInterval(() => void this.read().catch(() => undefined), READ_ANEW_AFTER_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
