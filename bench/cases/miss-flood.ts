// Somebody guesses foreign handles, 10,000 a second and none twice, beside resolutions of our own, which go on without and
// with it in turn. Limits are the default ones.

import { setTimeout as delay } from 'node:timers/promises';
import { Driver } from '../driver/driver.ts';
import type { DrivenReport } from '../driver/main.ts';
import {
  type BenchCase,
  type BenchContext,
  type LoadPlan,
  loadOnce,
  paceOf,
  WARM_UP,
  warmUpMsOf,
} from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import { cpuMicrosOf, type Measured, median } from '../measure/measurement.ts';
import { type HandleFile, writeHandles } from '../outside/foreign-handles.ts';
import { startRedis } from '../outside/redis.ts';
import { ABSENT } from '../outside/scripted-upstream.ts';
import { startUpstream, type Upstream } from '../outside/upstream.ts';
import { hitPlans, smallSector, whileRunning } from './resolving.ts';

const FLOOD_RATE = 10_000;
const PREFIXES = 20;
/** Enough that those who wait for a trip do not hold the others up. */
const FLOOD_CONNECTIONS = 256;
/** The flood alone before anything is measured beside it. */
const LEAD_MS = 1000;
const PACED_RATE = 20_900;
const MIN_RATIO = 0.9;
/** `upstream.maxConcurrent` unless set. */
const MOST_AT_ONCE = 64;

export const missFlood: BenchCase = {
  name: 'miss-flood',
  async run(context) {
    const sector = smallSector('full');
    const redis = await startRedis();
    const upstream = await startUpstream();
    const node = await context.nodeWith(sector, { ...upstream.settings, ...redis.settings });
    const second = Driver.start();
    const [, hits] = hitPlans(context, sector) as readonly [LoadPlan, LoadPlan];
    const { rounds, durationMs } = paceOf(context);
    const plans = [
      { ...hits, rounds, durationMs, measure: 'own hits as fast as they go' },
      { ...hits, rounds, durationMs, measure: `own hits at ${PACED_RATE}/s`, rate: PACED_RATE },
    ];
    const perFlood = (FLOOD_RATE * (LEAD_MS + durationMs)) / 1000;
    const file = writeHandles(ABSENT, perFlood * rounds * plans.length, PREFIXES);
    try {
      const flood = floodOf({ ...context, driver: second, keep() {} }, { node, file, perFlood });
      return await whileRunning([node], async () => {
        const ours = { name: 'ours', server: node } as const;
        await loadOnce(context, { ...hits, durationMs: warmUpMsOf(context) }, ours, WARM_UP);
        const measured: Measured[] = [];
        for (const plan of plans) measured.push(await besideFlood(context, node, plan, flood));
        return [...measured, await heldBack(upstream, flood.seconds())];
      });
    } finally {
      second.close();
      file.remove();
      await Promise.all([upstream.kill(), redis.close()]);
    }
  },
};

interface Flood {
  /** Goes on while a round is measured; returns what it met. */
  next(): Promise<DrivenReport>;
  /** So far. */
  seconds(): number;
}

function floodOf(
  context: BenchContext,
  { node, file, perFlood }: { readonly node: OurNode; readonly file: HandleFile; readonly perFlood: number },
): Flood {
  let floods = 0;
  const durationMs = (1000 * perFlood) / FLOOD_RATE;
  const plan = {
    measure: 'flood',
    rounds: 1,
    durationMs,
    rate: FLOOD_RATE,
    connections: FLOOD_CONNECTIONS,
    workload: (round: number) => file.workload(perFlood, round * perFlood),
    // Asked for and not there, told to slow down, or not found out: too many trips at once, or one that took too long.
    expect: { statuses: [404, 429, 502, 503] },
  };
  return {
    next: () => loadOnce(context, plan, { name: 'ours', server: node }, floods++),
    seconds: () => (floods * durationMs) / 1000,
  };
}

async function besideFlood(context: BenchContext, node: OurNode, plan: LoadPlan, flood: Flood): Promise<Measured> {
  const ours = { name: 'ours', server: node } as const;
  const pairs: { readonly alone: DrivenReport; readonly beside: DrivenReport }[] = [];
  const statuses: Record<string, number> = {};
  for (let round = 0; round < plan.rounds; round++) {
    const alone = await loadOnce(context, { ...plan, measure: `${plan.measure}: alone` }, ours, round);
    const flooding = flood.next();
    flooding.catch(() => {}); // thrown below
    await delay(LEAD_MS);
    pairs.push({ alone, beside: await loadOnce(context, plan, ours, round) });
    for (const [status, count] of Object.entries((await flooding).statuses)) {
      statuses[status] = (statuses[status] ?? 0) + count;
    }
  }
  const ratio = median(pairs.map(({ alone, beside }) => beside.perSecond / alone.perSecond));
  const p99 = (which: 'alone' | 'beside'): string => median(pairs.map((pair) => pair[which].latency.p99Ms)).toFixed(1);
  const cpu = (which: 'alone' | 'beside'): string => median(pairs.map((pair) => cpuMicrosOf(pair[which]))).toFixed(1);
  const answers = Object.entries(statuses)
    .map(([status, count]) => `${status} × ${count}`)
    .join(', ');
  return {
    measure: plan.measure,
    value: median(pairs.map(({ beside }) => beside.perSecond)),
    unit: 'resolutions/s',
    reference: median(pairs.map(({ alone }) => alone.perSecond)),
    ratio,
    target: `ratio ≥ ${MIN_RATIO.toFixed(2)}`,
    met: ratio >= MIN_RATIO,
    note: `the reference is the same node alone; p99 ${p99('beside')} ms against ${p99('alone')} ms; server CPU over own answers ${cpu('beside')} µs against ${cpu('alone')} µs, the flood's and its driver's share in it; the flood was answered ${answers}`,
  };
}

async function heldBack(upstream: Upstream, seconds: number): Promise<Measured> {
  const { asked, mostAtOnce } = await upstream.counts();
  return {
    measure: 'questions at the upstream at once',
    value: mostAtOnce,
    unit: 'questions',
    reference: null,
    ratio: null,
    target: `≤ ${MOST_AT_ONCE}`,
    met: mostAtOnce <= MOST_AT_ONCE,
    note: `${asked} questions in ${seconds.toFixed(0)} s of flood, ${Math.round(asked / seconds)}/s in the mean, of ${FLOOD_RATE}/s`,
  };
}
