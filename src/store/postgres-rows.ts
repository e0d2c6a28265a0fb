// Rows of records as PostgreSQL gives them, and how many single questions become few. What a row means is not known here.

import type { ByteString } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import { Batches } from './postgres-batches.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { READ } from './postgres-statements.ts';
import { textArray, utf8Array } from './postgres-values.ts';

export interface StoredRow {
  readonly parent: ByteString | null;
  readonly body: ByteString;
}

export interface LookupParts {
  readonly pool: PostgresPool;
  /** Batches on their way at once; each takes a connection. */
  readonly batchesAtOnce: number;
}

/** Questions in one batch: the answers are some tens of kilobytes, and decoding them takes a millisecond. */
const BATCH_SIZE = 500;
/** Questions that may wait for a connection: some hundred milliseconds of what the database answers. */
const MAX_WAITING_QUESTIONS = 20_000;

export function batchesOf<Q, A>(
  { batchesAtOnce }: Pick<LookupParts, 'batchesAtOnce'>,
  ask: (questions: readonly Q[]) => Promise<readonly A[]>,
): Batches<Q, A> {
  return new Batches({ ask, size: BATCH_SIZE, atOnce: batchesAtOnce, waiting: MAX_WAITING_QUESTIONS });
}

/** In the order asked, null where nothing was ever registered. */
export async function readRows(pool: PostgresPool, handles: readonly Handle[]): Promise<readonly (StoredRow | null)[]> {
  const found: (StoredRow | null)[] = Array(handles.length).fill(null);
  const values = [textArray(handles.map(prefixOf)), utf8Array(handles.map(suffixOf))];
  const rows = await pool.query<StoredRow & { place: number }>(READ.records, values);
  for (const row of rows) found[row.place - 1] = row;
  return found;
}
