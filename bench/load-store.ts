// Loads a sector straight into a store's directory: for sizes that would take too long through the interface. No node may
// have the directory open.

import { bytesFromText } from '../src/domain/bytes.ts';
import type { Change } from '../src/domain/change.ts';
import type { Handle } from '../src/domain/handle.ts';
import { makeValue } from '../src/domain/handle-value.ts';
import { SILENT_OBSERVER } from '../src/domain/observer.ts';
import type { Prefix } from '../src/domain/prefix.ts';
import { type NumberedRequest, RequestPacker, unpackRequests } from '../src/store/commit-packing.ts';
import { openLmdbStore } from '../src/store/lmdb-store.ts';
import type { Committer } from '../src/store/registry-store.ts';
import { itemRow, itemRows, parentRows, prefixesOf, type Sector, type SectorRow } from './generator.ts';
import { shuffled } from './random.ts';

const CHANGES_PER_COMMIT = 10_000;

export const LOAD_ORDERS = ['sorted', 'parents-first', 'random'] as const;
export type LoadOrder = (typeof LOAD_ORDERS)[number];

export interface LoadOptions {
  /** All in the order of their handles; parents first, then items in that order; parents first, then items in any. */
  readonly order: LoadOrder;
  /** Indexes of values that can be searched. */
  readonly searchable: readonly number[];
  /** Suffix of the template that items are held against, under their prefix. */
  readonly template?: string;
}

const PLAIN: LoadOptions = { order: 'parents-first', searchable: [] };

/** Returns how many rows were written. */
export async function loadStore(path: string, sector: Sector, options = PLAIN): Promise<number> {
  const seams = { clock: Date.now, visibleEpoch: () => 0, onVisible: () => {}, observer: SILENT_OBSERVER };
  const store = await openLmdbStore({ path, ...seams });
  const rows = await fillStore(store, sector, options);
  await store.close();
  return rows;
}

/** As `loadStore`, of a store that is open. */
export async function fillStore(store: Committer, sector: Sector, options = PLAIN): Promise<number> {
  let rows = 0;
  let changes: Change[] = [];
  const packer = new RequestPacker();
  const commit = async (): Promise<void> => {
    // As a worker sends it: rows in order travel as a sheet.
    packer.add(1, { principalId: 'bench', requestId: 'load', changes, idempotency: null });
    const [sent] = unpackRequests(packer.take());
    const { outcomes } = await store.commit((sent as NumberedRequest).request);
    const refused = outcomes.find((outcome) => !outcome.ok);
    if (refused !== undefined) throw new Error(`A row was refused: ${JSON.stringify(refused)}`);
    rows += changes.length;
    changes = [];
  };
  changes = prefixesOf(sector).map(enterpriseChange);
  await commit();
  rows = 0; // of identifiers alone
  for (const row of rowsIn(sector, options.order)) {
    changes.push(changeOf(row, options));
    if (changes.length === CHANGES_PER_COMMIT) await commit();
  }
  if (changes.length > 0) await commit();
  return rows;
}

function* rowsIn(sector: Sector, order: LoadOrder): Generator<SectorRow> {
  if (order !== 'sorted') {
    yield* parentRows(sector);
    yield* order === 'random' ? shuffledRows(sector) : itemRows(sector);
    return;
  }
  const parents = new Map(Array.from(parentRows(sector), (row) => [row.handle, row]));
  for (const row of itemRows(sector)) {
    const parent = parents.get(row.parent ?? '');
    if (parent !== undefined) yield parent;
    parents.delete(row.parent ?? '');
    yield row;
  }
}

/** So that a node lets someone write below the prefix. */
function enterpriseChange(prefix: string): Change {
  const nothing = { contact: null, quota: null, holder: null };
  const enterprise = { prefix: prefix as Prefix, name: `Works ${prefix}`, state: 'active', hosting: 'here' } as const;
  return { kind: 'put-enterprise', expectedRevision: 0, enterprise: { ...enterprise, ...nothing } };
}

function* shuffledRows(sector: Sector): Generator<SectorRow> {
  for (const item of shuffled(sector.items, sector.seed)) yield itemRow(sector, item);
}

function changeOf({ handle, parent, values }: SectorRow, { searchable, template }: LoadOptions): Change {
  const isItem = parent !== undefined && template !== undefined;
  const draft = {
    status: 'active',
    parent: (parent ?? null) as Handle | null,
    template: isItem ? (`${handle.slice(0, handle.indexOf('/'))}/${template}` as Handle) : null,
    reason: null,
    recall: null,
    values: values.map(({ index, type, data }) =>
      makeValue({ index, type: bytesFromText(type), data: bytesFromText(data) }),
    ),
  } as const;
  const put = { kind: 'put-record', handle: handle as Handle, expectedRevision: 0, draft } as const;
  const marks = searchable.filter((marked) => values.some(({ index }) => index === marked));
  return marks.length === 0 ? put : { ...put, searchable: marks };
}
