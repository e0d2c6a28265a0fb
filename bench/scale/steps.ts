// What is asked of a node over a large store: first touches, a recall, and whether it answers as it was loaded.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'undici';
import { HANDLE_ROUTE } from '../cases/resolving.ts';
import type { Driver } from '../driver/driver.ts';
import { itemHandle, type Sector, type SectorRow } from '../generator.ts';
import { type OurNode, startReference } from '../measure/children.ts';
import { comparisonOf, faultOf, type Pair } from '../measure/measurement.ts';
import { probe } from '../reference/constant-answer.ts';
import type { FirstTouches } from './curve.ts';

const ROUNDS = 5;
const DURATION_MS = 3000;
const CONNECTIONS = 64;
/** Distinct items of a round: more than are asked for in it. */
const MAX_REQUESTS = 300_000;

export interface TouchOptions {
  readonly driver: Driver;
  readonly node: OurNode;
  readonly sector: Sector;
  readonly workers: number;
  /** Whether the file is to be dropped from memory first. */
  readonly cold: boolean;
}

/** Null if memory cannot be emptied here, which needs root. */
export async function firstTouches({
  driver,
  node,
  sector,
  workers,
  cold,
}: TouchOptions): Promise<FirstTouches | null> {
  const path = `/api/handles/${itemHandle(sector, 0)}`;
  const answer = await probe(node.port, { method: 'GET', path });
  const task = { method: 'GET', route: HANDLE_ROUTE, answer, bodySchema: null, bodyLimitBytes: 1 << 20 } as const;
  const reference = await startReference({ workers, task });
  const rounds = cold ? 1 : ROUNDS;
  const requests = Math.min(MAX_REQUESTS, Math.floor(sector.items / (ROUNDS + 3)));
  const run = async (server: { port: number; pid: number }, round: number, durationMs: number) => {
    const workload = { kind: 'resolve', sector, choice: 'shuffled', requests, from: round * requests } as const;
    const plan = { port: server.port, secure: false, pid: server.pid, connections: CONNECTIONS, rate: null };
    const expect = { statuses: [200], minimumBodyBytes: 200 };
    const report = await driver.run({ ...plan, durationMs, workload, expect });
    const fault = faultOf(report);
    if (fault !== null) throw new Error(fault);
    return report;
  };
  try {
    if (cold && !dropPages()) return null;
    const pairs: Pair[] = [];
    if (!cold) for (const server of [node, reference]) await run(server, ROUNDS + 1, DURATION_MS);
    for (let round = 0; round < rounds; round++) {
      const from = cold ? ROUNDS : round;
      const ours = await run(node, from, DURATION_MS);
      pairs.push({ ours, reference: await run(reference, from, DURATION_MS) });
    }
    const { cpuRatio, oursCpuMicros, oursPerSecond, oursP99Ms } = comparisonOf(pairs);
    return { cpuRatio, cpuMicros: oursCpuMicros, perSecond: oursPerSecond, p99Ms: oursP99Ms };
  } finally {
    await reference.stop();
  }
}

function dropPages(): boolean {
  try {
    execFileSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '1');
    return true;
  } catch {
    return false; // told as "not measured"
  }
}

/** Seconds from the request to the notice on the last of these items of the batch; it must then show on all of them. */
export async function recallOfBatch(node: OurNode, batch: string, items: readonly string[]): Promise<number> {
  const item = items.at(-1) as string;
  const url = `http://127.0.0.1:${node.port}`;
  const recall = `${url}/v1/identifiers/${encodeURIComponent(batch)}/recall`;
  const headers = { authorization: `Bearer ${node.token}`, 'content-type': 'application/json' };
  const shows = async (): Promise<boolean> =>
    (await (await request(`${url}/api/handles/${item}`)).body.text()).includes('"RECALL"');
  const lift = async (): Promise<void> => {
    const { authorization } = headers;
    await (await request(recall, { method: 'DELETE', headers: { authorization } })).body.dump();
  };
  await lift(); // what a run that broke off may have left
  if (await shows()) throw new Error('The notice shows before there is one.');
  const startedAt = performance.now();
  const body = JSON.stringify({ reason: 'bench', notice: '停止使用 Stop using it' });
  const recalled = await request(recall, { method: 'POST', headers, body });
  await recalled.body.dump();
  const isShown = await shows();
  const seconds = (performance.now() - startedAt) / 1000;
  if (recalled.statusCode !== 200 || !isShown) throw new Error(`The recall (${recalled.statusCode}) does not show.`);
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' } } as const;
  const answered = await request(`${url}/v1/resolve`, { ...asked, body: JSON.stringify(items) });
  const answers = (await answered.body.json()) as { values?: { type: string }[] }[];
  const without = items.find((_, i) => !answers[i]?.values?.some(({ type }) => type === 'RECALL'));
  if (without !== undefined) throw new Error(`The recall does not show on ${without}.`);
  await lift();
  if (await shows()) throw new Error('The notice shows after it was lifted.');
  return seconds;
}

const SAMPLES = 500;

/** Throws unless items across the store answer with their own values and the batch's. */
export async function resolvesAsLoaded(
  { port }: OurNode,
  sector: Sector,
  rowOf: (sector: Sector, item: number) => SectorRow,
): Promise<void> {
  const items = Array.from({ length: SAMPLES }, (_, i) => Math.floor((i * (sector.items - 1)) / (SAMPLES - 1)));
  const rows = items.map((item) => rowOf(sector, item));
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' } } as const;
  const url = `http://127.0.0.1:${port}/v1/resolve`;
  const answered = await request(url, { ...asked, body: JSON.stringify(rows.map(({ handle }) => handle)) });
  const answers = (await answered.body.json()) as { values?: { data: { value: string } }[] }[];
  for (const [i, { handle, values }] of rows.entries()) {
    const told = new Set(answers[i]?.values?.map(({ data }) => data.value));
    const missing = values.find(({ data }) => !told.has(data));
    if (missing !== undefined || told.size !== values.length + 1) {
      throw new Error(`${handle} answers otherwise than it was loaded: ${JSON.stringify(answers[i])}`);
    }
  }
}
