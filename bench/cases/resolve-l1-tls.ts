// What TLS costs on connections that are kept: hits as in resolve-l1, by a node with a certificate beside the same node in
// plain HTTP. Handshakes are not in it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, writePair } from '../../test/certificates.ts';
import type { Sector } from '../generator.ts';
import { type BenchCase, type BenchContext, interleave, type LoadPlan } from '../measure/bench-context.ts';
import { comparisonOf, cpuMeasurement, type Measured } from '../measure/measurement.ts';
import { hitPlans, smallSector, whileRunning } from './resolving.ts';

/** At most 35 % more CPU time a request than in plain. */
const RATIO = 1 / 1.35;

export const resolveL1Tls: BenchCase = {
  name: 'resolve-l1-tls',
  async run(context) {
    const folder = mkdtempSync(join(tmpdir(), 'jiabiao-bench-tls-'));
    try {
      const { certificate, key } = writePair(folder, await (await createAuthority()).issue());
      return await compare(context, { JIABIAO_TLS__CERTIFICATE: certificate, JIABIAO_TLS__KEY: key });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function compare(context: BenchContext, tls: Readonly<Record<string, string>>): Promise<readonly Measured[]> {
  const sector = smallSector('full');
  const plain = await context.nodeWith(sector);
  const secure = await context.twinWith(sector, tls);
  return whileRunning([plain, secure], async () => {
    const measured: Measured[] = [];
    for (const plan of plans(context, sector)) {
      const comparison = comparisonOf(await interleave(context, plan, { ours: secure, reference: plain }));
      measured.push(cpuMeasurement(`${plan.measure}, against plain HTTP`, comparison, { ratio: RATIO }));
    }
    return measured;
  });
}

/**
 * As fast as it goes, and at a rate that leaves both servers idle half of the time: in a closed loop the plain server
 * is asked nearly twice as often, and does more at each turn of its event loop for the same system calls.
 */
function plans(context: BenchContext, sector: Sector): readonly LoadPlan[] {
  const [onePath, ...others] = hitPlans(context, sector) as [LoadPlan, ...LoadPlan[]];
  return [onePath, ...others, { ...onePath, measure: `${onePath.measure} at 20,900/s`, rate: 20_900 }];
}
