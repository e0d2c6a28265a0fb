// Loads a sector straight into a store's directory: for sizes that would take too long through the interface. No node may
// have the directory open.

import { bytesFromText } from '../src/domain/bytes.ts';
import type { Change } from '../src/domain/change.ts';
import type { Handle } from '../src/domain/handle.ts';
import { makeValue } from '../src/domain/handle-value.ts';
import { SILENT_OBSERVER } from '../src/domain/observer.ts';
import { openLmdbStore } from '../src/store/lmdb-store.ts';
import { itemRows, parentRows, type Sector, type SectorRow } from './generator.ts';

const CHANGES_PER_COMMIT = 10_000;

/** Returns how many rows were written. */
export async function loadStore(path: string, sector: Sector): Promise<number> {
  const store = await openLmdbStore({
    path,
    clock: Date.now,
    visibleEpoch: () => 0,
    onVisible: () => {},
    observer: SILENT_OBSERVER,
  });
  let rows = 0;
  let changes: Change[] = [];
  const commit = async (): Promise<void> => {
    const { outcomes } = await store.commit({ principalId: 'bench', requestId: 'load', changes, idempotency: null });
    const refused = outcomes.find((outcome) => !outcome.ok);
    if (refused !== undefined) throw new Error(`A row was refused: ${JSON.stringify(refused)}`);
    rows += changes.length;
    changes = [];
  };
  for (const source of [parentRows(sector), itemRows(sector)]) {
    for (const row of source) {
      changes.push(changeOf(row));
      if (changes.length === CHANGES_PER_COMMIT) await commit();
    }
  }
  if (changes.length > 0) await commit();
  await store.close();
  return rows;
}

function changeOf({ handle, parent, values }: SectorRow): Change {
  const draft = {
    status: 'active',
    parent: (parent ?? null) as Handle | null,
    template: null,
    reason: null,
    recall: null,
    values: values.map(({ index, type, data }) =>
      makeValue({ index, type: bytesFromText(type), data: bytesFromText(data) }),
    ),
  } as const;
  return { kind: 'put-record', handle: handle as Handle, expectedRevision: 0, draft };
}
