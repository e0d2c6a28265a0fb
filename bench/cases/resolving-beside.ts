// First touches while something else goes on, held against the same without it, in turn.

import { setTimeout as delay } from 'node:timers/promises';
import type { DrivenReport } from '../driver/main.ts';
import type { Sector } from '../generator.ts';
import { type BenchContext, loadOnce, paceOf, WARM_UP, warmUpMsOf } from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import { cpuMicrosOf, type Measured, median } from '../measure/measurement.ts';
import { largeSector, sizeNote, whileRunning } from './resolving.ts';

const MIN_RATIO = 0.85;
/** Until it has started and is reading. */
const STARTED_MS = 1000;

/** What goes on beside, until it is stopped. */
export interface Beside {
  /** As the measure says it: `during …`. */
  readonly what: string;
  /** What it counts. */
  readonly counted: string;
  start(node: OurNode, sector: Sector): { readonly runs: () => number; stop(): Promise<void> };
}

export async function resolveBeside(context: BenchContext, besides: readonly Beside[]): Promise<readonly Measured[]> {
  const sector = largeSector(context, 'full');
  const node = await context.nodeWith(sector);
  const rounds = context.quick ? 3 : 6;
  // No identifier is asked for twice, in whatever round.
  const slices = 2 * rounds * besides.length + 1;
  const requests = Math.floor(sector.items / slices);
  let slice = 0;
  return whileRunning([node], async () => {
    const ours = { name: 'ours', server: node } as const;
    const load = (measure: string, round: number, durationMs: number) => {
      const from = requests * slice++;
      const workload = () => ({ kind: 'resolve', sector, choice: 'shuffled', requests, from }) as const;
      const expect = { statuses: [200], minimumBodyBytes: 500 };
      const plan = { measure, rounds, durationMs, connections: 64, rate: null, workload, expect };
      return loadOnce(context, plan, ours, round);
    };
    const { durationMs } = paceOf(context);
    await load('warm-up', WARM_UP, warmUpMsOf(context));
    const results: Measured[] = [];
    for (const { what, counted, start } of besides) {
      const measure = `${what}${sizeNote(context, sector)}`;
      const pairs: { undisturbed: DrivenReport; disturbed: DrivenReport }[] = [];
      let runs = 0;
      for (let round = 0; round < rounds; round++) {
        const undisturbed = await load(`undisturbed, before ${measure}`, 2 * round, durationMs);
        const going = start(node, sector);
        await delay(STARTED_MS);
        const disturbed = await load(measure, 2 * round + 1, durationMs);
        runs += going.runs();
        await going.stop();
        pairs.push({ undisturbed, disturbed });
      }
      const ratio = median(pairs.map((pair) => pair.disturbed.perSecond / pair.undisturbed.perSecond));
      const cpu = median(pairs.map((pair) => cpuMicrosOf(pair.undisturbed) / cpuMicrosOf(pair.disturbed)));
      const p99Of = (which: 'disturbed' | 'undisturbed') => median(pairs.map((pair) => pair[which].latency.p99Ms));
      results.push({
        measure,
        value: median(pairs.map((pair) => pair.disturbed.perSecond)),
        unit: 'resolutions/s',
        reference: median(pairs.map((pair) => pair.undisturbed.perSecond)),
        ratio,
        target: `ratio ≥ ${MIN_RATIO}`,
        met: ratio >= MIN_RATIO,
        note: `the reference is the same node alone; CPU a request ${cpu.toFixed(2)} of it, p99 ${p99Of('disturbed').toFixed(1)} ms against ${p99Of('undisturbed').toFixed(1)} ms; ${runs} ${counted} meanwhile`,
      });
    }
    return results;
  });
}
