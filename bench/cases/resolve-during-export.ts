// First touches while an export of everything runs beside the node, held against the same without it.

import { setTimeout as delay } from 'node:timers/promises';
import { type BenchCase, loadOnce, paceOf, WARM_UP, warmUpMsOf } from '../measure/bench-context.ts';
import { repeatCommand } from '../measure/commands.ts';
import { cpuMicrosOf, median } from '../measure/measurement.ts';
import { largeSector, sizeNote, whileRunning } from './resolving.ts';

const MIN_RATIO = 0.85;
/** Until the command has started and is reading. */
const STARTED_MS = 1000;

export const resolveDuringExport: BenchCase = {
  name: 'resolve-during-export',
  async run(context) {
    const sector = largeSector(context, 'full');
    const rounds = context.quick ? 3 : 6;
    const requests = Math.floor(sector.items / (2 * rounds + 1));
    const node = await context.nodeWith(sector);
    return whileRunning([node], async () => {
      const plan = {
        ...paceOf(context),
        rounds,
        connections: 64,
        rate: null,
        workload: (round: number) =>
          ({
            kind: 'resolve',
            sector,
            choice: 'shuffled',
            requests,
            from: (round % (2 * rounds + 1)) * requests,
          }) as const,
        expect: { statuses: [200], minimumBodyBytes: 500 },
      };
      const ours = { name: 'ours', server: node } as const;
      const alone = { ...plan, measure: `undisturbed${sizeNote(context, sector)}` };
      const beside = { ...plan, measure: `during an export${sizeNote(context, sector)}` };
      const warmUp = { ...alone, durationMs: warmUpMsOf(context), workload: () => plan.workload(2 * rounds) };
      await loadOnce(context, warmUp, ours, WARM_UP);
      const pairs = [];
      let exports = 0;
      for (let round = 0; round < rounds; round++) {
        const undisturbed = await loadOnce(context, alone, ours, 2 * round);
        const exporting = repeatCommand(['export', '--store', node.directory]);
        await delay(STARTED_MS);
        const disturbed = await loadOnce(context, beside, ours, 2 * round + 1);
        exports += exporting.runs();
        await exporting.stop();
        pairs.push({ undisturbed, disturbed });
      }
      const ratio = median(pairs.map((pair) => pair.disturbed.perSecond / pair.undisturbed.perSecond));
      const cpu = median(pairs.map((pair) => cpuMicrosOf(pair.undisturbed) / cpuMicrosOf(pair.disturbed)));
      return [
        {
          measure: beside.measure,
          value: median(pairs.map((pair) => pair.disturbed.perSecond)),
          unit: 'resolutions/s',
          reference: median(pairs.map((pair) => pair.undisturbed.perSecond)),
          ratio,
          target: `ratio ≥ ${MIN_RATIO}`,
          met: ratio >= MIN_RATIO,
          note: `the reference is the same node alone; CPU a request ${cpu.toFixed(2)} of it, p99 ${median(pairs.map((pair) => pair.disturbed.latency.p99Ms)).toFixed(1)} ms against ${median(pairs.map((pair) => pair.undisturbed.latency.p99Ms)).toFixed(1)} ms; ${exports} exports ended meanwhile`,
        },
      ];
    });
  },
};
