// Resolutions of a node whose store is a PostgreSQL on the same machine: beside a node with the same identifiers in LMDB,
// and beside the same node when it asks one plain query for each record.

import type { Sector } from '../generator.ts';
import { itemHandle } from '../generator.ts';
import { type BenchCase, type BenchContext, interleave, type LoadPlan, paceOf } from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import { comparisonOf, cpuMeasurement, type Measured, median } from '../measure/measurement.ts';
import { type Costs, metered } from '../measure/metered.ts';
import { cacheEvents } from '../outside/foreign-handles.ts';
import { type PostgresServer, startMigrated } from '../outside/postgres.ts';
import { startRedis } from '../outside/redis.ts';
import { probe } from '../reference/constant-answer.ts';
import { hitPlans, largeSector, sizeNote, smallSector, whileRunning } from './resolving.ts';

const FIRST_TOUCH_SHARE = 0.5;
const OVER_PLAIN = 1.4;
const L2_SHARE = 0.55;
const HIT_SHARE = 0.9;
const PLAIN_QUERIES = new URL('../reference/plain-queries.ts', import.meta.url);
/** Of the answers that came out of Redis: the rest came too soon after a start, or after its record was put there. */
const MIN_L2_SHARE = 0.95;

interface Nodes {
  readonly ours: OurNode;
  readonly reference: OurNode;
  /** CPU seconds that what they ask on this machine has used so far. */
  readonly askedSeconds: () => number;
}

async function filled<T>(context: BenchContext, sector: Sector, work: (postgres: PostgresServer) => Promise<T>) {
  const postgres = await startMigrated();
  try {
    const rows = await postgres.fill(sector);
    context.say(`loaded ${rows} ${sector.shape} identifiers into PostgreSQL`);
    return await work(postgres);
  } finally {
    await postgres.close();
  }
}

/** Both answer the same about an item before anything is measured. */
async function beside<T>(nodes: Nodes, sector: Sector, work: () => Promise<T>): Promise<T> {
  return whileRunning([nodes.ours, nodes.reference], async () => {
    const asked = { method: 'GET', path: `/api/handles/${itemHandle(sector, 0)}` } as const;
    const [one, other] = await Promise.all([nodes.ours, nodes.reference].map(({ port }) => probe(port, asked)));
    if (one?.status !== 200 || other?.status !== 200) throw new Error(`answered ${one?.status} and ${other?.status}`);
    return work();
  });
}

interface Against {
  readonly who: string;
  readonly share: number;
}

async function compared(context: BenchContext, plan: LoadPlan, nodes: Nodes, against: Against): Promise<Measured> {
  const { who, share } = against;
  const meter = metered(context, nodes.askedSeconds);
  const comparison = comparisonOf(await interleave(meter.context, plan, nodes));
  const ratio = median(comparison.pairs.map(({ ours, reference }) => ours.perSecond / reference.perSecond));
  const [ours, theirs] = [meter.costsOf(nodes.ours), meter.costsOf(nodes.reference)];
  return {
    measure: plan.measure,
    value: comparison.oursPerSecond,
    unit: 'resolutions/s',
    reference: comparison.referencePerSecond,
    ratio,
    target: `ratio ≥ ${share.toFixed(2)}`,
    met: ratio >= share,
    note: `p99 ${comparison.oursP99Ms.toFixed(2)} ms, ${who} ${comparison.referenceP99Ms.toFixed(2)} ms; CPU a request ${costsText(ours)}, ${who} ${costsText(theirs)}: a ratio of ${(sumOf(theirs) / sumOf(ours)).toFixed(2)}`,
  };
}

/** Of the whole machine: where it is busy, and nobody else is at work, the number of requests follows from it. */
function sumOf({ server, asked, driver }: Costs): number {
  return server + asked + driver;
}

function costsText({ server, asked, driver }: Costs): string {
  const [node, others, load] = [server, asked, driver].map((micros) => micros.toFixed(1));
  return `${node} µs of the node, ${others} of what it asks and ${load} of the driver`;
}

/** Every round asks for other items, so each node meets them for the first time. */
function firstTouches(context: BenchContext, sector: Sector, who: string): LoadPlan {
  const rounds = context.quick ? 3 : 5;
  const requests = Math.floor(sector.items / (rounds + 2));
  return {
    ...paceOf(context),
    rounds,
    measure: `${who}${sizeNote(context, sector)}`,
    connections: 64,
    rate: null,
    workload: (round) => ({ kind: 'resolve', sector, choice: 'shuffled', requests, from: round * requests }),
    expect: { statuses: [200], minimumBodyBytes: 500 },
  };
}

export const pgFirstTouch: BenchCase = {
  name: 'pg-first-touch',
  run(context) {
    const sector = largeSector(context, 'full');
    return filled(context, sector, async ({ settings, cpuSeconds: askedSeconds }) => {
      const lmdb = {
        reference: await context.nodeWith(sector),
        ours: await context.emptyNode(settings),
        askedSeconds,
      };
      const besideLmdb = await beside(lmdb, sector, () =>
        compared(context, firstTouches(context, sector, 'beside LMDB'), lmdb, {
          who: 'with LMDB',
          share: FIRST_TOUCH_SHARE,
        }),
      );
      // A node that remembers nothing of the first half.
      const plain = {
        reference: await context.emptyNode(settings, PLAIN_QUERIES),
        ours: await context.emptyNode(settings),
        askedSeconds,
      };
      const besidePlain = await beside(plain, sector, () =>
        compared(context, firstTouches(context, sector, 'beside one plain query a request'), plain, {
          who: 'with plain queries',
          share: OVER_PLAIN,
        }),
      );
      return [besideLmdb, besidePlain];
    });
  },
};

export const pgL2: BenchCase = {
  name: 'pg-l2',
  run(context) {
    const sector = largeSector(context, 'full');
    return filled(context, sector, async (postgres) => {
      const redis = await startRedis();
      try {
        const ours = await context.emptyNode({ ...postgres.settings, ...redis.settings });
        const askedSeconds = () => postgres.cpuSeconds() + redis.cpuSeconds();
        const nodes = { reference: await context.nodeWith(sector), ours, askedSeconds };
        return await beside(nodes, sector, async () => {
          // A node that has just started believes nothing that was shared before.
          const kept = await redis.fillRecords(postgres.records());
          context.say(`put ${kept} of them into Redis`);
          const [hits, misses] = [await cacheEvents(ours, 'l2', 'hit'), await cacheEvents(ours, 'l2', 'miss')];
          const against = { who: 'with LMDB', share: L2_SHARE };
          const measured = await compared(context, firstTouches(context, sector, 'beside LMDB'), nodes, against);
          const hit = (await cacheEvents(ours, 'l2', 'hit')) - hits;
          const share = hit / (hit + (await cacheEvents(ours, 'l2', 'miss')) - misses);
          if (share < MIN_L2_SHARE) throw new Error(`Only ${(share * 100).toFixed(1)} % came out of Redis`);
          return [{ ...measured, note: `${measured.note}; ${(share * 100).toFixed(1)} % out of Redis` }];
        });
      } finally {
        await redis.close();
      }
    });
  },
};

/** A hit asks nothing of the database, so it is told by the node's own CPU, as `resolve-l1` is. */
export const pgL1: BenchCase = {
  name: 'pg-l1',
  run(context) {
    const sector = smallSector('full');
    return filled(context, sector, async ({ settings, cpuSeconds: askedSeconds }) => {
      const nodes = {
        reference: await context.nodeWith(sector),
        ours: await context.emptyNode(settings),
        askedSeconds,
      };
      return beside(nodes, sector, async () => {
        const measured: Measured[] = [];
        for (const plan of hitPlans(context, sector)) {
          const comparison = comparisonOf(await interleave(context, plan, nodes));
          measured.push(cpuMeasurement(plan.measure, comparison, { ratio: HIT_SHARE }));
        }
        return measured;
      });
    });
  },
};
