// An import through a real node that is killed in the middle of it, twice: started again it goes on, and in the end
// everything is as if nothing had happened.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { NO_LOT_KEY } from '../../src/domain/lot.ts';
import { checkBackup, restoreBackup } from '../../src/store/backup-restore.ts';
import { writeBackup } from '../../src/store/backup-writer.ts';
import { verifyStore } from '../../src/store/verify-store.ts';
import { newEnterprise } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';
import { rollDice } from './seed.ts';

const ROWS = 60_000;
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

const directories: { remove(): void }[] = [];
afterAll(() => {
  for (const directory of directories) directory.remove();
});

interface Place {
  readonly directory: string;
  readonly port: number;
}

/** A store with one enterprise. */
async function newPlace(): Promise<Place & { readonly node: RunningNode; readonly prefix: string }> {
  const directory = temporaryDirectory();
  directories.push(directory);
  const place = { directory: directory.path, port: await freePort() };
  const node = await startNode(place);
  const operator = new Connection(node.url, operatorToken(place.directory));
  const prefix = await newEnterprise(operator);
  await operator.close();
  return { ...place, node, prefix };
}

/** Unsorted, with two models in the middle of their items, a repeated identifier and a row that is refused. */
function fileFor(prefix: string): string {
  const lines: string[] = [];
  for (let i = 0; i < ROWS; i++) {
    const number = String((i * 7919) % ROWS).padStart(7, '0');
    const parent = i % 3 === 0 ? {} : { parent: `${prefix}/MODEL-${i % 2}` };
    lines.push(JSON.stringify({ handle: `${prefix}/ITEM-${number}`, ...parent, values: [serial(number)] }));
    if (i === ROWS / 2)
      for (const model of [0, 1]) lines.push(JSON.stringify({ handle: `${prefix}/MODEL-${model}`, values: [] }));
  }
  lines.push(JSON.stringify({ handle: `${prefix}/ITEM-0000007`, values: [serial('other')] }));
  lines.push(JSON.stringify({ handle: '88.118.99999/STRANGER', values: [] }), '{"handle": broken}');
  return `${lines.join('\n')}\n`;
}

function serial(number: string): object {
  return { index: 2020, type: 'SERIAL', data: `SN${number}` };
}

async function begin(node: RunningNode, { directory }: Place, file: string): Promise<string> {
  const answer = await fetch(`${node.url}/v1/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorToken(directory)}`, 'content-type': 'application/x-ndjson' },
    body: file,
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

interface Job {
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
}

async function jobWhen(
  node: RunningNode,
  { directory }: Place,
  id: string,
  ready: (job: Job) => boolean,
): Promise<Job> {
  for (;;) {
    const headers = { authorization: `Bearer ${operatorToken(directory)}` };
    const job = (await (await fetch(`${node.url}/v1/imports/${id}`, { headers })).json()) as Job;
    if (ready(job)) return job;
    await delay(20); // asked again until it is so; the time limit of the test ends it
  }
}

const isOver = ({ state }: Job): boolean => ['done', 'failed', 'stopped', 'cancelled'].includes(state);

/** Everything that is registered, without what differs between two runs of the same. */
function contentsOf({ directory }: Place): string {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 30 } as const;
  const text = execFileSync(process.execPath, [MAIN, 'export', '--store', directory], options);
  return text
    .split('\n')
    .filter((line) => line.includes('"kind":"record"'))
    .map((line) => line.replaceAll(/"(createdAt|updatedAt|timestamp)":"[^"]*"/g, '"$1":""'))
    .join('\n');
}

/** What a store's records and logs say of each other, lots aside. */
async function findingsIn(path: string): Promise<readonly unknown[]> {
  return (await verifyStore({ path, lotTags: NO_LOT_KEY, maxGrowthBytes: null, progress() {} })).findings;
}

async function reportOf(node: RunningNode, { directory }: Place, id: string): Promise<string> {
  const headers = { authorization: `Bearer ${operatorToken(directory)}` };
  return (await fetch(`${node.url}/v1/imports/${id}/report`, { headers })).text();
}

it('goes on where it was killed, and ends as if it had not been', { timeout: 120_000 }, async () => {
  const dice = rollDice();
  const undisturbed = await newPlace();
  const file = fileFor(undisturbed.prefix);
  const calm = await begin(undisturbed.node, undisturbed, file);
  const expected = await jobWhen(undisturbed.node, undisturbed, calm, isOver);
  expect(expected).toMatchObject({ state: 'done', counts: { rows: ROWS + 5, created: ROWS + 2, refused: 3 } });
  const expectedReport = await reportOf(undisturbed.node, undisturbed, calm);
  await undisturbed.node.stop();

  const disturbed = await newPlace();
  expect(disturbed.prefix).toBe(undisturbed.prefix);
  const id = await begin(disturbed.node, disturbed, file);
  await delay(dice.between(0, 300)); // somewhere in the first stage, before any row is written, or early in the second
  await disturbed.node.kill();
  let node = await startNode(disturbed);
  await jobWhen(node, disturbed, id, ({ state }) => state === 'writing');
  await delay(dice.between(20, 300)); // somewhere between two checkpoints
  await node.kill();
  node = await startNode(disturbed);
  expect(await jobWhen(node, disturbed, id, isOver)).toMatchObject({ state: 'done', counts: expected.counts });
  expect(await reportOf(node, disturbed, id)).toBe(expectedReport);
  const again = await begin(node, disturbed, file);
  const repeated = await jobWhen(node, disturbed, again, isOver);
  expect(repeated.counts).toMatchObject({ created: 0, updated: 0, unchanged: ROWS + 2, refused: 3 });
  await node.stop();
  expect(contentsOf(disturbed)).toBe(contentsOf(undisturbed));
});

it('is backed up in the middle as one state, from which the same file goes on', { timeout: 120_000 }, async () => {
  const source = await newPlace();
  const file = fileFor(source.prefix);
  const id = await begin(source.node, source, file);
  await jobWhen(source.node, source, id, ({ counts }) => (counts.created ?? 0) > 0);
  const copy = { file: join(source.directory, 'middle.backup'), key: Buffer.alloc(32, 7), progress() {} };
  const { records } = await writeBackup({ ...copy, path: source.directory, maxGrowthBytes: null, nowMs: Date.now() });
  // Some of the rows and not all: calls are whole in it or not there.
  expect(records).toBeGreaterThan(0);
  expect(records).toBeLessThan(ROWS);
  await jobWhen(source.node, source, id, isOver);
  await source.node.stop();

  const directory = temporaryDirectory();
  directories.push(directory);
  const restored = { directory: join(directory.path, 'restored'), port: await freePort() };
  expect(checkBackup(copy)).toMatchObject({ records });
  restoreBackup({ ...copy, into: restored.directory });
  expect(await findingsIn(restored.directory)).toEqual([]);
  expect(contentsOf(restored).split('\n')).toHaveLength(records);

  const node = await startNode(restored);
  const again = await jobWhen(node, restored, await begin(node, restored, file), isOver);
  expect(again.counts).toMatchObject({ created: ROWS + 2 - records, unchanged: records, refused: 3 });
  await node.stop();
  expect(await findingsIn(restored.directory)).toEqual([]);
  expect(contentsOf(restored)).toBe(contentsOf(source));
});
