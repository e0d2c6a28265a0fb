// What others wait for while an import runs: resolutions at 20,000 a second, and durable registrations at 200 a second.

import type { LoadReport } from '../driver/load.ts';
import { beginImport, putTemplate, whenWriting, writeImportFile } from '../import-file.ts';
import { createEnterpriseKey } from '../load-sector.ts';
import {
  type BenchCase,
  type BenchContext,
  type LoadPlan,
  loadOnce,
  WARM_UP,
  warmUpMsOf,
} from '../measure/bench-context.ts';
import type { OurNode } from '../measure/children.ts';
import { type Measured, median } from '../measure/measurement.ts';
import { toldSince, transactionsOf } from '../measure/transactions.ts';
import { largeSector, sizeNote, whileRunning } from './resolving.ts';

const IMPORTED = '88.118.40000';
const REGISTERED = '88.118.30000';
/** More than is registered while a case runs, so that the import is under way to the end. */
const IDENTIFIERS_A_SECOND = 150_000;
const RESOLVES_A_SECOND = 20_000;
const REGISTRATIONS_A_SECOND = 200;

export const resolveDuringImport: BenchCase = {
  name: 'resolve-during-import',
  async run(context) {
    const sector = largeSector(context, 'slim');
    const node = await context.nodeWith(sector);
    const plan = {
      ...durationOf(context),
      measure: `p99 of resolves beside an import${sizeNote(context, sector)}`,
      connections: 64,
      rate: RESOLVES_A_SECOND,
      workload: (round: number) =>
        ({ kind: 'resolve', sector, choice: 'shuffled', requests: 200_000, from: round * 20_000 }) as const,
      expect: { statuses: [200] },
    };
    return whileRunning([node], () => beside(context, node, plan, 20));
  },
};

export const registerDuringImport: BenchCase = {
  name: 'register-during-import',
  async run(context) {
    const node = await context.emptyNode();
    return whileRunning([node], async () => {
      const token = await createEnterpriseKey(node, REGISTERED);
      const requests = 20_000;
      const plan = {
        ...durationOf(context),
        measure: 'p99 of durable registrations beside an import',
        connections: 16,
        rate: REGISTRATIONS_A_SECOND,
        workload: (round: number) =>
          ({ kind: 'register', prefix: REGISTERED, token, requests, from: round * requests }) as const,
        expect: { statuses: [201] },
      };
      return beside(context, node, plan, 100);
    });
  },
};

function durationOf({ quick }: BenchContext): { readonly rounds: number; readonly durationMs: number } {
  return quick ? { rounds: 1, durationMs: 4000 } : { rounds: 3, durationMs: 5000 };
}

function noteOf(rate: number | null, reports: readonly LoadReport[], alone: LoadReport): string {
  const p50 = median(reports.map(({ latency }) => latency.p50Ms)).toFixed(1);
  const own = (of: readonly LoadReport[]): string => median(of.map(({ lateness }) => lateness?.p99Ms ?? 0)).toFixed(1);
  return (
    `${rate}/s, open loop; the reference is the same node without an import; p50 ${p50} ms; ` +
    `the driver itself was late by ${own(reports)} ms (p99), and without an import by ${own([alone])}`
  );
}

/** The same load without and beside an import. */
async function beside(context: BenchContext, node: OurNode, plan: LoadPlan, maxMs: number): Promise<Measured[]> {
  const ours = { name: 'ours', server: node } as const;
  await loadOnce(context, { ...plan, durationMs: warmUpMsOf(context) }, ours, WARM_UP);
  const alone = await loadOnce(context, { ...plan, measure: `${plan.measure}: without it` }, ours, plan.rounds + 1);
  await createEnterpriseKey(node, IMPORTED);
  await putTemplate(node, IMPORTED, false);
  const seconds = ((plan.rounds + 1) * plan.durationMs) / 1000;
  const file = await writeImportFile(IMPORTED, Math.ceil(seconds * IDENTIFIERS_A_SECOND), false);
  try {
    const id = await beginImport(node, file);
    await whenWriting(node, id);
    const before = await transactionsOf(node);
    const reports = [];
    for (let round = 0; round < plan.rounds; round++) reports.push(await loadOnce(context, plan, ours, round));
    const p99 = median(reports.map(({ latency }) => latency.p99Ms));
    return [
      {
        measure: plan.measure,
        value: p99,
        unit: 'ms',
        reference: alone.latency.p99Ms,
        ratio: null,
        target: `≤ ${maxMs} ms`,
        met: p99 <= maxMs,
        note: `${noteOf(plan.rate, reports, alone)}; ${toldSince(before, await transactionsOf(node))}`,
      },
    ];
  } finally {
    file.remove();
  }
}
