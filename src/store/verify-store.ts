// Checks a whole store, beside a running node or without one: every table against the others, in one held state. Changes
// nothing, and holds nothing that grows with the number of records.

import { type LotTags, NO_LOT_KEY } from '../domain/lot.ts';
import { visitEnvironment } from './lmdb-environment.ts';
import { assertGrowth, growthLimit } from './lmdb-growth.ts';
import { pinPages } from './lmdb-pages.ts';
import { fixedView, readTotals } from './lmdb-reading.ts';
import type { TableName } from './lmdb-tables.ts';
import { verifyChildren } from './verify-children.ts';
import { verifyDirectory, verifyIdempotency } from './verify-directory.ts';
import { type Finding, Findings } from './verify-findings.ts';
import { verifyCounts, verifyLog } from './verify-log.ts';
import { LotSums } from './verify-lots.ts';
import { verifyNames, verifyNodes } from './verify-names.ts';
import { verifyRecords } from './verify-records.ts';
import { verifySearch } from './verify-search.ts';
import { StateSums } from './verify-sums.ts';
import { type Walk, walkTable } from './verify-walk.ts';

export interface VerifyOptions {
  /** The store's directory. */
  readonly path: string;
  /** See `BackupOptions`. */
  readonly maxGrowthBytes: number | null;
  /** Knows the secrets of lots; without it, records in the room of lots with check tags are not counted. */
  readonly lotTags?: LotTags;
  /** Rows looked at, and how many there are about. */
  readonly progress: (rows: number, about: number) => void;
}

export interface StoreReport {
  readonly isSound: boolean;
  readonly records: number;
  /** Identifiers that live: records, and codes of lots that are none. */
  readonly issued: number;
  readonly sequence: number;
  /** Rows that were looked at, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** All that is wrong; `findings` has the first of it. */
  readonly problems: number;
  readonly findings: readonly Finding[];
}

/** Throws what opening the store throws, and `OVERLOADED` if it grew too much meanwhile. */
export async function verifyStore(options: VerifyOptions): Promise<StoreReport> {
  const { path, maxGrowthBytes, progress, lotTags = NO_LOT_KEY } = options;
  const environment = visitEnvironment(path);
  try {
    const pages = pinPages(environment);
    try {
      const view = fixedView(environment, pages.snapshot);
      const totals = readTotals(view);
      const limit = maxGrowthBytes ?? growthLimit(pages.byteLength);
      let seen = 0;
      const pause = (rows: number): void => {
        seen += rows;
        assertGrowth(pages.growthBytes(), limit);
        // A record is a row of its own, a line of the log and often a child.
        progress(seen, Math.max(seen, totals.records + totals.sequence));
      };
      const walk = {
        view,
        findings: new Findings(),
        sums: new StateSums(),
        lots: new LotSums(view, lotTags),
        rows: new Map<TableName, number>(),
        pause,
      };
      await verifyTables(walk);
      const { count: problems, kept: findings } = walk.findings;
      return { isSound: problems === 0, ...totals, rows: Object.fromEntries(walk.rows), problems, findings };
    } finally {
      pages.close();
    }
  } finally {
    await environment.close();
  }
}

async function verifyTables(walk: Walk): Promise<void> {
  await verifyNames(walk);
  await verifyNodes(walk);
  const { live, children, searchRows } = await verifyRecords(walk);
  await verifyChildren(walk, children);
  await verifySearch(walk, searchRows);
  const logged = await verifyLog(walk);
  await verifyCounts(walk, live);
  await verifyDirectory(walk, logged);
  await verifyIdempotency(walk);
  // Of tables that have no partner to be held against: that every row can be read.
  for (const table of Object.keys(walk.view.tables) as TableName[]) {
    if (!walk.rows.has(table)) await walkTable(walk, table, () => {});
  }
}
