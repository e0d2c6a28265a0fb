// Answers of others on this node's own disk, for all its threads, so that a restart keeps what they taught us. In one
// thread only. What is lost with a crash is asked for again, so nothing is synced.

import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type ForeignAnswer, siteKeyOf } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { Observer } from '../domain/observer.ts';
import { decodeAnswer, encodeAnswer, newestOf } from './answer-codec.ts';
import type { SecondTier, TierKey } from './second-tier.ts';

export interface DiskAnswersOptions {
  /** A file, or `:memory:`. One that is no database is begun anew. */
  readonly file: string;
  /** Text of all answers together; beyond it the longest unrenewed give way. */
  readonly maxBytes: number;
  readonly clock: () => number;
  readonly observer: Pick<Observer, 'cacheEvent' | 'cacheSize'>;
}

/** Share that gives way at once when it is full, so that not every answer deletes one. */
const GIVES_WAY = 0.05;
/** Handle, site, index and page around an answer. */
const ROW_BYTES = 100;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  CREATE TABLE IF NOT EXISTS answers (
    handle TEXT NOT NULL, site TEXT NOT NULL, told TEXT NOT NULL, at REAL NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (handle, site)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS answers_by_age ON answers (at);
`;

export class DiskAnswers implements SecondTier {
  readonly #options: DiskAnswersOptions;
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #all: StatementSync;
  readonly #put: StatementSync;
  readonly #forget: StatementSync;
  #bytes: number;
  #isClosed = false;

  constructor(options: DiskAnswersOptions) {
    this.#options = options;
    this.#database = open(options.file);
    this.#get = this.#database.prepare('SELECT told, until FROM answers WHERE handle = ? AND site = ?');
    this.#all = this.#database.prepare('SELECT told FROM answers WHERE handle = ? AND until > ?');
    this.#put = this.#database.prepare('INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)');
    this.#forget = this.#database.prepare('DELETE FROM answers WHERE handle = ?');
    this.#bytes = this.#measure();
  }

  async get(key: TierKey): Promise<ForeignAnswer | null> {
    const row = this.#guarded(() => this.#get.get(key.handle, siteOf(key)));
    const isThere = row !== undefined && this.#options.clock() < Number(row.until);
    const answer = isThere ? decodeAnswer(String(row.told)) : null;
    this.#options.observer.cacheEvent('disk', answer === null ? 'miss' : 'hit', 1);
    return answer;
  }

  async held(handle: Handle): Promise<ForeignAnswer | null> {
    const rows = this.#guarded(() => this.#all.all(handle, this.#options.clock())) ?? [];
    return newestOf(rows.map(({ told }) => String(told)));
  }

  /** Absence is not kept here: it is fresh for a minute, and guessing would push out what exists. */
  set(key: TierKey, answer: ForeignAnswer, forMs: number): void {
    if (answer.kind === 'not-found') {
      void this.forget(key.handle);
      return;
    }
    const now = this.#options.clock();
    const told = encodeAnswer(answer);
    if (told.length > this.#options.maxBytes) return;
    this.#guarded(() => this.#put.run(key.handle, siteOf(key), told, now, now + forMs));
    this.#bytes += told.length + ROW_BYTES; // one that is replaced counts twice until the next measure
    if (this.#bytes > this.#options.maxBytes) this.#giveWay();
  }

  async forget(handle: Handle): Promise<void> {
    this.#guarded(() => this.#forget.run(handle));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#database.close();
  }

  #giveWay(): void {
    this.#bytes = this.#measure();
    const { maxBytes, observer } = this.#options;
    if (this.#bytes <= maxBytes) return;
    this.#guarded(() => {
      const { n = 0 } = this.#database.prepare('SELECT COUNT(*) AS n FROM answers').get() ?? {};
      const excess = Math.max(1, Math.ceil(Number(n) * (1 - (maxBytes / this.#bytes) * (1 - GIVES_WAY))));
      this.#database
        .prepare('DELETE FROM answers WHERE (handle, site) IN (SELECT handle, site FROM answers ORDER BY at LIMIT ?)')
        .run(excess);
      observer.cacheEvent('disk', 'evicted', excess);
    });
    this.#bytes = this.#measure();
  }

  #measure(): number {
    const row = this.#guarded(() =>
      this.#database.prepare('SELECT COUNT(*) AS n, COALESCE(SUM(LENGTH(told)), 0) AS bytes FROM answers').get(),
    );
    const entries = Number(row?.n ?? 0);
    const bytes = Number(row?.bytes ?? 0) + entries * ROW_BYTES;
    this.#options.observer.cacheSize('disk', bytes, entries);
    return bytes;
  }

  /** A cache that fails is a miss: a full disk stops nobody. */
  #guarded<T>(act: () => T): T | undefined {
    if (this.#isClosed) return undefined;
    try {
      return act();
    } catch {
      this.#options.observer.cacheEvent('disk', 'failed', 1);
      return undefined;
    }
  }
}

function siteOf({ site }: TierKey): string {
  return site === null ? '' : siteKeyOf(site);
}

function open(file: string): DatabaseSync {
  try {
    return withSchema(file);
  } catch {
    // Not a database, or a broken one: a cache may be lost at any moment.
    for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true });
    return withSchema(file);
  }
}

function withSchema(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
