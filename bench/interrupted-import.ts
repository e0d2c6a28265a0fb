// `npm run bench:interrupted -- --identifiers N`: an import whose node is killed (SIGKILL) again and again, in both of its
// stages, beside one that nobody disturbs. Says whether both registries are the same, line by line of their exports.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { beginImport, endImport, type ImportFile, putTemplate, writeImportFile } from './import-file.ts';
import { createEnterpriseKey } from './load-sector.ts';
import { killAll, type OurNode, startNode } from './measure/children.ts';
import { runCommand } from './measure/commands.ts';
import { describeMachine } from './measure/machine.ts';

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const RESULTS = join(import.meta.dirname, 'results');
const PREFIX = '88.118.40000';
/** Where in the job, by its own account, its node is killed. */
const KILLED_AT = [0.1, 0.3, 0.5, 0.65, 0.8, 0.95];
const LOOK_MS = 20;

const { values: flags } = parseArgs({ options: { identifiers: { type: 'string', default: '1e6' } } });

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function start(directory: string): Promise<OurNode> {
  return startNode({ directory, workers: 1, profileFolder: null });
}

async function prepared(directory: string): Promise<OurNode> {
  const node = await start(directory);
  await createEnterpriseKey(node, PREFIX);
  await putTemplate(node, PREFIX, true);
  return node;
}

/** When so much of a job is done; false if it was over before. */
async function whenAt(node: OurNode, id: string, share: number): Promise<boolean> {
  for (;;) {
    const headers = { authorization: `Bearer ${node.token}` };
    const answer = await request(`http://127.0.0.1:${node.port}/v1/imports/${id}`, { headers });
    const job = (await answer.body.json()) as { state: string; progress: { share: number } | null };
    if (job.state === 'done') return false;
    if ((job.progress?.share ?? 0) >= share) return true;
    await delay(LOOK_MS);
  }
}

interface Outcome {
  readonly seconds: number;
  readonly kills: number;
}

async function imported(directory: string, file: ImportFile, killedAt: readonly number[]): Promise<Outcome> {
  let node = await prepared(directory);
  const startedAt = performance.now();
  const id = await beginImport(node, file);
  let kills = 0;
  for (const share of killedAt) {
    if (!(await whenAt(node, id, share))) break;
    process.kill(node.pid, 'SIGKILL');
    await node.stop(); // it is gone already: this waits until that shows
    kills += 1;
    node = await start(directory);
  }
  await endImport(node, id, file);
  const seconds = (performance.now() - startedAt) / 1000;
  await node.stop();
  const report = JSON.parse(await runCommand(['verify', '--store', directory, '--json'])) as { isSound: boolean };
  if (!report.isSound) throw new Error(`The store is not sound: ${JSON.stringify(report)}`);
  return { seconds, kills };
}

interface Contents {
  readonly records: number;
  readonly hash: string;
}

/** Every record of an export, without the instants, which differ between two runs of the same. */
async function contentsOf(directory: string): Promise<Contents> {
  const child = spawn(process.execPath, [MAIN, 'export', '--store', directory], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const hash = createHash('sha256');
  let records = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('"kind":"record"')) continue;
    records += 1;
    hash.update(`${line.replaceAll(/"(createdAt|updatedAt|timestamp)":"[^"]*"/g, '')}\n`);
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`The export ended with ${code}.`);
  return { records, hash: hash.digest('hex') };
}

async function main(): Promise<void> {
  const identifiers = Number(flags.identifiers);
  if (!Number.isSafeInteger(identifiers) || identifiers < 1000) throw new Error('--identifiers takes a number: 1e6.');
  const folder = mkdtempSync(join(tmpdir(), 'jiabiao-interrupted-'));
  process.once('exit', () => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  const file = await writeImportFile(PREFIX, identifiers, false);
  try {
    const places = ['undisturbed', 'killed'].map((name) => join(folder, name)) as [string, string];
    const undisturbed = await imported(places[0], file, []);
    say(`undisturbed: ${undisturbed.seconds.toFixed(1)} s`);
    const killed = await imported(places[1], file, KILLED_AT);
    say(`killed ${killed.kills} times: ${killed.seconds.toFixed(1)} s`);
    const [one, other] = [await contentsOf(places[0]), await contentsOf(places[1])];
    const isSame = one.hash === other.hash && one.records === other.records;
    say(`${one.records} and ${other.records} records, ${isSame ? 'the same' : 'NOT the same'}`);
    if (!isSame) throw new Error('The registries differ.');
    const result = {
      identifiers,
      at: new Date().toISOString(),
      machine: describeMachine(),
      undisturbed,
      killed,
      ...one,
    };
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(join(RESULTS, `interrupted-import-${identifiers}.json`), `${JSON.stringify(result, null, 1)}\n`);
  } finally {
    file.remove();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
await main();
process.exit(0);
