// What TLS costs on connections that are kept: hits as in resolve-l1, by a node with a certificate beside the same node in
// plain HTTP. Handshakes are not in it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, writePair } from '../../test/certificates.ts';
import { type BenchCase, type BenchContext, interleave } from '../measure/bench-context.ts';
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
    for (const plan of hitPlans(context, sector)) {
      const comparison = comparisonOf(await interleave(context, plan, { ours: secure, reference: plain }));
      measured.push(cpuMeasurement(`${plan.measure}, against plain HTTP`, comparison, { ratio: RATIO }));
    }
    return measured;
  });
}
