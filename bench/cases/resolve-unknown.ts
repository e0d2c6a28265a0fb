// Guessing: every request asks for another handle that nobody registered, under prefixes and batches that exist.

import { unknownHandle } from '../generator.ts';
import { type BenchCase, interleave, paceOf } from '../measure/bench-context.ts';
import { comparisonOf, cpuMeasurement } from '../measure/measurement.ts';
import { HANDLE_ROUTE, largeSector, mirror, sizeNote, whileRunning } from './resolving.ts';

/** The limiter counts as always; only its rate is above what one machine can ask. */
const SETTINGS = { JIABIAO_LIMITS__MISSES_PER_SECOND: '10000000', JIABIAO_LIMITS__MISS_BURST: '10000000' };

export const resolveUnknown: BenchCase = {
  name: 'resolve-unknown',
  async run(context) {
    const sector = largeSector(context, 'full');
    const node = await context.nodeWith(sector, SETTINGS);
    const path = `/api/handles/${unknownHandle(sector, sector.items * 1000)}`;
    const { server } = await mirror(context, node, { method: 'GET', path, route: HANDLE_ROUTE, status: 404 });
    return whileRunning([node, server], async () => {
      const requests = 200_000;
      const plan = {
        ...paceOf(context),
        measure: `never the same twice${sizeNote(context, sector)}`,
        connections: 64,
        rate: null,
        workload: (round: number) =>
          ({ kind: 'resolve', sector, choice: 'unknown', requests, from: round * requests }) as const,
        expect: { statuses: [404] },
      };
      const comparison = comparisonOf(await interleave(context, plan, { ours: node, reference: server }));
      return [cpuMeasurement(plan.measure, comparison, { ratio: 0.8 })];
    });
  },
};
