// What an identifier takes on disk: an item of a batch with 16 bytes of suffix and two own values of 12 bytes, and its share
// of the change log. Loaded by a writer of the store, in order and in none.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sector } from '../generator.ts';
import { type LoadOptions, loadStore } from '../load-store.ts';
import type { BenchCase, BenchContext } from '../measure/bench-context.ts';
import type { Measured } from '../measure/measurement.ts';
import { bytesOfStore, type StoreBytes } from '../measure/store-bytes.ts';
import { largeSector, sizeNote } from './resolving.ts';

const MAX_SORTED = 100;
const MAX_RANDOM = 150;
const MAX_CHANGE = 20;
/** Index of the value that one of the runs marks searchable. */
const SERIAL = 2020;

/** Bytes by identifier. */
async function loaded(sector: Sector, options: LoadOptions): Promise<StoreBytes> {
  const folder = mkdtempSync(join(tmpdir(), 'jiabiao-bench-bytes-'));
  try {
    const store = join(folder, 'store');
    const rows = await loadStore(store, sector, options);
    const { identifiers, changeLog, search } = await bytesOfStore(store);
    return { identifiers: identifiers / rows, changeLog: changeLog / rows, search: search / rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measured(measure: string, value: number, most: number | null, note: string | null = null): Measured {
  const target = most === null ? '–' : `≤ ${most}`;
  return {
    ...{ measure, value, unit: 'bytes', reference: null, ratio: null, target },
    met: most === null ? null : value <= most,
    note,
  };
}

export const bytesItem: BenchCase = {
  name: 'bytes-item',
  async run(context: BenchContext) {
    const sector = largeSector(context, 'lean');
    const size = sizeNote(context, sector);
    const sorted = await loaded(sector, { order: 'sorted', searchable: [] });
    const random = await loaded(sector, { order: 'random', searchable: [] });
    const searched = await loaded(sector, { order: 'random', searchable: [SERIAL] });
    return [
      measured(`loaded in order${size}`, sorted.identifiers, MAX_SORTED),
      measured(`loaded at random${size}`, random.identifiers, MAX_RANDOM),
      measured(`search index, one value, at random${size}`, searched.search, null, 'no part of the figures above'),
    ];
  },
};

export const bytesChange: BenchCase = {
  name: 'bytes-change',
  async run(context: BenchContext) {
    const sector = largeSector(context, 'lean');
    const { changeLog } = await loaded(sector, { order: 'sorted', searchable: [] });
    const random = await loaded(sector, { order: 'random', searchable: [] });
    const size = sizeNote(context, sector);
    return [
      measured(`imported in order${size}`, changeLog, MAX_CHANGE, '10,000 identifiers a commit'),
      measured(`imported at random${size}`, random.changeLog, MAX_CHANGE, 'an import sorts its rows first'),
    ];
  },
};
