// The search index within one write transaction: which searchable values come and go with a record's new state. A record
// without searchable values has no row here.

import type { ByteString } from '../domain/bytes.ts';
import type { LmdbNameGiver } from './lmdb-names.ts';
import { searchKey } from './lmdb-search.ts';
import type { LmdbTables } from './lmdb-tables.ts';
import { decodeSearchable, type RecordHead } from './record-codec.ts';
import { termsOf } from './search-terms.ts';
import { StagedMap, type UndoLog } from './undo-log.ts';

const ROW_MARK = '\x00' as ByteString;

/** A record's stored bytes, and whether any of its values can be searched. */
export interface Searched {
  readonly bytes: ByteString;
  readonly head: Pick<RecordHead, 'isSearchable'>;
}

export class StagedSearch {
  readonly #tables: LmdbTables;
  readonly #names: LmdbNameGiver;
  /** True for a row that comes, false for one that goes. */
  readonly #rows: StagedMap<ByteString, boolean>;

  constructor(tables: LmdbTables, names: LmdbNameGiver, undo: UndoLog) {
    this.#tables = tables;
    this.#names = names;
    this.#rows = new StagedMap(undo);
  }

  replace(recordKey: ByteString, before: Searched, after: Searched): void {
    if (!before.head.isSearchable && !after.head.isSearchable) return;
    const [old, next] = [this.#keysOf(recordKey, before), this.#keysOf(recordKey, after)];
    for (const key of old) if (!next.has(key)) this.#rows.set(key, false);
    for (const key of next) if (!old.has(key)) this.#rows.set(key, true);
  }

  flush(): void {
    const { search } = this.#tables;
    for (const key of [...this.#rows.keys()].sort()) {
      if (this.#rows.get(key) === true) search.put(key, ROW_MARK);
      else search.remove(key);
    }
  }

  #keysOf(recordKey: ByteString, { bytes, head }: Searched): ReadonlySet<ByteString> {
    if (!head.isSearchable) return new Set();
    const values = decodeSearchable(bytes, this.#names.names);
    return new Set(termsOf(values).map((term) => searchKey(recordKey, this.#names.typeId(term.type), term.text)));
  }
}
