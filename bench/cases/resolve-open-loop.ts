// The old node's whole day in every second: 20,900 requests a second whatever the server does, popularity after Zipf.

import { itemHandle } from '../generator.ts';
import { type BenchCase, interleave } from '../measure/bench-context.ts';
import { comparisonOf, median } from '../measure/measurement.ts';
import { HANDLE_ROUTE, largeSector, mirror, sizeNote, whileRunning } from './resolving.ts';

const RATE = 20_900;
const MAX_P99_MS = 5;

export const resolveOpenLoop: BenchCase = {
  name: 'resolve-open-loop',
  async run(context) {
    const sector = largeSector(context, 'full');
    const node = await context.nodeWith(sector);
    const path = `/api/handles/${itemHandle(sector, 0)}`;
    const { server } = await mirror(context, node, { method: 'GET', path, route: HANDLE_ROUTE, status: 200 });
    return whileRunning([node, server], async () => {
      const durationMs = context.quick ? 1500 : 10_000;
      const requests = Math.ceil((RATE * durationMs) / 1000);
      const plan = {
        measure: `p99 at ${RATE}/s, Zipf${sizeNote(context, sector)}`,
        rounds: context.quick ? 3 : 5,
        durationMs,
        connections: 64,
        rate: RATE,
        workload: (round: number) =>
          ({ kind: 'resolve', sector, choice: 'zipf', requests, from: round * requests }) as const,
        expect: { statuses: [200], minimumBodyBytes: 500 },
      };
      const open = comparisonOf(await interleave(context, plan, { ours: node, reference: server }));
      const latencies = open.pairs.map((pair) => pair.ours.latency);
      return [
        {
          measure: plan.measure,
          value: open.oursP99Ms,
          unit: 'ms',
          reference: open.referenceP99Ms,
          ratio: null,
          target: `≤ ${MAX_P99_MS} ms, no error`,
          met: open.oursP99Ms <= MAX_P99_MS,
          note: `p50 ${median(latencies.map((one) => one.p50Ms)).toFixed(2)}, p99.9 ${median(latencies.map((one) => one.p999Ms)).toFixed(2)}, worst ${Math.max(...latencies.map((one) => one.maxMs)).toFixed(1)} ms; sent once a millisecond, which counts; CPU ratio ${open.cpuRatio.toFixed(2)}`,
        },
      ];
    });
  },
};
