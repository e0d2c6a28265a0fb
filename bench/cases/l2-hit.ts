// Answers out of Redis: foreign handles that no worker remembers and that another node has put there.

import type { DrivenReport } from '../driver/main.ts';
import { type BenchCase, type BenchContext, loadOnce, paceOf, WARM_UP, warmUpMsOf } from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import { cpuMicrosOf, type Measured, median } from '../measure/measurement.ts';
import { cacheEvents, type HandleFile, writeHandles } from '../outside/foreign-handles.ts';
import { startRedis } from '../outside/redis.ts';
import { startUpstream, UNLIMITED_TRIPS, type Upstream } from '../outside/upstream.ts';
import { whileRunning } from './resolving.ts';

const PER_SECOND_A_WORKER = 25_000;
const RATE = 10_000;
const MAX_P99_MS = 10;
/** Asked for in turn: more than the workers' own memory below holds, so that each is gone when its turn comes again. */
const HANDLES = 50_000;
const SMALL_MEMORY = { JIABIAO_CACHE__L1_BYTES: String(1 << 20) };
/** Of the answers that came out of Redis: what a worker happened to remember is no L2 hit. */
const MIN_SHARE = 0.98;

export const l2Hit: BenchCase = {
  name: 'l2-hit',
  async run(context) {
    const redis = await startRedis();
    const upstream = await startUpstream();
    const settings = { ...upstream.settings, ...UNLIMITED_TRIPS, ...redis.settings, ...SMALL_MEMORY };
    const node = await context.emptyNode(settings);
    const file = writeHandles('KEPT', HANDLES);
    try {
      await redis.fill(file.handles);
      return await whileRunning([node], () => ask(context, { node, upstream, file }));
    } finally {
      file.remove();
      await Promise.all([upstream.kill(), redis.close()]);
    }
  },
};

interface Parts {
  readonly node: OurNode;
  readonly upstream: Upstream;
  readonly file: HandleFile;
}

async function ask(context: BenchContext, { node, upstream, file }: Parts): Promise<readonly Measured[]> {
  const ours = { name: 'ours', server: node } as const;
  const plan = {
    ...paceOf(context),
    measure: 'as fast as it goes, a worker',
    connections: 64,
    rate: null,
    workload: () => file.workload(HANDLES, 0),
    expect: { statuses: [200], minimumBodyBytes: 500 },
  };
  const open = { ...plan, measure: `p99 at ${RATE}/s, open loop`, rate: RATE };
  await loadOnce(context, { ...plan, durationMs: warmUpMsOf(context) }, ours, WARM_UP);
  const hitsBefore = await cacheEvents(node, 'l2', 'hit');
  const askedBefore = (await upstream.counts()).asked;
  const closed: DrivenReport[] = [];
  const paced: DrivenReport[] = [];
  for (let round = 0; round < plan.rounds; round++) closed.push(await loadOnce(context, plan, ours, round));
  for (let round = 0; round < plan.rounds; round++) paced.push(await loadOnce(context, open, ours, round));
  const asked = (await upstream.counts()).asked - askedBefore;
  const answered = [...closed, ...paced].reduce((sum, { requests }) => sum + requests, 0);
  const share = ((await cacheEvents(node, 'l2', 'hit')) - hitsBefore) / answered;
  if (share < MIN_SHARE) throw new Error(`${(share * 100).toFixed(1)} % came out of Redis, ${asked} from the upstream`);
  const perWorker = median(closed.map(({ perSecond }) => perSecond)) / context.workers;
  const p99 = median(paced.map(({ latency }) => latency.p99Ms));
  const none = { reference: null, ratio: null };
  return [
    {
      ...{ measure: plan.measure, value: perWorker, unit: 'resolutions/s', ...none },
      target: `≥ ${PER_SECOND_A_WORKER.toLocaleString('en')}/s`,
      met: perWorker >= PER_SECOND_A_WORKER,
      note: `${context.workers} workers, Redis and driver on the same machine; ${median(closed.map(cpuMicrosOf)).toFixed(1)} µs CPU a request, p99 ${median(closed.map(({ latency }) => latency.p99Ms)).toFixed(1)} ms; ${(share * 100).toFixed(1)} % of all answers came out of Redis, ${asked} from the upstream`,
    },
    {
      ...{ measure: open.measure, value: p99, unit: 'ms', ...none },
      target: `≤ ${MAX_P99_MS} ms`,
      met: p99 <= MAX_P99_MS,
      note: `p50 ${median(paced.map(({ latency }) => latency.p50Ms)).toFixed(2)} ms; ${median(paced.map(cpuMicrosOf)).toFixed(1)} µs CPU a request`,
    },
  ];
}
