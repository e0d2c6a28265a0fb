// Redis goes under load and comes back: killed and started again empty, or frozen and thawed. Most requests are for what
// the workers remember, some for what only Redis knows, and the upstream where Redis does not answer.

import { setTimeout as delay } from 'node:timers/promises';
import { Driver } from '../driver/driver.ts';
import type { DrivenReport } from '../driver/main.ts';
import { type BenchCase, type BenchContext, loadOnce, WARM_UP, warmUpMsOf } from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import type { Measured } from '../measure/measurement.ts';
import { cacheEvents, type HandleFile, writeHandles } from '../outside/foreign-handles.ts';
import { type RedisServer, startRedis } from '../outside/redis.ts';
import { startUpstream, UNLIMITED_TRIPS } from '../outside/upstream.ts';
import { whileRunning } from './resolving.ts';

const WARM_RATE = 10_000;
const WARM_HANDLES = 1000;
/** While Redis is away all these go to the upstream, which may be asked 64 things at once and takes 20 ms. */
const FIRST_RATE = 1000;
const MAX_ADDED_ONCE_MS = 20;
/** What differs between two runs of which nothing differs. */
const NOISE_MS = 2;
const RECOVERS_WITHIN_MS = 10_000;

type How = 'killed' | 'frozen';

/** Phases of a run: all is well, Redis goes in the middle of it, it is away, it comes in the middle of it, all is well again. */
const PHASES = ['before', 'going', 'away', 'coming', 'after'] as const;
type Phase = (typeof PHASES)[number];

/** What two loads met in one phase. */
interface Met {
  readonly warm: DrivenReport;
  readonly first: DrivenReport;
}

export const redisKilled: BenchCase = { name: 'redis-killed', run: (context) => redisAway(context, 'killed') };
export const redisFrozen: BenchCase = { name: 'redis-frozen', run: (context) => redisAway(context, 'frozen') };

async function redisAway(context: BenchContext, how: How): Promise<readonly Measured[]> {
  const durationMs = context.quick ? 2000 : 6000;
  const perPhase = (FIRST_RATE * durationMs) / 1000;
  // Redis is never told of the last ones: they warm the way to the upstream up.
  const files = {
    warm: writeHandles('WARM', WARM_HANDLES),
    first: writeHandles('FIRST', perPhase * (PHASES.length + 1)),
  };
  const redis = await startRedis();
  const upstream = await startUpstream();
  const node = await context.emptyNode({ ...upstream.settings, ...UNLIMITED_TRIPS, ...redis.settings });
  const second = Driver.start();
  try {
    await redis.fill([...files.warm.handles, ...files.first.handles.slice(0, -perPhase)]);
    const loads = loadsOf(context, second, { node, files, durationMs, perPhase });
    return await whileRunning([node], () => phases({ node, redis, how, durationMs, files }, loads));
  } finally {
    second.close();
    for (const file of Object.values(files)) file.remove();
    await Promise.all([upstream.kill(), redis.close()]);
  }
}

interface Files {
  readonly warm: HandleFile;
  readonly first: HandleFile;
}

interface Loads {
  warmUp(): Promise<unknown>;
  /** Both loads at once; throws if an answer was wrong. */
  both(phase: Phase): Promise<Met>;
}

/** The second driver's runs are not kept: it would take the first one for somebody else at work. */
function loadsOf(
  context: BenchContext,
  second: Driver,
  parts: { readonly node: OurNode; readonly files: Files; readonly durationMs: number; readonly perPhase: number },
): Loads {
  const { node, files, durationMs, perPhase } = parts;
  const ours = { name: 'ours', server: node } as const;
  const plan = {
    rounds: PHASES.length,
    durationMs,
    connections: 64,
    expect: { statuses: [200], minimumBodyBytes: 500 },
  };
  const warm = { ...plan, rate: WARM_RATE, workload: () => files.warm.workload(WARM_HANDLES, 0) };
  const first = {
    ...plan,
    rate: FIRST_RATE,
    workload: (round: number) => files.first.workload(perPhase, round * perPhase),
  };
  const beside: BenchContext = { ...context, driver: second, keep() {} };
  return {
    warmUp() {
      const warming = { measure: 'warm-up', durationMs: warmUpMsOf(context) };
      return Promise.all([
        loadOnce(context, { ...warm, ...warming, rate: null }, ours, WARM_UP),
        loadOnce(beside, { ...first, ...warming }, ours, WARM_UP),
      ]);
    },
    async both(phase) {
      const round = PHASES.indexOf(phase);
      const loads = [
        loadOnce(context, { ...warm, measure: `remembered, ${phase}` }, ours, round),
        loadOnce(beside, { ...first, measure: `asked for the first time, ${phase}` }, ours, round),
      ] as const;
      const [metWarm, metFirst] = await Promise.all(loads);
      return { warm: metWarm, first: metFirst };
    },
  };
}

interface Scene {
  readonly node: OurNode;
  readonly redis: RedisServer;
  readonly how: How;
  readonly durationMs: number;
  readonly files: Files;
}

async function phases({ node, redis, how, durationMs, files }: Scene, loads: Loads): Promise<readonly Measured[]> {
  const inTheMiddle = async (phase: Phase, change: () => void | Promise<void>): Promise<Met> => {
    const met = loads.both(phase);
    met.catch(() => {}); // thrown below
    await delay(durationMs * 0.4);
    await change();
    return met;
  };
  await loads.warmUp();
  const before = await loads.both('before');
  const going = await inTheMiddle('going', () => (how === 'killed' ? redis.kill() : redis.freeze()));
  const away = await loads.both('away');
  let recoveredMs = 0;
  const coming = await inTheMiddle('coming', async () => {
    const usedBefore = await usesOf(node);
    await (how === 'killed' ? redis.restart() : redis.thaw());
    recoveredMs = await untilUsed(node, usedBefore);
  });
  if (how === 'killed') await redis.fill(files.first.handles);
  const hitsBefore = await cacheEvents(node, 'l2', 'hit');
  const after = await loads.both('after');
  const hits = (await cacheEvents(node, 'l2', 'hit')) - hitsBefore;
  return measuredOf({ before, going, away, coming, after }, { recoveredMs, hits });
}

/** How often Redis was asked and answered. */
async function usesOf(node: OurNode): Promise<number> {
  return (await cacheEvents(node, 'l2', 'hit')) + (await cacheEvents(node, 'l2', 'miss'));
}

async function untilUsed(node: OurNode, usedBefore: number): Promise<number> {
  const startedAt = performance.now();
  while ((await usesOf(node)) <= usedBefore) {
    if (performance.now() - startedAt > RECOVERS_WITHIN_MS) throw new Error('Redis is back and not used again.');
    await delay(50);
  }
  return performance.now() - startedAt;
}

function measuredOf(
  met: Readonly<Record<Phase, Met>>,
  { recoveredMs, hits }: { readonly recoveredMs: number; readonly hits: number },
): readonly Measured[] {
  const { before, going, away, coming, after } = met;
  const p99s = (which: 'warm' | 'first'): string =>
    PHASES.map((phase) => `${phase} ${met[phase][which].latency.p99Ms.toFixed(1)}`).join(', ');
  const worst = (which: 'warm' | 'first'): string =>
    PHASES.map((phase) => `${phase} ${met[phase][which].latency.maxMs.toFixed(1)}`).join(', ');
  const row = (measure: string, value: number, limit: number, note: string): Measured => {
    const target = `≤ ${limit} ms, no failed answer`;
    return { measure, value, unit: 'ms', reference: null, ratio: null, target, met: value <= limit, note };
  };
  const share = ((100 * hits) / after.first.requests).toFixed(1);
  return [
    // Without a Redis they make the trip too, so what it adds is what they take above those that found it gone.
    row(
      'worst answer more as it goes, asked for the first time',
      Math.max(0, going.first.latency.maxMs - away.first.latency.p99Ms),
      MAX_ADDED_ONCE_MS,
      `against the p99 of those asked while it is away; p99 ms: ${p99s('first')}; worst ms: ${worst('first')}`,
    ),
    row(
      'p99 more while it is away, remembered',
      away.warm.latency.p99Ms - before.warm.latency.p99Ms,
      NOISE_MS,
      `${WARM_RATE}/s; p99 ms: ${p99s('warm')}; worst ms: ${worst('warm')}`,
    ),
    row(
      'p99 more when it is back, asked for the first time',
      after.first.latency.p99Ms - before.first.latency.p99Ms,
      NOISE_MS,
      `Redis was asked again ${Math.round(recoveredMs)} ms after it could be; then ${share} % came out of it; ${coming.first.requests + going.first.requests + away.first.requests} first questions and ${coming.warm.requests + going.warm.requests + away.warm.requests} others in the three phases of the outage, all answered`,
    ),
  ];
}
