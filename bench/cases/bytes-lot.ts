// What an identifier of a lot takes on disk: the lots with their states, rooms and log, by the number of their codes.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { Change } from '../../src/domain/change.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { lotIdOf } from '../../src/domain/lot.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { openLmdbStore } from '../../src/store/lmdb-store.ts';
import type { BenchCase } from '../measure/bench-context.ts';
import { bytesOfStore } from '../measure/store-bytes.ts';

const MOST = 0.01;
const LOTS = 1000;
const P = '88.118.40000' as Prefix;
/** As long as a sealed one. */
const SECRET = `v1.00000000.${'A'.repeat(80)}`;

const values = ['SN {serial}', '中山市古镇', 'QC-7', 'ENF'].map((data, i) =>
  makeValue({ index: 2010 + i, type: bytesFromText(`TYPE_${2010 + i}`), data: bytesFromText(data) }),
);

function lot(number: number, size: number): Change {
  const id = lotIdOf(P, `mfz3k1x0${String(number).padStart(8, '0')}`);
  const shape = { id, prefix: P, head: `N301-${String(number).padStart(4, '0')}-`, width: 8, tagLength: 9 };
  const rest = { parent: null, template: null, state: 'open', reason: null, splitFrom: null } as const;
  const draft = { ...shape, from: 1, to: size, sealedSecret: SECRET, values, ...rest };
  return { kind: 'put-lot', expectedRevision: 0, lot: draft };
}

/** Bytes by code, each lot registered in a commit of its own. */
async function bytesByCode(size: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'jiabiao-bench-lots-'));
  const path = join(folder, 'store');
  try {
    const given = { clock: Date.now, visibleEpoch: () => 0, onVisible: () => {}, observer: SILENT_OBSERVER };
    const store = await openLmdbStore({ path, ...given });
    for (let i = 0; i < LOTS; i++) {
      await store.commit({ principalId: 'bench', requestId: `lot-${i}`, changes: [lot(i, size)], idempotency: null });
    }
    const { issued } = store.stats();
    await store.close();
    if (issued !== LOTS * size) throw new Error(`${issued} identifiers were counted, not ${LOTS * size}.`);
    const { identifiers, changeLog } = await bytesOfStore(path);
    return (identifiers + changeLog) / issued;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const bytesLot: BenchCase = {
  name: 'bytes-lot',
  async run() {
    const sizes = [
      [1_000_000, MOST],
      [10_000, null],
    ] as const;
    const measured = [];
    for (const [size, most] of sizes) {
      const value = await bytesByCode(size);
      measured.push({
        measure: `lots of ${size.toLocaleString('en')} codes, ${LOTS} of them`,
        value,
        unit: 'bytes',
        reference: null,
        ratio: null,
        target: most === null ? '–' : `≤ ${most}`,
        met: most === null ? null : value <= most,
        note: `${Math.round(value * size).toLocaleString('en')} bytes a lot, change log included`,
      });
    }
    return measured;
  },
};
