// Records as they stood at an instant, out of what a store keeps of earlier states. It reads through the store's own
// methods, keeps nothing, and knows no inheritance: each record is looked for by itself.

import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { HistoryEntry, RecordReader } from './registry-store.ts';

/** The reader of one instant (epoch milliseconds): null before a record was created and while it was deleted. */
export function recordsAt(store: Pick<RecordReader, 'get' | 'history'>, atMs: number): Pick<RecordReader, 'get'> {
  return { get: (handle) => recordAt(store, handle, atMs) };
}

/**
 * The live record first, then what it replaced: a commit between the two reads adds states after the instant only, and
 * those are passed by.
 */
async function recordAt(
  store: Pick<RecordReader, 'get' | 'history'>,
  handle: Handle,
  atMs: number,
): Promise<HandleRecord | null> {
  const live = await store.get(handle);
  if (live !== null && live.updatedAt <= atMs) return live;
  const newestBelow = async (revision: number): Promise<HistoryEntry | undefined> =>
    (await store.history(handle, revision, 1))[0];
  const newest = await newestBelow(live?.revision ?? Number.MAX_SAFE_INTEGER);
  if (newest === undefined || newest.replacedAt <= atMs) return null;
  const { record } = await firstReplacedAfter(newest, atMs, newestBelow);
  return record !== null && record.updatedAt <= atMs ? record : null;
}

/** The state that stood at the instant is the earliest that was replaced after it. Halved: a record may have thousands. */
async function firstReplacedAfter(
  newest: HistoryEntry,
  atMs: number,
  newestBelow: (revision: number) => Promise<HistoryEntry | undefined>,
): Promise<HistoryEntry> {
  let found = newest;
  let low = 1;
  let high = newest.revision - 1;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const entry = await newestBelow(middle + 1);
    if (entry === undefined || entry.replacedAt <= atMs) low = middle + 1;
    else {
      found = entry;
      high = entry.revision - 1;
    }
  }
  return found;
}
