// Which log row created a record: a creation copies nothing, so its row is looked for by the record's instant.

import type { ChangeHead } from '../domain/change.ts';
import { prefixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { MAX_ENTRIES_SEARCHED } from '../domain/limits.ts';
import type { JournalReader } from '../store/registry-store.ts';

export interface FoundRow extends ChangeHead {
  readonly sequence: number;
}

/** Rows of one read: commits of one millisecond are few, and a row of an import holds thousands of entries. */
const ROWS_AT_ONCE = 8;
const LARGE_ROW_ENTRIES = 100;

/** Gives the thread to others for a while after so many entries were looked at. */
export type Rest = (entries: number) => Promise<void>;

/**
 * Null if the log does not tell: the record came from elsewhere with the instants it had there, or a clock that stood
 * still gave its instant to more entries than are looked at.
 */
export async function creationRowOf(
  store: JournalReader,
  record: Pick<HandleRecord, 'handle' | 'createdAt'>,
  newestSequence: number,
  rest: Rest,
): Promise<FoundRow | null> {
  const prefix = prefixOf(record.handle);
  let after = (await firstRowAt(store, record.createdAt, newestSequence)) - 1;
  for (let [searched, size] = [0, 1]; searched < MAX_ENTRIES_SEARCHED; ) {
    const rows = await store.changes(after, size, prefix);
    const entries = rows.reduce((sum, row) => sum + row.entries.length, 0);
    await rest(entries);
    for (const { sequence, at, principalId, requestId, entries } of rows) {
      if (at > record.createdAt) return null;
      const isIts = entries.some(
        ({ subject, action, name, revision }) =>
          name === record.handle && subject === 'record' && action === 'created' && revision === 1,
      );
      if (isIts) return { sequence, at, principalId, requestId };
      searched += entries.length;
      after = sequence;
    }
    if (rows.length < size) return null;
    size = entries / size < LARGE_ROW_ENTRIES ? ROWS_AT_ONCE : 1;
  }
  return null;
}

/** The first row that is not before the instant, the one behind the newest if all are; instants never fall from row to row. */
export async function firstRowAt(store: JournalReader, atMs: number, newestSequence: number): Promise<number> {
  let low = 1;
  let high = newestSequence + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const head = await store.changeHead(middle);
    if (head !== null && head.at < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
