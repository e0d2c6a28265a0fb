// `npm run bench`: runs the cases one after the other, each against the real node over real sockets.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { backup } from './cases/backup.ts';
import { basicAuthenticated } from './cases/basic-authenticated.ts';
import { bytesChange, bytesItem } from './cases/bytes.ts';
import { bytesLot } from './cases/bytes-lot.ts';
import { coalesce } from './cases/coalesce.ts';
import { coherence } from './cases/coherence.ts';
import { registerDuringImport, resolveDuringImport } from './cases/during-import.ts';
import { foreignL1 } from './cases/foreign-l1.ts';
import { hdlTcp, hdlTcpConnect, hdlTcpPipelined, hdlUdp } from './cases/handle-protocol.ts';
import { hdlCodec } from './cases/hdl-codec.ts';
import { hdlCreate } from './cases/hdl-create.ts';
import { hdlIdle } from './cases/hdl-idle.ts';
import { importNdjson, importSearchable, memoryImport } from './cases/import-ndjson.ts';
import { l2Hit } from './cases/l2-hit.ts';
import { memory } from './cases/memory.ts';
import { missFlood } from './cases/miss-flood.ts';
import { pgFirstTouch, pgL1, pgL2 } from './cases/postgres-reading.ts';
import { pgBytesItem, pgImport, pgRegisterSingle } from './cases/postgres-writing.ts';
import { redisFrozen, redisKilled } from './cases/redis-away.ts';
import { registerBatch } from './cases/register-batch.ts';
import { registerSingle } from './cases/register-single.ts';
import { resolveBatch } from './cases/resolve-batch.ts';
import { resolveDuringExport } from './cases/resolve-during-export.ts';
import { resolveDuringReading } from './cases/resolve-during-reading.ts';
import { resolveFirstTouch } from './cases/resolve-first-touch.ts';
import { resolveL1 } from './cases/resolve-l1.ts';
import { resolveL1Tls } from './cases/resolve-l1-tls.ts';
import { resolveLot } from './cases/resolve-lot.ts';
import { resolveOpenLoop } from './cases/resolve-open-loop.ts';
import { resolveUnknown } from './cases/resolve-unknown.ts';
import { upstreamDown } from './cases/upstream-down.ts';
import { Driver } from './driver/driver.ts';
import type { BenchCase, BenchContext } from './measure/bench-context.ts';
import { killAll, startNode, startReference } from './measure/children.ts';
import { describeMachine } from './measure/machine.ts';
import type { Measurement, Runs } from './measure/measurement.ts';
import { disturbanceOf, jsonLineOf, tableOf, writeRecord } from './report.ts';
import { SectorShelf } from './sectors.ts';

const CASES: readonly BenchCase[] = [
  resolveL1,
  foreignL1,
  l2Hit,
  coalesce,
  coherence,
  upstreamDown,
  redisKilled,
  redisFrozen,
  missFlood,
  resolveL1Tls,
  resolveFirstTouch,
  resolveUnknown,
  resolveLot,
  resolveOpenLoop,
  resolveBatch,
  registerSingle,
  registerBatch,
  basicAuthenticated,
  hdlTcp,
  hdlTcpPipelined,
  hdlTcpConnect,
  hdlUdp,
  hdlCreate,
  hdlIdle,
  hdlCodec,
  memory,
  backup,
  resolveDuringExport,
  importNdjson,
  importSearchable,
  memoryImport,
  resolveDuringImport,
  registerDuringImport,
  bytesItem,
  bytesChange,
  bytesLot,
  resolveDuringReading,
  pgFirstTouch,
  pgL2,
  pgL1,
  pgRegisterSingle,
  pgImport,
  pgBytesItem,
];
const RESULTS = join(import.meta.dirname, 'results');

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    case: { type: 'string', multiple: true, default: [] },
    workers: { type: 'string', default: String(availableParallelism()) },
    identifiers: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const USAGE = `npm run bench -- [NAME | --case NAME]… [--quick] [--json] [--soak] [--profile] [--workers N] [--identifiers N]
Cases: ${CASES.map(({ name }) => name).join(', ')}`;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function chosenCases(): readonly BenchCase[] {
  const asked = [...positionals, ...flags.case];
  const unknown = asked.filter((name) => !CASES.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`There is no case ${unknown.join(', ')}.\n${USAGE}`);
  return asked.length === 0 ? CASES : CASES.filter(({ name }) => asked.includes(name));
}

function contextOf(driver: Driver, shelf: SectorShelf, runs: Runs[]): BenchContext {
  const workers = Number(flags.workers);
  const profileFolder = flags.profile ? join(RESULTS, 'profiles') : null;
  return {
    quick: flags.quick,
    soak: flags.soak,
    workers,
    identifiers: Number(flags.identifiers ?? (flags.quick ? 200_000 : 1_000_000)),
    driver,
    say,
    keep: (run) => runs.push(run),
    reference: (task) => startReference({ workers, task }),
    nodeWith: async (sector, settings = {}) =>
      startNode({ directory: await shelf.directoryOf(sector), workers, settings, profileFolder }),
    twinWith: async (sector, settings = {}) =>
      startNode({ directory: await shelf.copyOf(sector), workers, settings, profileFolder }),
    emptyNode: (settings = {}, preload) =>
      startNode({ directory: shelf.emptyDirectory(), workers, settings, profileFolder, preload }),
  };
}

async function runCase(one: BenchCase, driver: Driver, shelf: SectorShelf): Promise<readonly Measurement[]> {
  const runs: Runs[] = [];
  const context = contextOf(driver, shelf, runs);
  const machine = describeMachine();
  say(`${one.name} …`);
  const measured = await one.run(context);
  const disturbance = disturbanceOf(runs);
  if (disturbance !== null) say(`${one.name}: ${disturbance}`);
  const measurements = measured.map((measurement) => ({ case: one.name, ...measurement }));
  const at = new Date().toISOString();
  const { quick, workers } = context;
  writeRecord(RESULTS, { name: one.name, machine, at, quick, workers, measurements, runs });
  if (flags.json) for (const measurement of measurements) process.stdout.write(`${jsonLineOf(measurement)}\n`);
  return measurements;
}

async function main(): Promise<number> {
  const cases = chosenCases();
  const driver = Driver.start();
  const shelf = new SectorShelf({ workers: Number(flags.workers) }, say);
  process.once('exit', () => {
    killAll();
    shelf.close();
  });
  const all: Measurement[] = [];
  let failed = 0;
  try {
    for (const one of cases) {
      try {
        all.push(...(await runCase(one, driver, shelf)));
      } catch (error) {
        failed++;
        say(`${one.name} failed: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        killAll();
      }
    }
  } finally {
    driver.close();
  }
  if (!flags.json) process.stdout.write(`\n${tableOf(all)}\n`);
  return failed > 0 ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(130));
}

if (flags.help) process.stdout.write(`${USAGE}\n`);
else process.exitCode = await main();
