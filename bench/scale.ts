// `npm run bench:scale -- --identifiers N`: one size on the curve from a million to a hundred million identifiers. Loads a
// store, starts a node on it, asks for items that were never asked for, recalls a batch, and writes what it saw down.

import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Driver } from './driver/driver.ts';
import { itemHandle, itemRow, LEAN_ITEMS_PER_BATCH, leanBatch, type Sector } from './generator.ts';
import { LOAD_ORDERS, type LoadOrder, loadStore } from './load-store.ts';
import { killAll, startNode } from './measure/children.ts';
import { runCommand } from './measure/commands.ts';
import { describeMachine } from './measure/machine.ts';
import { bytesOfStore } from './measure/store-bytes.ts';
import { curveOf, type ScaleRecord } from './scale/curve.ts';
import { importWhole } from './scale/import.ts';
import { firstTouches, recallOfBatch, resolvesAsLoaded } from './scale/steps.ts';

const RESULTS = join(import.meta.dirname, 'results');
const SEED = 20_261_123;
/** Items of a recalled batch that are asked for. */
const SAMPLES = 1000;

const { values: flags } = parseArgs({
  options: {
    identifiers: { type: 'string', default: '1e6' },
    order: { type: 'string', default: 'sorted' },
    workers: { type: 'string', default: String(availableParallelism()) },
    /** A directory to load into and to keep; one that was loaded before is measured as it is. */
    store: { type: 'string' },
    /** Only whether everything is right: no speed is measured, nothing is written down. */
    check: { type: 'boolean', default: false },
    /** Only loads, into --store: what takes long and needs no idle machine. */
    load: { type: 'boolean', default: false },
    /** All of them through one import job instead of a writer of the store: how fast that is, and what it takes, too. */
    import: { type: 'boolean', default: false },
  },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Items from all over the first batch, its first and its last among them. */
function itemsOfFirstBatch(sector: Sector): readonly string[] {
  const last = Math.min(sector.items, LEAN_ITEMS_PER_BATCH) - 1;
  return Array.from({ length: SAMPLES }, (_, i) => itemHandle(sector, Math.floor((i * last) / (SAMPLES - 1))));
}

/** What continuous integration asks: that a large store is sound and answers as it was loaded. */
async function check(store: string, sector: Sector): Promise<void> {
  const report = JSON.parse(await runCommand(['verify', '--store', store, '--json'])) as { isSound: boolean };
  if (!report.isSound) throw new Error(`The store is not sound: ${JSON.stringify(report)}`);
  const node = await startNode({ directory: store, workers: Number(flags.workers), profileFolder: null });
  try {
    await resolvesAsLoaded(node, sector, itemRow);
    const seconds = await recallOfBatch(node, leanBatch(0), itemsOfFirstBatch(sector));
    say(`sound; answers as it was loaded; a recall shows (${seconds.toFixed(3)} s)`);
  } finally {
    await node.stop();
  }
}

/** So that its pages are in memory, as far as they fit: the kernel may have taken them back since they were written. */
async function readThrough(file: string): Promise<void> {
  for await (const _ of createReadStream(file, { highWaterMark: 4_194_304 }));
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
    await readThrough(join(store, 'data.mdb'));
    const warm = await firstTouches({ driver, node, sector, workers, cold: false });
    const recallSeconds = await recallOfBatch(node, leanBatch(0), itemsOfFirstBatch(sector));
    await node.stop();
    const again = await start();
    const cold = await firstTouches({ driver, node: again, sector, workers, cold: true });
    await again.stop();
    const { identifiers, changeLog } = await bytesOfStore(store);
    return {
      identifiers: sector.items,
      order: flags.import ? 'imported' : flags.order,
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

/** Seconds that loading took, now or before. */
async function loadOnce(folder: string, sector: Sector, order: LoadOrder): Promise<number> {
  const note = join(folder, 'loaded.json');
  const how = flags.import ? 'imported' : order;
  if (existsSync(note)) {
    const known = JSON.parse(readFileSync(note, 'utf8')) as { items: number; order: string; seconds: number };
    if (known.items === sector.items && known.order === how) return known.seconds;
    throw new Error(`${folder} holds ${known.items} identifiers loaded ${known.order}: name another directory.`);
  }
  const seconds = await load(join(folder, 'store'), sector, order);
  writeFileSync(note, JSON.stringify({ items: sector.items, order: how, seconds }));
  return seconds;
}

async function load(store: string, sector: Sector, order: LoadOrder): Promise<number> {
  if (flags.import) {
    const record = await importWhole(store, sector, Number(flags.workers), say);
    writeFileSync(join(RESULTS, `import-${sector.items}-sorted.json`), `${JSON.stringify(record, null, 1)}\n`);
    return record.seconds;
  }
  const startedAt = performance.now();
  await loadStore(store, sector, { order, searchable: [] });
  return (performance.now() - startedAt) / 1000;
}

async function main(): Promise<void> {
  const items = Number(flags.identifiers);
  if (!Number.isSafeInteger(items) || items < 1000) throw new Error('--identifiers takes a number, 1000 or more: 1e6.');
  const order = LOAD_ORDERS.find((one) => one === flags.order);
  if (order === undefined) throw new Error(`--order is ${LOAD_ORDERS.join(', ')}.`);
  if (flags.check && flags.import)
    throw new Error('--check holds what a writer of the store loaded: leave --import out.');
  const sector: Sector = { shape: 'lean', items, seed: SEED };
  const folder = flags.store ?? mkdtempSync(join(tmpdir(), 'jiabiao-scale-'));
  process.once('exit', () => {
    killAll();
    if (flags.store === undefined) rmSync(folder, { recursive: true, force: true });
  });
  const store = join(folder, 'store');
  const loadSeconds = await loadOnce(folder, sector, order);
  say(`loaded ${items} identifiers in ${loadSeconds.toFixed(1)} s (${Math.round(items / loadSeconds)}/s)`);
  if (flags.load) return;
  if (flags.check) {
    await check(store, sector);
    return;
  }
  const record = await measure(store, sector, loadSeconds);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `scale-${items}-${record.order}.json`), `${JSON.stringify(record, null, 1)}\n`);
  const names = readdirSync(RESULTS).filter((name) => name.startsWith('scale-'));
  const records = names.map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as ScaleRecord);
  process.stdout.write(`${curveOf(records)}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
await main();
process.exit(0);
