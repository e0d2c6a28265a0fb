// Writes wrong bytes into a store, past everything that would keep it sound.

import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import { openEnvironment } from '../../src/store/lmdb-environment.ts';
import { FIRST_KEY, type Row } from '../../src/store/lmdb-table.ts';
import type { LmdbTables, TableName } from '../../src/store/lmdb-tables.ts';
import { P } from './world.ts';

/** Finds rows and writes wrong ones. */
export interface Damager {
  readonly tables: LmdbTables;
  rows(table: TableName): readonly Row[];
  /** The key of a record under P. */
  record(suffix: string): ByteString;
  /** Replaces the bytes of a row. */
  edit(table: TableName, row: ByteString, change: (value: ByteString) => string): void;
}

/** Writes straight into the tables of a closed store. */
export function damage(path: string, cause: (damager: Damager) => void): Promise<void> {
  const environment = openEnvironment(path);
  const { tables } = environment;
  environment.root.transactionSync(() => {
    const prefixKey = tables.numbers.get(`P${P}` as ByteString) as ByteString;
    cause({
      tables,
      rows: (table) => [...tables[table].scan({ start: FIRST_KEY })],
      record: (suffix) => (prefixKey + bytesFromText(suffix)) as ByteString,
      edit: (table, row, change) => tables[table].put(row, change(tables[table].get(row) as ByteString) as ByteString),
    });
  });
  return environment.close();
}
