// A store file that is corrupt, foreign or newer is refused with a clear message, and left as it was.

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newEnterprise } from './enterprise.ts';
import { Connection, freePort, operatorToken, runUntilExit, startNode, temporaryDirectory } from './node.ts';

const PAGE_BYTES = 4096;
const directory = temporaryDirectory();
const sound = join(directory.path, 'sound');
afterAll(() => directory.remove());

beforeAll(async () => {
  const node = await startNode({ directory: sound, port: await freePort() });
  const operator = new Connection(node.url, operatorToken(sound));
  await newEnterprise(operator);
  await operator.close();
  await node.stop();
});

/** Each makes the file of a store that must not be opened. */
const REFUSED: readonly (readonly [what: string, make: (file: string) => void | Promise<void>])[] = [
  ['noise', (file) => writeFileSync(file, Buffer.alloc(64 * PAGE_BYTES, 'noise'))],
  ['a text', (file) => writeFileSync(file, 'not a store\n')],
  ['zeros', (file) => writeFileSync(file, Buffer.alloc(64 * PAGE_BYTES))],
  ['a file that was cut off', (file) => changed(file, (bytes) => bytes.subarray(0, bytes.length / 2))],
  ['a file whose beginning is gone', (file) => changed(file, (bytes) => bytes.fill(0, 0, 2 * PAGE_BYTES))],
  ['a file whose pages are noise', (file) => changed(file, (bytes) => bytes.fill('noise', 2 * PAGE_BYTES))],
  ['a newer format', (file) => changed(file, (bytes) => replaced(bytes, 'jiabiao-store 1', 'jiabiao-store 9'))],
  ['another program’s store', foreignStore],
];

it.each(REFUSED)('refuses %s and leaves it as it was', async (_, make) => {
  const path = join(directory.path, 'refused');
  const file = join(path, 'data.mdb');
  mkdirSync(path, { recursive: true });
  await make(file);
  const before = hashOf(file);
  const { code, output } = await runUntilExit({ directory: path, port: await freePort() });
  expect(code, output).toBeGreaterThan(0);
  expect(output).toContain(file);
  expect(output).not.toMatch(/\n\s+at /); // a message, not a stack
  expect(hashOf(file)).toBe(before);
});

it('opens the sound one that the refused ones were made from', async () => {
  const node = await startNode({ directory: sound, port: await freePort() });
  expect(await node.stop()).toBe(0);
});

it('refuses a directory that another node has open', async () => {
  const node = await startNode({ directory: sound, port: await freePort() });
  const { code, output } = await runUntilExit({ directory: sound, port: await freePort() });
  expect(code).toBeGreaterThan(0);
  expect(output).toContain(sound);
  expect(await node.stop()).toBe(0);
});

function changed(file: string, change: (bytes: Buffer) => Buffer): void {
  copyFileSync(join(sound, 'data.mdb'), file);
  const bytes = change(readFileSync(file));
  writeFileSync(file, bytes);
  truncateSync(file, bytes.length);
}

function replaced(bytes: Buffer, text: string, by: string): Buffer {
  let found = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
    bytes.write(by, at, 'latin1');
    found++;
  }
  expect(found).toBeGreaterThan(0);
  return bytes;
}

async function foreignStore(file: string): Promise<void> {
  const path = join(directory.path, 'foreign');
  const database = open({ path, noSubdir: false });
  await database.put('somebody', { else: 'entirely' });
  await database.close();
  copyFileSync(join(path, 'data.mdb'), file);
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
