// Registration counts within one write transaction: by prefix and China day, and live records of all prefixes together.
// It neither reads nor writes itself.

import type { ByteString } from '../domain/bytes.ts';
import { type ChangeAction, type CountedAction, countedAs } from '../domain/change.ts';
import { chinaDayOf } from '../domain/china-day.ts';
import { countKey } from './lmdb-counts.ts';
import { StagedMap, type UndoLog } from './undo-log.ts';

export type Counted = Readonly<Record<CountedAction, number>>;

const NOTHING: Counted = { created: 0, updated: 0, deleted: 0, revoked: 0 };

/** The day that ends a key. */
const DAY_BYTES = 4;

export class StagedCounts {
  readonly #day: number;
  readonly #liveBefore: (prefixKey: ByteString) => number;
  /** By the key of a prefix and day. */
  readonly #byDay: StagedMap<ByteString, Counted>;
  /** How many live records there are more, under the one key there is. */
  readonly #rows: StagedMap<'rows', number>;

  /** `liveBefore`: identifiers that live under a prefix, by its key. */
  constructor(undo: UndoLog, nowMs: number, liveBefore: (prefixKey: ByteString) => number) {
    this.#liveBefore = liveBefore;
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

  /** Live identifiers of a prefix as they will be counted after what is staged. */
  liveOf(prefixKey: ByteString): number {
    let live = this.#liveBefore(prefixKey);
    for (const [key, { created, deleted }] of this.#byDay.entries()) {
      if (key.length === prefixKey.length + DAY_BYTES && key.startsWith(prefixKey)) live += created - deleted;
    }
    return live;
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

  /** How much more there is, by the key of a prefix followed by a day. */
  entries(): IterableIterator<[ByteString, Counted]> {
    return this.#byDay.entries();
  }

  /** How many live records there are more. */
  get rows(): number {
    return this.#rows.get('rows') ?? 0;
  }
}
