// Every request meets an item that was not asked for before: one indexed read, four own values, four inherited.

import { itemHandle } from '../generator.ts';
import { type BenchCase, interleave, paceOf } from '../measure/bench-context.ts';
import { comparisonOf, cpuMeasurement, median } from '../measure/measurement.ts';
import { HANDLE_ROUTE, largeSector, mirror, sizeNote, whileRunning } from './resolving.ts';

const MAX_P99_MS = 10;

export const resolveFirstTouch: BenchCase = {
  name: 'resolve-first-touch',
  async run(context) {
    const sector = largeSector(context, 'full');
    const rounds = context.quick ? 3 : 5;
    const requests = Math.floor(sector.items / (rounds + 2));
    const node = await context.nodeWith(sector);
    const path = `/api/handles/${itemHandle(sector, 0)}`;
    const { server } = await mirror(context, node, { method: 'GET', path, route: HANDLE_ROUTE, status: 200 });
    return whileRunning([node, server], async () => {
      const plan = {
        ...paceOf(context),
        rounds,
        measure: `closed loop${sizeNote(context, sector)}`,
        connections: 64,
        rate: null,
        workload: (round: number) =>
          ({ kind: 'resolve', sector, choice: 'shuffled', requests, from: round * requests }) as const,
        expect: { statuses: [200], minimumBodyBytes: 500 },
      };
      const servers = { ours: node, reference: server };
      const comparison = comparisonOf(await interleave(context, plan, servers));
      const rate = Math.floor(comparison.oursPerSecond / 2);
      const measure = `p99 at half that rate (${rate}/s)${sizeNote(context, sector)}`;
      const open = comparisonOf(await interleave(context, { ...plan, measure, rate }, servers));
      return [
        cpuMeasurement(plan.measure, comparison, { ratio: 0.7 }),
        {
          measure,
          value: open.oursP99Ms,
          unit: 'ms',
          reference: open.referenceP99Ms,
          ratio: null,
          target: `≤ ${MAX_P99_MS} ms`,
          met: open.oursP99Ms <= MAX_P99_MS,
          note: `p50 ${median(open.pairs.map((pair) => pair.ours.latency.p50Ms)).toFixed(2)} ms, worst ${Math.max(...open.pairs.map((pair) => pair.ours.latency.maxMs)).toFixed(1)} ms; CPU ratio ${open.cpuRatio.toFixed(2)}`,
        },
      ];
    });
  },
};
