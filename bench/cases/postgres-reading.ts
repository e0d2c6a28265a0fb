// Resolutions of a node whose store is a PostgreSQL on the same machine, beside a node with the same identifiers in LMDB.

import type { Sector } from '../generator.ts';
import { itemHandle } from '../generator.ts';
import { type BenchCase, type BenchContext, interleave, type LoadPlan, paceOf } from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import { comparisonOf, type Measured, median } from '../measure/measurement.ts';
import { startMigrated } from '../outside/postgres.ts';
import { probe } from '../reference/constant-answer.ts';
import { hitPlans, largeSector, sizeNote, smallSector, whileRunning } from './resolving.ts';

const FIRST_TOUCH_SHARE = 0.5;
const HIT_SHARE = 0.9;

interface Nodes {
  readonly ours: OurNode;
  readonly reference: OurNode;
}

/** Both answer the same about an item before anything is measured. */
async function besideLmdb<T>(context: BenchContext, sector: Sector, work: (nodes: Nodes) => Promise<T>): Promise<T> {
  const postgres = await startMigrated();
  try {
    const rows = await postgres.fill(sector);
    context.say(`loaded ${rows} ${sector.shape} identifiers into PostgreSQL`);
    const reference = await context.nodeWith(sector);
    const ours = await context.emptyNode(postgres.settings);
    return await whileRunning([ours, reference], async () => {
      const asked = { method: 'GET', path: `/api/handles/${itemHandle(sector, 0)}` } as const;
      const [one, other] = await Promise.all([ours, reference].map(({ port }) => probe(port, asked)));
      if (one?.status !== 200 || other?.status !== 200) throw new Error(`answered ${one?.status} and ${other?.status}`);
      return work({ ours, reference });
    });
  } finally {
    await postgres.close();
  }
}

async function compared(context: BenchContext, plan: LoadPlan, nodes: Nodes, share: number): Promise<Measured> {
  const comparison = comparisonOf(await interleave(context, plan, nodes));
  const ratio = median(comparison.pairs.map(({ ours, reference }) => ours.perSecond / reference.perSecond));
  return {
    measure: plan.measure,
    value: comparison.oursPerSecond,
    unit: 'resolutions/s',
    reference: comparison.referencePerSecond,
    ratio,
    target: `ratio ≥ ${share.toFixed(2)}`,
    met: ratio >= share,
    note: `p99 ${comparison.oursP99Ms.toFixed(2)} ms, with LMDB ${comparison.referenceP99Ms.toFixed(2)} ms; the database on the same machine`,
  };
}

export const pgFirstTouch: BenchCase = {
  name: 'pg-first-touch',
  run(context) {
    const sector = largeSector(context, 'full');
    return besideLmdb(context, sector, async (nodes) => {
      const rounds = context.quick ? 3 : 5;
      const requests = Math.floor(sector.items / (rounds + 2));
      const plan: LoadPlan = {
        ...paceOf(context),
        rounds,
        measure: `closed loop${sizeNote(context, sector)}`,
        connections: 64,
        rate: null,
        workload: (round) => ({ kind: 'resolve', sector, choice: 'shuffled', requests, from: round * requests }),
        expect: { statuses: [200], minimumBodyBytes: 500 },
      };
      return [await compared(context, plan, nodes, FIRST_TOUCH_SHARE)];
    });
  },
};

export const pgL1: BenchCase = {
  name: 'pg-l1',
  run(context) {
    const sector = smallSector('full');
    return besideLmdb(context, sector, async (nodes) => {
      const measured: Measured[] = [];
      for (const plan of hitPlans(context, sector)) measured.push(await compared(context, plan, nodes, HIT_SHARE));
      return measured;
    });
  },
};
