// Writes of a node whose store is a PostgreSQL on the same machine: one by one, as a file, and what an item takes there.

import { cpuSecondsOf } from '../driver/server-usage.ts';
import { newRow } from '../generator.ts';
import { beginImport, endImport, putTemplate, writeImportFile } from '../import-file.ts';
import { createEnterpriseKey } from '../load-sector.ts';
import { type BenchCase, type BenchContext, loadOnce, paceOf, WARM_UP, warmUpMsOf } from '../measure/bench-context.ts';
import { type Measured, median } from '../measure/measurement.ts';
import { type PostgresServer, startMigrated } from '../outside/postgres.ts';
import { probe } from '../reference/constant-answer.ts';
import { largeSector, sizeNote, whileRunning } from './resolving.ts';

const PREFIX = '88.118.30000';
const MIN_SINGLE_PER_SECOND = 2500;
const MIN_IMPORTED_PER_SECOND = 40_000;
const MAX_ITEM_BYTES = 200;
/** Above what a round can write, so that no handle comes twice. */
const REQUESTS_PER_MS = 45;

const NO_REFERENCE = { reference: null, ratio: null } as const;

async function withPostgres<T>(work: (postgres: PostgresServer) => Promise<T>): Promise<T> {
  const postgres = await startMigrated();
  try {
    return await work(postgres);
  } finally {
    await postgres.close();
  }
}

function atLeast(measure: string, value: number, least: number, note: string): Measured {
  const target = `≥ ${least.toLocaleString('en')}/s`;
  return { ...NO_REFERENCE, measure, value, unit: 'identifiers/s', target, met: value >= least, note };
}

export const pgRegisterSingle: BenchCase = {
  name: 'pg-register-single',
  run: (context) =>
    withPostgres(async ({ settings }) => {
      const node = await context.emptyNode(settings);
      return whileRunning([node], async () => {
        const token = await createEnterpriseKey(node, PREFIX);
        const { handle, values } = newRow(PREFIX, 999_999_999);
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const path = `/v1/identifiers/${handle}`;
        const answer = await probe(node.port, { method: 'PUT', path, headers, body: JSON.stringify({ values }) });
        if (answer.status !== 201) throw new Error(`PUT answered ${answer.status}: ${answer.body}`);
        const pace = paceOf(context);
        const requests = Math.max(pace.durationMs, warmUpMsOf(context)) * REQUESTS_PER_MS;
        const plan = {
          ...pace,
          measure: 'durable registrations',
          connections: 64,
          rate: null,
          workload: (round: number) =>
            ({ kind: 'register', prefix: PREFIX, token, requests, from: round * requests }) as const,
          expect: { statuses: [201] },
        };
        const ours = { name: 'ours', server: node } as const;
        await loadOnce(context, { ...plan, durationMs: warmUpMsOf(context) }, ours, WARM_UP);
        const reports = [];
        for (let round = 0; round < plan.rounds; round++) reports.push(await loadOnce(context, plan, ours, round));
        const perSecond = median(reports.map((report) => report.perSecond));
        const p99 = median(reports.map(({ latency }) => latency.p99Ms));
        return [atLeast(plan.measure, perSecond, MIN_SINGLE_PER_SECOND, `64 connections, p99 ${p99.toFixed(1)} ms`)];
      });
    }),
};

export const pgImport: BenchCase = {
  name: 'pg-import',
  run: (context: BenchContext) =>
    withPostgres(async ({ settings, cpuSeconds }) => {
      const { identifiers } = context;
      const node = await context.emptyNode(settings);
      const file = await writeImportFile(PREFIX, identifiers, true);
      try {
        return await whileRunning([node], async () => {
          await createEnterpriseKey(node, PREFIX);
          await putTemplate(node, PREFIX, false);
          const before = [cpuSecondsOf(node.pid), cpuSeconds()] as const;
          const id = await beginImport(node, file);
          const { seconds, writingSeconds } = await endImport(node, id, file, () => {});
          const measure = `${identifiers.toLocaleString('en')} identifiers, sorted`;
          const used = [cpuSecondsOf(node.pid) - before[0], cpuSeconds() - before[1]];
          const [ofNode, ofDatabase] = used.map((all) => ((all * 1e6) / identifiers).toFixed(1));
          const note = `${seconds.toFixed(1)} s, of these ${writingSeconds.toFixed(1)} s registering; CPU an identifier ${ofNode} µs of the node and ${ofDatabase} of the database`;
          return [atLeast(measure, identifiers / seconds, MIN_IMPORTED_PER_SECOND, note)];
        });
      } finally {
        file.remove();
      }
    }),
};

export const pgBytesItem: BenchCase = {
  name: 'pg-bytes-item',
  run: (context) =>
    withPostgres(async (postgres) => {
      const sector = largeSector(context, 'lean');
      const rows = await postgres.fill(sector);
      const { records, log } = await postgres.sizes();
      const size = sizeNote(context, sector);
      return [
        {
          ...NO_REFERENCE,
          measure: `loaded in order, indexes counted${size}`,
          value: records / rows,
          unit: 'bytes',
          target: `≤ ${MAX_ITEM_BYTES}`,
          met: records / rows <= MAX_ITEM_BYTES,
          note: `and ${(log / rows).toFixed(1)} of the change log`,
        },
      ];
    }),
};
