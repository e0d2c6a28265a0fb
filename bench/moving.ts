// `npm run bench:moving -- --identifiers N`: a registry moves from a directory into PostgreSQL and back, while manufacturers go
// on writing to it and the move is killed in the middle. Says how long it takes, and whether both ends have the same.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { itemHandle, prefixesOf, type Sector } from './generator.ts';
import { putTemplate } from './import-file.ts';
import { loadStore } from './load-store.ts';
import { killAll, type OurNode } from './measure/children.ts';
import { runCommand } from './measure/commands.ts';
import { describeMachine } from './measure/machine.ts';
import { assertAcknowledged, assertSame, contentsOf } from './moving/compare.ts';
import { copyKeys, type House, lmdbHouse, postgresHouse } from './moving/houses.ts';
import { Mover, type Run } from './moving/mover.ts';
import { Writer } from './moving/writers.ts';
import { startMigrated } from './outside/postgres.ts';

const RESULTS = join(import.meta.dirname, 'results');
const SEED = 20_261_126;
const WRITERS = ['88.118.50001', '88.118.50002', '88.118.50003'];
/** Of the copy, by its own account, when the move is killed. */
const KILLED_AT = 0.4;

const { values: flags } = parseArgs({
  options: {
    identifiers: { type: 'string', default: '1e6' },
    /** Calls a second of each of three manufacturers; one of ten registers twenty identifiers. */
    rate: { type: 'string', default: '20' },
    /** Only whether everything is right: nothing is written down. */
    check: { type: 'boolean', default: false },
  },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function post(node: OurNode, path: string, body: unknown): Promise<void> {
  const answer = await request(`http://127.0.0.1:${node.port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode > 299 || /"refused":[1-9]/.test(text))
    throw new Error(`POST ${path} answered ${answer.statusCode}: ${text.slice(0, 500)}`);
}

/** Gives the loaded items what a registry in use has: templates, a recalled model, changed and revoked items. */
async function furnish(node: OurNode, sector: Sector): Promise<void> {
  for (const prefix of prefixesOf(sector)) await putTemplate(node, prefix, true);
  const words = { reason: 'Supplier report', notice: '请停止使用。Stop using it.' };
  const model = `${prefixesOf(sector)[0]}/CHR-0000`;
  await post(node, `/v1/identifiers/${model}/recall`, words);
  const some = Array.from({ length: Math.min(1000, sector.items / 4) }, (_, i) => itemHandle(sector, i * 4));
  const changed = some.map((handle, i) =>
    i % 2 === 0
      ? { operation: 'revoke', handle, reason: 'Damaged in transport' }
      : { operation: 'patch', handle, values: [{ index: 2023, type: 'SALES_REGION', data: '海南' }] },
  );
  await post(node, '/v1/identifiers', changed);
}

interface MoveRecord {
  readonly from: string;
  readonly to: string;
  /** Both runs while the old node served: the killed one, and the one that went on. */
  readonly runs: readonly Run[];
  readonly copySeconds: number;
  readonly linesPerSecond: number;
  readonly writesMeanwhile: { readonly calls: number; readonly identifiers: number; readonly perSecond: number };
  /** What nobody could write in: the old node's stop, the last run, the new node's start. */
  readonly switchSeconds: { readonly stop: number; readonly run: number; readonly start: number };
  readonly lines: number;
  readonly records: number;
  readonly acknowledged: number;
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const begunAt = performance.now();
  await work();
  return (performance.now() - begunAt) / 1000;
};

function written(writers: readonly Writer[]) {
  const sum = (of: (writer: Writer) => number) => writers.reduce((total, writer) => total + of(writer), 0);
  return { calls: sum(({ calls }) => calls), identifiers: sum(({ writes }) => writes) };
}

interface Moving {
  readonly from: House;
  readonly to: House;
  readonly node: OurNode;
  readonly writers: readonly Writer[];
  readonly items: number;
  readonly stateFile: string;
}

/** From a node on one to a node on the other, which goes on being written to. */
async function moveHouse({ from, to, node, writers, items, stateFile }: Moving): Promise<[MoveRecord, OurNode]> {
  const begunAt = performance.now();
  const before = written(writers);
  for (const writer of writers) await writer.begin(node, Number(flags.rate));
  const mover = new Mover(from, to, stateFile);
  const killed = await mover.run(({ copied }) => copied >= items * KILLED_AT || items < 20_000);
  if (killed.told !== null) throw new Error('The move was over before it could be killed.');
  say(`${from.name} → ${to.name}: killed at ${mover.state?.copied} lines after ${killed.seconds.toFixed(1)} s`);
  await delay(500); // of writes nobody follows
  const whole = await mover.run();
  say(`  went on: ${whole.seconds.toFixed(1)} s, ${JSON.stringify(whole.told)}, ${whole.peakMiB} MiB`);
  const after = written(writers);
  const elapsed = (performance.now() - begunAt) / 1000;

  const stop = await seconds(() => node.stop());
  for (const writer of writers) await writer.pause();
  const last = await mover.run();
  say(`  last run: ${last.seconds.toFixed(1)} s, ${JSON.stringify(last.told)}`);
  for (const run of [whole, last]) if (run.told?.isSame !== true) throw new Error('The stores are not the same.');
  if (last.told?.isWhole !== false || last.told.moving > 0) throw new Error('The last run compared something else.');

  const verified = await verify(from, to, writers);
  copyKeys(from, to);
  let started: OurNode | null = null;
  const start = await seconds(async () => {
    started = await to.start();
  });
  const copySeconds = killed.copySeconds + whole.copySeconds;
  const writesMeanwhile = {
    calls: after.calls - before.calls,
    identifiers: after.identifiers - before.identifiers,
    perSecond: (after.identifiers - before.identifiers) / elapsed,
  };
  const record = {
    ...{ from: from.name, to: to.name, runs: [killed, whole, last], copySeconds },
    linesPerSecond: verified.lines / copySeconds,
    ...{ writesMeanwhile, switchSeconds: { stop, run: last.seconds, start }, ...verified },
  };
  return [record, started as unknown as OurNode];
}

/** While both stand still. */
async function verify(from: House, to: House, writers: readonly Writer[]) {
  const [source, target] = [await from.read(), await to.read()];
  try {
    const [one, other] = [await contentsOf(source), await contentsOf(target)];
    assertSame(one, other);
    const acknowledged = await assertAcknowledged(target, writers);
    const { lines, records, log } = other;
    say(`  the same: ${lines} lines, ${records} records, ${one.log} and ${log} rows of log, ${acknowledged} writes`);
    for (const { directory, name } of [from, to]) {
      if (name !== 'lmdb') continue;
      const report = JSON.parse(await runCommand(['verify', '--store', directory, '--json'])) as { isSound: boolean };
      if (!report.isSound) throw new Error(`The store is not sound: ${JSON.stringify(report)}`);
    }
    return { lines, records, acknowledged };
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

async function main(): Promise<void> {
  const items = Number(flags.identifiers);
  if (!Number.isSafeInteger(items) || items < 1000) throw new Error('--identifiers takes a number: 1e6.');
  const sector: Sector = { shape: 'slim', items, seed: SEED };
  const folder = mkdtempSync(join(tmpdir(), 'jiabiao-moving-'));
  process.once('exit', () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  const [old, back] = ['old', 'back'].map((name) => lmdbHouse(join(folder, name))) as [House, House];
  const postgres = await startMigrated();
  try {
    const middle = postgresHouse(join(folder, 'middle'), postgres.settings);
    await loadStore(old.directory, sector, { order: 'sorted', searchable: [2020], template: 'META_ITEM' });
    const first = await old.start();
    await furnish(first, sector);
    const writers: Writer[] = [];
    for (const prefix of WRITERS) writers.push(await Writer.open(first, prefix));
    say(`loaded ${items} identifiers of ${prefixesOf(sector).length + WRITERS.length} enterprises`);
    const shared = { writers, items };
    const [there, second] = await moveHouse({
      ...{ from: old, to: middle, node: first, stateFile: join(folder, 'there.json') },
      ...shared,
    });
    const [andBack, third] = await moveHouse({
      ...{ from: middle, to: back, node: second, stateFile: join(folder, 'back.json') },
      ...shared,
    });
    await third.stop();
    const refused = writers.flatMap((writer) => writer.refused);
    if (refused.length > 0) throw new Error(`${refused.length} writes were refused: ${refused.slice(0, 5).join('\n')}`);
    if (flags.check) return;
    const result = {
      identifiers: items,
      at: new Date().toISOString(),
      machine: describeMachine(),
      moves: [there, andBack],
    };
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(join(RESULTS, `moving-${items}.json`), `${JSON.stringify(result, null, 1)}\n`);
  } finally {
    await postgres.close();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
await main();
process.exit(0);
