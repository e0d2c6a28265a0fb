// Hits of identifiers that another node answers for, in a worker's own cache: as resolve-l1, by a node that has learned them
// from the node beside it.

import type { Sector } from '../generator.ts';
import { type BenchCase, type BenchContext, interleave } from '../measure/bench-context.ts';
import { comparisonOf, cpuMeasurement, type Measured } from '../measure/measurement.ts';
import { UNLIMITED_TRIPS } from '../outside/upstream.ts';
import { hitPlans, smallSector, whileRunning } from './resolving.ts';

/** A hit of others costs at most a ninth more than one of our own: two headers more, which change every second. */
const RATIO = 0.9;

export const foreignL1: BenchCase = {
  name: 'foreign-l1',
  async run(context) {
    const sector = smallSector('full');
    const own = await context.nodeWith(sector);
    return whileRunning([own], async () => compare(context, sector, own));
  },
};

async function compare(
  context: BenchContext,
  sector: Sector,
  own: Awaited<ReturnType<BenchContext['nodeWith']>>,
): Promise<readonly Measured[]> {
  const routes = [{ name: 'home', prefixes: ['*'], endpoints: [`http://127.0.0.1:${own.port}`] }];
  const foreign = await context.twinWith(sector, {
    JIABIAO_NODE__PREFIX: '88.119',
    JIABIAO_UPSTREAM__ROUTES: JSON.stringify(routes),
    ...UNLIMITED_TRIPS,
  });
  return whileRunning([foreign], async () => {
    const measured: Measured[] = [];
    for (const plan of hitPlans(context, sector)) {
      const comparison = comparisonOf(await interleave(context, plan, { ours: foreign, reference: own }));
      measured.push(cpuMeasurement(`${plan.measure}, against own hits`, comparison, { ratio: RATIO }));
    }
    return measured;
  });
}
