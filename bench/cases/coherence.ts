// Two nodes with one Redis, one of which answers for the other's identifiers, while these change a thousand times a second:
// how late an answer is at most.

import { createEnterpriseKey } from '../load-sector.ts';
import type { BenchCase } from '../measure/bench-context.ts';
import type { Measured } from '../measure/measurement.ts';
import { type CoherenceReport, type Lateness, runCoherence } from '../outside/coherence-load.ts';
import { startRedis } from '../outside/redis.ts';
import { UNLIMITED_TRIPS } from '../outside/upstream.ts';
import { whileRunning } from './resolving.ts';

const PREFIX = '88.118.30000';
const UPDATES_PER_SECOND = 1000;
const CHECKS = 100_000;
const QUICK_CHECKS = 10_000;
/** What the nodes promise while they hear each other. */
const BOUND_MS = 1000;

export const coherence: BenchCase = {
  name: 'coherence',
  async run(context) {
    const redis = await startRedis();
    const shared = { ...redis.settings, JIABIAO_REDIS__ANNOUNCE: 'true' };
    const home = await context.emptyNode(shared);
    const routes = [{ name: 'home', prefixes: ['88.118'], endpoints: [`http://127.0.0.1:${home.port}`] }];
    const away = await context.emptyNode({
      ...shared,
      ...UNLIMITED_TRIPS,
      JIABIAO_NODE__PREFIX: '88.119',
      JIABIAO_UPSTREAM__ROUTES: JSON.stringify(routes),
    });
    try {
      return await whileRunning([home, away], async () => {
        const report = await runCoherence({
          home: `http://127.0.0.1:${home.port}`,
          away: `http://127.0.0.1:${away.port}`,
          token: await createEnterpriseKey(home, PREFIX),
          prefix: PREFIX,
          updatesPerSecond: UPDATES_PER_SECOND,
          checks: context.quick ? QUICK_CHECKS : CHECKS,
        });
        return measuredOf(report);
      });
    } finally {
      await redis.close();
    }
  },
};

function measuredOf({ updates, updatesPerSecond, home, away, unanswered }: CoherenceReport): readonly Measured[] {
  const none = { reference: null, ratio: null };
  const silent = `${unanswered} questions without an answer in time`;
  const noteOf = ({ checks, late, p99Ms }: Lateness): string =>
    `${checks} answers, ${late} of them late at all, 99 % by ${p99Ms.toFixed(1)} ms at most; ${updates} updates, ${silent}`;
  return [
    {
      ...{ measure: 'worst delay at the other node', value: away.worstMs, unit: 'ms', ...none },
      target: `≤ ${BOUND_MS} ms`,
      met: away.worstMs <= BOUND_MS,
      note: noteOf(away),
    },
    {
      ...{ measure: 'worst delay at the node itself', value: home.worstMs, unit: 'ms', ...none },
      target: '0',
      met: home.worstMs === 0,
      note: noteOf(home),
    },
    {
      ...{ measure: 'updates meanwhile', value: updatesPerSecond, unit: 'updates/s', ...none },
      target: `≥ ${UPDATES_PER_SECOND}/s`,
      met: updatesPerSecond >= 0.99 * UPDATES_PER_SECOND,
      note: 'each durable and announced; below 99 % of the rate the other figures count for less',
    },
  ];
}
