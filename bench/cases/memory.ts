// Anonymous memory after everything was asked for that can be: all of a million identifiers, popular ones, unknown ones
// and batches. With --soak ten minutes of it, watched for growth.

import { setTimeout as delay } from 'node:timers/promises';
import { anonymousBytesOf } from '../driver/server-usage.ts';
import type { Workload } from '../driver/workload.ts';
import type { Sector } from '../generator.ts';
import { type BenchCase, type BenchContext, loadOnce } from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import { type Measured, slopeOf } from '../measure/measurement.ts';
import { largeSector, sizeNote, whileRunning } from './resolving.ts';

const MEBIBYTE = 2 ** 20;
const MAX_MEBIBYTES_A_WORKER = 150;
const SOAK_MS = 600_000;
const SOAK_STEP_MS = 5000;
/** Flat: over ten minutes, the line through the last seven rises by less than this share of the mean. */
const MAX_GROWTH = 0.05;
const SETTLE_MS = 1000;

const SETTINGS = { JIABIAO_LIMITS__MISSES_PER_SECOND: '10000000', JIABIAO_LIMITS__MISS_BURST: '10000000' };

export const memory: BenchCase = {
  name: 'memory',
  async run(context) {
    const sector = largeSector(context, 'full');
    const node = await context.nodeWith(sector, SETTINGS);
    return whileRunning([node], async () => {
      const atStart = anonymousBytesOf(node.pid);
      const steps = stepsOf(sector);
      const after: string[] = [];
      for (const [i, { name, workload }] of steps.entries()) {
        await step(context, node, workload, i);
        await delay(SETTLE_MS);
        if (name !== null) after.push(`${Math.round(anonymousBytesOf(node.pid) / MEBIBYTE)} after ${name}`);
      }
      const total = anonymousBytesOf(node.pid);
      const each = total / context.workers / MEBIBYTE;
      const measured: Measured[] = [
        {
          measure: `RssAnon a worker${sizeNote(context, sector)}`,
          value: each,
          unit: 'MiB',
          reference: null,
          ratio: null,
          target: `≤ ${MAX_MEBIBYTES_A_WORKER} MiB`,
          met: each <= MAX_MEBIBYTES_A_WORKER,
          note: `${Math.round(total / MEBIBYTE)} MiB for ${context.workers} workers and the supervisor: ${Math.round(atStart / MEBIBYTE)} when started, ${after.join(', ')}`,
        },
      ];
      if (context.soak) measured.push(await soak(context, node, steps));
      return measured;
    });
  },
};

interface Step {
  /** What has been asked when it is over; null for a part of something larger. */
  readonly name: string | null;
  readonly workload: Workload;
}

function stepsOf(sector: Sector): readonly Step[] {
  const requests = 200_000;
  const pieces = Math.ceil(sector.items / requests);
  const everything = Array.from({ length: pieces }, (_, i) => ({
    name: i === pieces - 1 ? 'every identifier' : null,
    workload: { kind: 'resolve', sector, choice: 'shuffled', requests, from: i * requests } as const,
  }));
  return [
    ...everything,
    { name: 'popular ones', workload: { kind: 'resolve', sector, choice: 'zipf', requests, from: 0 } },
    { name: 'unknown ones', workload: { kind: 'resolve', sector, choice: 'unknown', requests, from: 0 } },
    {
      name: 'batches',
      workload: { kind: 'resolve-batch', sector, choice: 'zipf', perCall: 1000, requests: 200, from: 0 },
    },
  ];
}

async function step(context: BenchContext, node: OurNode, workload: Workload, number: number): Promise<void> {
  const isUnknown = workload.kind === 'resolve' && workload.choice === 'unknown';
  const plan = {
    measure: `step ${number}`,
    rounds: 1,
    durationMs: context.quick ? 2500 : 5000,
    connections: workload.kind === 'resolve-batch' ? 16 : 64,
    rate: null,
    workload: () => workload,
    expect: { statuses: [isUnknown ? 404 : 200] },
  };
  await loadOnce(context, plan, { name: 'ours', server: node }, 0);
}

async function soak(context: BenchContext, node: OurNode, steps: readonly Step[]): Promise<Measured> {
  const samples: number[] = [];
  const until = performance.now() + SOAK_MS;
  for (let i = 0; performance.now() < until; i++) {
    await step({ ...context, quick: false }, node, (steps[i % steps.length] as Step).workload, i);
    samples.push(anonymousBytesOf(node.pid) / MEBIBYTE);
    if (i % 12 === 0)
      context.say(`soak: ${samples.at(-1)?.toFixed(0)} MiB after ${(i + 1) * (SOAK_STEP_MS / 1000)} s of load`);
  }
  const later = samples.slice(Math.floor(samples.length * 0.3));
  const mean = later.reduce((sum, sample) => sum + sample, 0) / later.length;
  const growth = (slopeOf(later) * samples.length) / mean;
  return {
    measure: 'soak, 10 minutes',
    value: growth * 100,
    unit: '% growth',
    reference: null,
    ratio: null,
    target: `≤ ${MAX_GROWTH * 100} %`,
    met: growth <= MAX_GROWTH,
    note: `${Math.min(...later).toFixed(0)} … ${Math.max(...later).toFixed(0)} MiB over the last seven minutes`,
  };
}
