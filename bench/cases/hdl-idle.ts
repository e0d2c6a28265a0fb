// Hits over the Handle protocol while ten thousand other connections stand open and say nothing, beside the same without them, in
// turn.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { IdleOrder } from '../driver/idle-main.ts';
import type { DrivenReport } from '../driver/main.ts';
import { type BenchCase, loadOnce, WARM_UP, warmUpMsOf } from '../measure/bench-context.ts';
import { type Server, track } from '../measure/children.ts';
import { cpuMicrosOf, median } from '../measure/measurement.ts';
import { nodeOf, planFor } from './handle-protocol.ts';
import { whileRunning } from './resolving.ts';

const MAIN = fileURLToPath(new URL('../driver/idle-main.ts', import.meta.url));
const CONNECTIONS = 10_000;
const MIN_RATIO = 0.9;

export const hdlIdle: BenchCase = {
  name: 'hdl-idle',
  async run(context) {
    const { node, handle } = await nodeOf(context);
    const idle = startIdle(handle);
    return whileRunning([node], async () => {
      const plan = planFor(context, 'tcp', 1);
      const target = { name: 'ours', server: handle } as const;
      await loadOnce(context, { ...plan, durationMs: warmUpMsOf(context) }, target, WARM_UP);
      const pairs: { readonly alone: DrivenReport; readonly beside: DrivenReport }[] = [];
      for (let round = 0; round < plan.rounds; round++) {
        const alone = await loadOnce(context, { ...plan, measure: 'without them' }, target, round);
        await idle.open(CONNECTIONS);
        pairs.push({ alone, beside: await loadOnce(context, plan, target, round) });
        await idle.open(0);
      }
      const ratio = median(pairs.map(({ alone, beside }) => beside.perSecond / alone.perSecond));
      const cpu = median(pairs.map(({ alone, beside }) => cpuMicrosOf(alone) / cpuMicrosOf(beside)));
      const p99 = (which: 'alone' | 'beside'): string => median(pairs.map((p) => p[which].latency.p99Ms)).toFixed(2);
      return [
        {
          measure: `beside ${CONNECTIONS.toLocaleString('en')} idle connections`,
          value: median(pairs.map(({ beside }) => beside.perSecond)),
          unit: 'resolutions/s',
          reference: median(pairs.map(({ alone }) => alone.perSecond)),
          ratio,
          target: `ratio ≥ ${MIN_RATIO}`,
          met: ratio >= MIN_RATIO,
          note: `the reference is the same node without them; CPU a request ${cpu.toFixed(2)} of it, p99 ${p99('beside')} ms against ${p99('alone')} ms`,
        },
      ];
    }).finally(() => idle.close());
  },
};

function startIdle({ port }: Server) {
  const child = track(fork(MAIN, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
  return {
    /** Throws unless so many are open then. */
    async open(connections: number): Promise<void> {
      const told = once(child, 'message');
      child.send({ port, connections } satisfies IdleOrder);
      const [message] = (await told) as [{ readonly open?: number; readonly failure?: string }];
      if (message.open !== connections) throw new Error(`${JSON.stringify(message)} of ${connections} connections.`);
    },
    close: () => child.disconnect(),
  };
}
