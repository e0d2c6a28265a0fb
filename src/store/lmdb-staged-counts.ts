// Registration counts within one write transaction: by prefix and China day, live records by prefix, and all together.

import type { ByteString } from '../domain/bytes.ts';
import { type ChangeAction, type CountedAction, countedAs } from '../domain/change.ts';
import { chinaDayOf } from '../domain/china-day.ts';
import { countKey, decodeCounts, encodeCounts, LIVE_DAY, META_RECORDS } from './lmdb-counts.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { StagedMap, type UndoLog } from './undo-log.ts';

type Counted = Readonly<Record<CountedAction, number>>;

const NOTHING: Counted = { created: 0, updated: 0, deleted: 0, revoked: 0 };

export class StagedCounts {
  readonly #tables: LmdbTables;
  readonly #day: number;
  /** By prefix and day, as the table has them. */
  readonly #byDay: StagedMap<ByteString, Counted>;
  /** How many live records there are more, under the one key there is. */
  readonly #rows: StagedMap<'rows', number>;

  constructor(tables: LmdbTables, undo: UndoLog, nowMs: number) {
    this.#tables = tables;
    this.#day = chinaDayOf(nowMs);
    this.#byDay = new StagedMap(undo);
    this.#rows = new StagedMap(undo);
  }

  /** A record that comes, changes or goes. `atMs`: when it happened, for what comes from another node; else it is now. */
  addRecord(prefixKey: ByteString, action: ChangeAction, isLotCode: boolean, atMs?: number): void {
    const growth = action === 'created' ? 1 : action === 'deleted' ? -1 : 0;
    if (growth !== 0) this.#rows.set('rows', (this.#rows.get('rows') ?? 0) + growth);
    // A lot has counted its code already, and goes on counting it when the record goes.
    const counted = isLotCode && growth !== 0 ? 'updated' : countedAs(action);
    const key = this.#keyOf(prefixKey, atMs);
    const after = { ...(this.#byDay.get(key) ?? NOTHING) };
    after[counted] += 1;
    this.#byDay.set(key, after);
  }

  /** As many records that come and are codes of no lot. */
  addCreations(prefixKey: ByteString, created: number): void {
    this.#rows.set('rows', (this.#rows.get('rows') ?? 0) + created);
    this.add(prefixKey, { created });
  }

  add(prefixKey: ByteString, counted: Partial<Counted>, atMs?: number): void {
    const key = this.#keyOf(prefixKey, atMs);
    const before = this.#byDay.get(key) ?? NOTHING;
    const { created = 0, updated = 0, deleted = 0, revoked = 0 } = counted;
    this.#byDay.set(key, {
      created: before.created + created,
      updated: before.updated + updated,
      deleted: before.deleted + deleted,
      revoked: before.revoked + revoked,
    });
  }

  #keyOf(prefixKey: ByteString, atMs: number | undefined): ByteString {
    return countKey(prefixKey, atMs === undefined ? this.#day : chinaDayOf(atMs));
  }

  /** Live identifiers of a prefix as they will be counted after what is staged. */
  liveOf(prefixKey: ByteString): number {
    let live = decodeCounts(this.#tables.counters.get(countKey(prefixKey, LIVE_DAY)))[0] ?? 0;
    for (const [key, { created, deleted }] of this.#byDay.entries()) {
      if (key.startsWith(prefixKey)) live += created - deleted;
    }
    return live;
  }

  flush(): void {
    let grown = 0;
    for (const [key, counted] of this.#byDay.entries()) {
      const growth = counted.created - counted.deleted;
      const { created, updated, deleted, revoked } = counted;
      this.#increase(key, [created, updated, deleted, revoked]);
      if (growth !== 0) this.#increase(countKey(key.slice(0, 4) as ByteString, LIVE_DAY), [growth]);
      grown += growth;
    }
    const rows = this.#rows.get('rows') ?? 0;
    if (grown === 0 && rows === 0) return;
    const [records = 0, issued = records] = decodeCounts(this.#tables.meta.get(META_RECORDS));
    const [after, afterIssued] = [records + rows, issued + grown];
    this.#tables.meta.put(META_RECORDS, encodeCounts(after === afterIssued ? [after] : [after, afterIssued]));
  }

  #increase(key: ByteString, by: readonly number[]): void {
    const before = decodeCounts(this.#tables.counters.get(key));
    this.#tables.counters.put(key, encodeCounts(by.map((more, i) => (before[i] ?? 0) + more)));
  }
}
