// The search index within one transaction of PostgreSQL: which searchable values come and go with a record's new state.

import { type ByteString, bytesFromText } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { PostgresNames } from './postgres-names.ts';
import type { LoadedRecord } from './postgres-working-set.ts';
import { decodeSearchable } from './record-codec.ts';
import { termsOf } from './search-terms.ts';
import { StagedMap, type UndoLog } from './undo-log.ts';

export interface SearchRow {
  readonly prefix: Prefix;
  readonly type: ByteString;
  readonly term: ByteString;
  readonly suffix: ByteString;
}

export class StagedSearch {
  readonly #names: PostgresNames;
  /** By what tells a row from others: whether it comes, or goes. */
  readonly #rows: StagedMap<string, { readonly row: SearchRow; readonly comes: boolean }>;

  constructor(names: PostgresNames, undo: UndoLog) {
    this.#names = names;
    this.#rows = new StagedMap(undo);
  }

  replace(handle: Handle, before: LoadedRecord, after: LoadedRecord): void {
    if (!before.head.isSearchable && !after.head.isSearchable) return;
    const [old, next] = [this.#rowsOf(handle, before), this.#rowsOf(handle, after)];
    for (const [key, row] of old) if (!next.has(key)) this.#rows.set(key, { row, comes: false });
    for (const [key, row] of next) if (!old.has(key)) this.#rows.set(key, { row, comes: true });
  }

  rows(comes: boolean): SearchRow[] {
    return [...this.#rows.entries()].filter(([, each]) => each.comes === comes).map(([, { row }]) => row);
  }

  #rowsOf(handle: Handle, { head, bytes, parent }: LoadedRecord): ReadonlyMap<string, SearchRow> {
    if (!head.isSearchable) return new Map();
    const [prefix, suffix] = [prefixOf(handle), bytesFromText(suffixOf(handle))];
    const terms = termsOf(decodeSearchable(bytes, this.#names.with(parent)));
    return new Map(
      terms.map(({ type, text }) => [
        `${prefix}\x00${type}\x00${text}\x00${suffix}`,
        { prefix, type, term: text, suffix },
      ]),
    );
  }
}
