// A thousand clients, each on a connection of its own, ask at once for one foreign handle that nobody asked for before.

import { type BenchCase, type BenchContext, loadOnce } from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import { type Measured, median } from '../measure/measurement.ts';
import { writeHandles } from '../outside/foreign-handles.ts';
import { startRedis } from '../outside/redis.ts';
import { startUpstream, UNLIMITED_TRIPS, type Upstream } from '../outside/upstream.ts';
import { whileRunning } from './resolving.ts';

const CLIENTS = 1000;

export const coalesce: BenchCase = {
  name: 'coalesce',
  async run(context) {
    const redis = await startRedis();
    const upstream = await startUpstream();
    const node = await context.emptyNode({ ...upstream.settings, ...UNLIMITED_TRIPS, ...redis.settings });
    const measured = await whileRunning([node], () => askTogether(context, node, upstream));
    await Promise.all([upstream.kill(), redis.close()]);
    return measured;
  },
};

async function askTogether(context: BenchContext, node: OurNode, upstream: Upstream): Promise<readonly Measured[]> {
  const rounds = context.quick ? 5 : 20;
  const file = writeHandles('COLD', rounds);
  const plan = {
    measure: `requests upstream for ${CLIENTS} clients`,
    rounds,
    // All are due within the first millisecond, and each has a connection to itself.
    durationMs: 1,
    rate: CLIENTS * 1000,
    connections: CLIENTS,
    workload: (round: number) => file.workload(1, round),
    expect: { statuses: [200], minimumBodyBytes: 500 },
  };
  const trips: number[] = [];
  const slowest: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const { asked } = await upstream.counts();
      const report = await loadOnce(context, plan, { name: 'ours', server: node }, round);
      if (report.requests !== CLIENTS) throw new Error(`${report.requests} of ${CLIENTS} clients asked`);
      trips.push((await upstream.counts()).asked - asked);
      slowest.push(report.latency.maxMs);
    }
  } finally {
    file.remove();
  }
  const most = Math.max(...trips);
  return [
    {
      measure: plan.measure,
      value: most,
      unit: 'requests',
      reference: null,
      ratio: null,
      target: 'exactly 1',
      met: trips.every((count) => count === 1),
      note: `the most of ${rounds} rounds; the last of the ${CLIENTS} was answered after ${median(slowest).toFixed(0)} ms (worst round ${Math.max(...slowest).toFixed(0)} ms), of which the upstream takes 20`,
    },
  ];
}
