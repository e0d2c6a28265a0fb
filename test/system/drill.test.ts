// The drill that an operator does: back up while everything writes, restore, verify, move the registry to a new node, and
// compare. And what goes wrong in it: a full disk, an altered file, the wrong key, a place that is taken.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEnvironment } from '../../src/store/lmdb-environment.ts';
import { toUint64 } from '../../src/store/lmdb-keys.ts';
import { encodeMessage } from '../../src/wire/message.ts';
import { OPERATION } from '../../src/wire/protocol.ts';
import { type Finished, run } from '../cli/command-line.ts';
import { bytes, request, response } from '../handle-server/client.ts';
import { askByTcp } from '../handle-server/door.ts';
import { identifierPath, newEnterprise, recordOf } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const WRITERS = 8;

/** Runs a command that must succeed. */
async function succeed(...args: readonly string[]): Promise<Finished> {
  const finished = await run(args);
  expect(finished.code, `${args.join(' ')}\n${finished.stdout}${finished.stderr}`).toBe(0);
  return finished;
}

/** Writes without a pause until it is stopped; remembers what was acknowledged. */
class Load {
  readonly acknowledged: string[] = [];
  #isStopped = false;
  readonly #writers: readonly Promise<void>[];

  constructor(node: RunningNode, token: string, prefix: string) {
    this.#writers = Array.from({ length: WRITERS }, (_, i) =>
      this.#write(new Connection(node.url, token), `${prefix}/W${i}`),
    );
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#writers);
  }

  async #write(connection: Connection, stem: string): Promise<void> {
    for (let i = 0; !this.#isStopped; i++) {
      const handle = `${stem}-${Math.floor(i / 2)}`;
      const answer = await connection.ask(
        'PUT',
        identifierPath(handle),
        recordOf(`text ${i}`, `${stem.split('/')[0]}/MODEL`),
      );
      expect(answer.status, answer.text).toBeLessThan(300);
      this.acknowledged.push(handle);
    }
    await connection.close();
  }
}

/** What changed since the full export follows in a small one, a deletion in it, and both nodes are the same again. */
async function followChanges(
  operator: Connection,
  prefix: string,
  moved: { readonly at: (name: string) => string; readonly next: number; readonly move: readonly string[] },
): Promise<void> {
  const { at, next, move } = moved;
  const erased = `/api/handles/${prefix}/ROW-1`;
  expect((await operator.ask('DELETE', erased)).status).toBe(200);
  expect((await operator.ask('PUT', identifierPath(`${prefix}/LATE`), recordOf('late'))).status).toBe(201);
  const part = ['--store', at('data'), '--since', String(next), '--out', at('part.ndjson')];
  expect(JSON.parse((await succeed('export', ...part, '--json')).stdout)).toEqual({ lines: 2, next: next + 2 });
  const follow = move.map((word) => (word === at('source.ndjson') ? at('part.ndjson') : word));
  expect(JSON.parse((await succeed(...follow)).stdout)).toMatchObject({ rows: 2, created: 1, updated: 1 });
  const changed = (await succeed('export', '--store', at('data'))).stdout;
  expect((await succeed('export', '--store', at('target'))).stdout).toBe(changed);
}

describe('the drill', () => {
  it('backs up under load, restores, verifies, moves, and finds the same', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const at = (name: string): string => join(directory.path, name);
    const node = await startNode({ directory: at('data'), port: await freePort() });
    const operator = new Connection(node.url, operatorToken(at('data')));
    const prefix = await newEnterprise(operator);
    expect((await operator.ask('PUT', identifierPath(`${prefix}/MODEL`), recordOf('model'))).status).toBe(201);
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      handle: `${prefix}/ROW-${i}`,
      parent: `${prefix}/MODEL`,
      values: [],
    }));
    expect((await operator.ask('POST', '/v1/identifiers', rows)).status).toBe(200);
    await succeed('backup-key', at('key'));

    const load = new Load(node, operatorToken(at('data')), prefix);
    await expect.poll(() => load.acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(200);
    const before = [...load.acknowledged];
    const backup = await succeed('backup', at('backup'), '--store', at('data'), '--backup-key', at('key'), '--json');
    const live = await succeed('verify', '--store', at('data'), '--json');
    await load.stop();
    expect(JSON.parse(live.stdout)).toMatchObject({ isSound: true, problems: 0 });
    const { growthBytes, records } = JSON.parse(backup.stdout) as { growthBytes: number; records: number };
    expect(growthBytes).toBeGreaterThanOrEqual(0);
    expect(growthBytes).toBeLessThan(2 ** 28);
    expect(load.acknowledged.length).toBeGreaterThan(before.length);

    await succeed('restore', at('backup'), '--into', at('restored'), '--backup-key', at('key'));
    const report = await succeed('verify', '--store', at('restored'), '--json');
    expect(JSON.parse(report.stdout)).toMatchObject({ isSound: true, records });
    await succeed('verify', at('backup'), '--backup-key', at('key'));
    await succeed('export', '--store', at('restored'), '--out', at('restored.ndjson'));
    const restored = readFileSync(at('restored.ndjson'), 'utf8');
    for (const handle of before) expect(restored).toContain(`"handle":"${handle}"`);

    // Without load the backup's export is the running node's, and that of a node it was moved to.
    const full = await succeed('export', '--store', at('data'), '--out', at('source.ndjson'), '--json');
    const { next } = JSON.parse(full.stdout) as { next: number };
    const source = readFileSync(at('source.ndjson'), 'utf8');
    await succeed('backup', at('quiet'), '--store', at('data'), '--backup-key', at('key'));
    await succeed('restore', at('quiet'), '--into', at('second'), '--backup-key', at('key'));
    const again = await startNode({ directory: at('second'), port: await freePort() });
    const same = new Connection(again.url, operatorToken(at('data')));
    expect((await same.ask('GET', '/v1/me')).status).toBe(200);
    expect((await same.ask('GET', identifierPath(before[0] as string))).status).toBe(200);
    expect((await succeed('export', '--store', at('second'))).stdout).toBe(source);

    const target = await startNode({ directory: at('target'), port: await freePort() });
    const who = ['--url', target.url, '--key-file', at('target/operator.key'), '--json'];
    const move = [...who, 'import', at('source.ndjson'), '--preserve'];
    const lines = source.split('\n').length - 1;
    expect(JSON.parse((await succeed(...move)).stdout)).toMatchObject({ rows: lines, created: lines, refused: 0 });
    expect(JSON.parse((await succeed(...move)).stdout)).toMatchObject({ rows: lines, unchanged: lines, refused: 0 });
    expect((await succeed('export', '--store', at('target'))).stdout).toBe(source);
    expect(JSON.parse((await succeed('verify', '--store', at('target'), '--json')).stdout)).toMatchObject({
      isSound: true,
    });

    await followChanges(operator, prefix, { at, next, move });
    await Promise.all([operator.close(), same.close()]);
    expect(await Promise.all([node.stop(), again.stop(), target.stop()])).toEqual([0, 0, 0]);
    directory.remove();
  });
});

/** What a node tells of its site, its key in it. */
async function siteOf(port: number): Promise<unknown> {
  const question = encodeMessage(request(OPERATION.siteInfo, { kind: 'handle', handle: bytes('/') }));
  const [message] = await askByTcp(port, [question]);
  const { content } = response(message).body;
  if (content.kind !== 'site') throw new Error('That is no site.');
  return content.site;
}

describe('a restored node', () => {
  it('is the same Handle site, and tells genuine codes of its lots', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const at = (name: string): string => join(directory.path, name);
    const [port, handlePort] = [await freePort(), await freePort()];
    const start = (name: string) =>
      startNode({ directory: at(name), port, workers: 1, settings: { HANDLE__PORT: String(handlePort) } });
    const node = await start('data');
    const operator = new Connection(node.url, operatorToken(at('data')));
    const prefix = await newEnterprise(operator);
    const range = { prefix, head: 'N-', width: 8, from: 1, to: 100, tagLength: 9 };
    const lot = await operator.ask('POST', '/v1/lots', range);
    expect(lot.status, lot.text).toBe(201);
    const { text } = await operator.ask('GET', `/v1/lots/${lot.body?.id}/codes?from=7&to=7`);
    const code = text.split('\r\n')[1]?.split(',')[1] as string;
    const site = await siteOf(handlePort);
    await succeed('backup-key', at('key'));
    await succeed('backup', at('backup'), '--store', at('data'), '--backup-key', at('key'));
    await operator.close();
    expect(await node.stop()).toBe(0);

    await succeed('restore', at('backup'), '--into', at('restored'), '--backup-key', at('key'));
    const again = await start('restored');
    expect(await siteOf(handlePort)).toEqual(site);
    const reader = new Connection(again.url, operatorToken(at('restored')));
    expect((await reader.ask('GET', `/api/handles/${code}`)).status).toBe(200);
    const invented = `${code.slice(0, -1)}${code.endsWith('3') ? '4' : '3'}`;
    expect((await reader.ask('GET', `/api/handles/${invented}`)).status).toBe(404);
    await reader.close();
    expect(await again.stop()).toBe(0);
    directory.remove();
  });
});

/** A small disk of its own needs a mount namespace, which root has, and others where the system lets them. */
const CAN_MOUNT = spawnSync('unshare', ['-rm', 'true'], { stdio: 'ignore' }).status === 0;

describe('a backup that goes wrong', () => {
  it('is told, and leaves everything as it was', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const at = (name: string): string => join(directory.path, name);
    const node = await startNode({ directory: at('data'), port: await freePort() });
    const operator = new Connection(node.url, operatorToken(at('data')));
    const prefix = await newEnterprise(operator);
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      handle: `${prefix}/ROW-${i}`,
      values: [{ index: 1, type: 'T', data: `${Math.sin(i)}`.repeat(4) }],
    }));
    expect((await operator.ask('POST', '/v1/identifiers', rows)).status).toBe(200);
    for (const name of ['key', 'other-key']) await succeed('backup-key', at(name));
    await succeed('backup', at('sound'), '--store', at('data'), '--backup-key', at('key'));

    expect(await run(['backup-key', at('key')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('never overwritten'),
    });
    const bytes = readFileSync(at('sound'));
    writeFileSync(at('cut'), bytes.subarray(0, -100));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(at('altered'), bytes);
    const wrong: readonly (readonly [string, string, RegExp])[] = [
      ['cut', 'key', /cut off/],
      ['altered', 'key', /altered/],
      ['sound', 'other-key', /another key/],
    ];
    for (const [file, key, reason] of wrong) {
      for (const args of [
        ['restore', at(file), '--into', at('nothing')],
        ['verify', at(file)],
      ]) {
        const { code, stderr } = await run([...args, '--backup-key', at(key)]);
        expect(code).toBe(1);
        expect(stderr).toMatch(reason);
        expect(stderr).not.toMatch(/\n\s+at /);
      }
      expect(existsSync(at('nothing'))).toBe(false);
    }
    mkdirSync(at('taken'));
    writeFileSync(at('taken/notes'), 'mine');
    expect(await run(['restore', at('sound'), '--into', at('taken'), '--backup-key', at('key')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not empty'),
    });
    expect(readdirSync(at('taken'))).toEqual(['notes']);
    expect((await operator.ask('PUT', identifierPath(`${prefix}/AFTER`), recordOf('after'))).status).toBe(201);
    await operator.close();
    expect(await node.stop()).toBe(0);

    const environment = openEnvironment(at('data'));
    environment.root.transactionSync(() => environment.tables.log.remove(toUint64(2)));
    await environment.close();
    const damaged = await run(['verify', '--store', at('data')]);
    expect(damaged).toMatchObject({ code: 6, stdout: expect.stringContaining('log: row 2 is missing') });
    directory.remove();
  });

  it.skipIf(!CAN_MOUNT && process.env.CI === undefined)(
    'for want of room takes its file away, and the node goes on (left out where nobody may mount a disk)',
    { timeout: 60_000 },
    async () => {
      const directory = temporaryDirectory();
      const at = (name: string): string => join(directory.path, name);
      const node = await startNode({ directory: at('data'), port: await freePort() });
      const operator = new Connection(node.url, operatorToken(at('data')));
      const prefix = await newEnterprise(operator);
      const rows = Array.from({ length: 10_000 }, (_, i) => ({
        handle: `${prefix}/ROW-${i}`,
        values: [{ index: 1, type: 'T', data: `${Math.sin(i)}`.repeat(6) }],
      }));
      expect((await operator.ask('POST', '/v1/identifiers', rows)).status).toBe(200);
      await succeed('backup-key', at('key'));
      mkdirSync(at('disk'));
      const command = [
        process.execPath,
        MAIN,
        'backup',
        at('disk/backup'),
        '--store',
        at('data'),
        '--backup-key',
        at('key'),
      ];
      const script = `mount -t tmpfs -o size=64k tmpfs '${at('disk')}' && "$@"; echo "code $?"; ls '${at('disk')}'`;
      const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', ...command], {
        encoding: 'utf8',
      });
      expect(stdout).toBe('code 1\n');
      expect(stderr).toMatch(/free some space/);
      expect((await operator.ask('PUT', identifierPath(`${prefix}/AFTER`), recordOf('after'))).status).toBe(201);
      await operator.close();
      expect(await node.stop()).toBe(0);
      directory.remove();
    },
  );
});
