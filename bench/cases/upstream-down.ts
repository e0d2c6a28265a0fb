// Whom a node asks for others goes down under traffic for what it knows, and every answer's lifetime ends meanwhile: killed,
// so that connections are refused, or frozen, so that they stand and nothing comes.

import { setTimeout as delay } from 'node:timers/promises';
import { type BenchCase, type BenchContext, loadOnce, WARM_UP, warmUpMsOf } from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import type { Measured } from '../measure/measurement.ts';
import { cacheEvents, type HandleFile, writeHandles } from '../outside/foreign-handles.ts';
import { startRedis } from '../outside/redis.ts';
import { startUpstream, UNLIMITED_TRIPS, type Upstream } from '../outside/upstream.ts';
import { whileRunning } from './resolving.ts';

const RATE = 10_000;
const MAX_RISE_MS = 5;
/** Few enough that each is asked for often in the last tenth of its lifetime, and so renewed before it ends. */
const HANDLES = 100;
/** Of what the upstream tells. */
const TTL_SECONDS = 3;
/** How long all is well in the load that meets the outage. */
const WELL_MS = 500;

type How = 'killed' | 'frozen';

export const upstreamDown: BenchCase = {
  name: 'upstream-down',
  async run(context) {
    const file = writeHandles('WARM', HANDLES);
    const measured: Measured[] = [];
    try {
      for (const how of ['killed', 'frozen'] as const) {
        const redis = await startRedis();
        const upstream = await startUpstream(TTL_SECONDS);
        const node = await context.emptyNode({ ...upstream.settings, ...UNLIMITED_TRIPS, ...redis.settings });
        measured.push(await whileRunning([node], () => outage(context, how, { node, upstream, file })));
        await Promise.all([upstream.kill(), redis.close()]);
      }
    } finally {
      file.remove();
    }
    return measured;
  },
};

interface Parts {
  readonly node: OurNode;
  readonly upstream: Upstream;
  readonly file: HandleFile;
}

async function outage(context: BenchContext, how: How, { node, upstream, file }: Parts): Promise<Measured> {
  const ours = { name: 'ours', server: node } as const;
  const measure = `p99 more while the upstream is ${how}`;
  const plan = {
    measure,
    rounds: 1,
    // Longer than what was told is fresh for.
    durationMs: (context.quick ? 1.5 : 4) * TTL_SECONDS * 1000,
    connections: 64,
    rate: RATE,
    workload: () => file.workload(HANDLES, 0),
    expect: { statuses: [200], minimumBodyBytes: 500 },
  };
  await loadOnce(context, { ...plan, rate: null, durationMs: warmUpMsOf(context) }, ours, WARM_UP);
  const up = { ...plan, measure: `${measure}: before`, durationMs: context.quick ? 2000 : 6000 };
  const before = await loadOnce(context, up, ours, 0);
  const load = loadOnce(context, plan, ours, 0);
  load.catch(() => {}); // thrown below
  await delay(WELL_MS);
  if (how === 'killed') await upstream.kill();
  else upstream.freeze();
  const during = await load;
  const stoodIn = await cacheEvents(node, 'l1', 'stood-in');
  if (stoodIn === 0) throw new Error('Nothing stood in for what could not be asked: the outage was not met.');
  const rise = during.latency.p99Ms - before.latency.p99Ms;
  return {
    measure,
    value: rise,
    unit: 'ms',
    reference: null,
    ratio: null,
    target: `≤ ${MAX_RISE_MS} ms, no failed answer`,
    met: rise <= MAX_RISE_MS,
    note: `${during.requests} answers at ${RATE}/s, all right, ${stoodIn} of them stale; p99 ${during.latency.p99Ms.toFixed(2)} ms against ${before.latency.p99Ms.toFixed(2)} ms before, p99.9 ${during.latency.p999Ms.toFixed(1)} against ${before.latency.p999Ms.toFixed(1)}, worst ${during.latency.maxMs.toFixed(1)} against ${before.latency.maxMs.toFixed(1)}`,
  };
}
