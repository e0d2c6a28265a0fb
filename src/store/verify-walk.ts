// Walks the tables of one held state row by row, giving way now and then, so that progress shows and nothing is gathered.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LmdbView } from './lmdb-record-reading.ts';
import { FIRST_KEY, type Row } from './lmdb-table.ts';
import type { TableName } from './lmdb-tables.ts';
import type { Findings } from './verify-findings.ts';
import type { LotSums } from './verify-lots.ts';
import type { StateSums } from './verify-sums.ts';

/** Rows between two turns of the event loop: some milliseconds. */
const ROWS_A_TURN = 2048;

/** What every check works on. */
export interface Walk {
  readonly view: LmdbView;
  readonly findings: Findings;
  readonly sums: StateSums;
  readonly lots: LotSums;
  /** Rows seen, by table. */
  readonly rows: Map<TableName, number>;
  /** Called now and then; throws if the store grew too much meanwhile. */
  readonly pause: (rows: number) => void;
}

/** Every row of a table, in order of keys. Returns how many there were. */
export async function walkTable(walk: Walk, table: TableName, visit: (row: Row) => void): Promise<number> {
  const { view, rows, pause } = walk;
  let count = 0;
  for (const row of view.tables[table].scan({ start: FIRST_KEY }, view.snapshot.options())) {
    visit(row);
    count += 1;
    if (count % ROWS_A_TURN !== 0) continue;
    pause(ROWS_A_TURN);
    await nextTurn();
  }
  pause(count % ROWS_A_TURN);
  rows.set(table, count);
  return count;
}
