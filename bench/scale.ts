// `npm run bench:scale -- --identifiers N`: one size on the curve from a million to a hundred million identifiers. Loads a
// store, starts a node on it, asks for items that were never asked for, recalls a batch, and writes what it saw down.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Driver } from './driver/driver.ts';
import { itemHandle, itemRow, leanBatch, type Sector } from './generator.ts';
import { loadStore } from './load-store.ts';
import { killAll, startNode } from './measure/children.ts';
import { runCommand } from './measure/commands.ts';
import { describeMachine } from './measure/machine.ts';
import { bytesOfStore } from './measure/store-bytes.ts';
import { curveOf, type ScaleRecord } from './scale/curve.ts';
import { firstTouches, recallOfBatch, resolvesAsLoaded } from './scale/steps.ts';

const RESULTS = join(import.meta.dirname, 'results');
const SEED = 20_261_123;

const { values: flags } = parseArgs({
  options: {
    identifiers: { type: 'string', default: '1e6' },
    order: { type: 'string', default: 'sorted' },
    workers: { type: 'string', default: String(availableParallelism()) },
    /** Only whether everything is right: no speed is measured, nothing is written down. */
    check: { type: 'boolean', default: false },
  },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** What continuous integration asks: that a large store is sound and answers as it was loaded. */
async function check(store: string, sector: Sector): Promise<void> {
  const report = JSON.parse(await runCommand(['verify', '--store', store, '--json'])) as { isSound: boolean };
  if (!report.isSound) throw new Error(`The store is not sound: ${JSON.stringify(report)}`);
  const node = await startNode({ directory: store, workers: Number(flags.workers), profileFolder: null });
  try {
    await resolvesAsLoaded(node, sector, itemRow);
    const seconds = await recallOfBatch(node, leanBatch(0), itemHandle(sector, sector.items - 1));
    say(`sound; answers as it was loaded; a recall shows (${seconds.toFixed(3)} s)`);
  } finally {
    await node.stop();
  }
}

async function measure(store: string, sector: Sector, loadSeconds: number): Promise<ScaleRecord> {
  const workers = Number(flags.workers);
  const start = () => startNode({ directory: store, workers, profileFolder: null });
  await (await start()).stop(); // the first start makes the operator's key
  const startedAt = performance.now();
  const node = await start();
  const startSeconds = (performance.now() - startedAt) / 1000;
  const driver = Driver.start();
  try {
    const warm = await firstTouches({ driver, node, sector, workers, cold: false });
    const recallSeconds = await recallOfBatch(node, leanBatch(0), itemHandle(sector, sector.items - 1));
    await node.stop();
    const again = await start();
    const cold = await firstTouches({ driver, node: again, sector, workers, cold: true });
    await again.stop();
    const { identifiers, changeLog } = await bytesOfStore(store);
    return {
      identifiers: sector.items,
      order: flags.order,
      at: new Date().toISOString(),
      machine: describeMachine(),
      loadPerSecond: sector.items / loadSeconds,
      bytesPerIdentifier: identifiers / sector.items,
      changeLogBytesPerIdentifier: changeLog / sector.items,
      startSeconds,
      ...{ warm, cold, recallSeconds },
    };
  } finally {
    driver.close();
  }
}

async function main(): Promise<void> {
  const items = Number(flags.identifiers);
  if (!Number.isSafeInteger(items) || items < 1000) throw new Error('--identifiers takes a number, 1000 or more: 1e6.');
  if (flags.order !== 'sorted' && flags.order !== 'random') throw new Error('--order is sorted or random.');
  const sector: Sector = { shape: 'lean', items, seed: SEED };
  const folder = mkdtempSync(join(tmpdir(), 'jiabiao-scale-'));
  process.once('exit', () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  const store = join(folder, 'store');
  const startedAt = performance.now();
  await loadStore(store, sector, { order: flags.order, searchable: [] });
  const loadSeconds = (performance.now() - startedAt) / 1000;
  say(`loaded ${items} identifiers in ${loadSeconds.toFixed(1)} s (${Math.round(items / loadSeconds)}/s)`);
  if (flags.check) {
    await check(store, sector);
    return;
  }
  const record = await measure(store, sector, loadSeconds);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `scale-${items}-${flags.order}.json`), `${JSON.stringify(record, null, 1)}\n`);
  const names = readdirSync(RESULTS).filter((name) => name.startsWith('scale-'));
  const records = names.map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as ScaleRecord);
  process.stdout.write(`${curveOf(records)}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
await main();
process.exit(0);
