// Hits in a worker's own cache, keep-alive: one path again and again, and a thousand paths in turn.

import { askAutocannon } from '../driver/autocannon.ts';
import { itemHandle } from '../generator.ts';
import { type BenchCase, interleave } from '../measure/bench-context.ts';
import { comparisonOf, cpuMeasurement, type Measured } from '../measure/measurement.ts';
import { HANDLE_ROUTE, hitPlans, mirror, smallSector, whileRunning } from './resolving.ts';

export const resolveL1: BenchCase = {
  name: 'resolve-l1',
  async run(context) {
    const sector = smallSector('full');
    const node = await context.nodeWith(sector);
    const path = `/api/handles/${itemHandle(sector, 0)}`;
    const { server } = await mirror(context, node, { method: 'GET', path, route: HANDLE_ROUTE, status: 200 });
    return whileRunning([node, server], async () => {
      const measured: Measured[] = [];
      for (const plan of hitPlans(context, sector)) {
        const comparison = comparisonOf(await interleave(context, plan, { ours: node, reference: server }));
        measured.push(cpuMeasurement(plan.measure, comparison, { ratio: 0.9 }));
      }
      const asked = { path, connections: 64, seconds: context.quick ? 1 : 5 };
      const theirs = await askAutocannon({ ...asked, port: server.port, pid: server.pid });
      const ours = await askAutocannon({ ...asked, port: node.port, pid: node.pid });
      measured.push({
        measure: 'one path, by autocannon',
        value: ours.cpuMicros,
        unit: 'µs CPU/request',
        reference: theirs.cpuMicros,
        ratio: theirs.cpuMicros / ours.cpuMicros,
        target: '–',
        met: null,
        note: `a cross-check in one run each: ours ${Math.round(ours.perSecond)}/s, reference ${Math.round(theirs.perSecond)}/s`,
      });
      return measured;
    });
  },
};
