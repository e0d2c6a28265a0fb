// A thousand new identifiers of three values a call, durable and authenticated, on a few connections at once.

import { createEnterpriseKey } from '../load-sector.ts';
import { type BenchCase, loadOnce, paceOf, WARM_UP, warmUpMsOf } from '../measure/bench-context.ts';
import { median } from '../measure/measurement.ts';
import { whileRunning } from './resolving.ts';

const PREFIX = '88.118.30001';
const PER_CALL = 1000;
const CONNECTIONS = 8;
const MIN_PER_SECOND = 60_000;
/** Above what a round can write, so that no handle comes twice. */
const CALLS_PER_MS = 0.3;

export const registerBatch: BenchCase = {
  name: 'register-batch',
  async run(context) {
    const node = await context.emptyNode();
    const token = await createEnterpriseKey(node, PREFIX);
    return whileRunning([node], async () => {
      const pace = paceOf(context);
      const requests = Math.ceil(Math.max(pace.durationMs, 2000) * CALLS_PER_MS);
      const plan = {
        ...pace,
        measure: 'durable registrations, 1,000 rows of 3 values a call',
        connections: CONNECTIONS,
        rate: null,
        workload: (round: number) =>
          ({
            kind: 'register-batch',
            prefix: PREFIX,
            token,
            perCall: PER_CALL,
            requests,
            from: round * requests,
          }) as const,
        expect: { statuses: [200], tailIncludes: `"created":${PER_CALL}` },
      };
      const ours = { name: 'ours', server: node } as const;
      await loadOnce(context, { ...plan, durationMs: warmUpMsOf(context) }, ours, WARM_UP);
      const reports = [];
      for (let round = 0; round < plan.rounds; round++) reports.push(await loadOnce(context, plan, ours, round));
      const perSecond = median(reports.map((report) => report.perSecond * PER_CALL));
      const cpuMicros = median(reports.map((report) => (report.serverCpuSeconds * 1e6) / (report.requests * PER_CALL)));
      return [
        {
          measure: plan.measure,
          value: perSecond,
          unit: 'identifiers/s',
          reference: null,
          ratio: null,
          target: `≥ ${MIN_PER_SECOND.toLocaleString('en')}/s`,
          met: perSecond >= MIN_PER_SECOND,
          note: `${CONNECTIONS} connections, ${cpuMicros.toFixed(1)} µs CPU an identifier; p99 of a call ${median(reports.map((report) => report.latency.p99Ms)).toFixed(0)} ms`,
        },
      ];
    });
  },
};
