// The state that a backup holds is the one it copies, and nobody holds one for ever.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { joinEnvironment, visitEnvironment } from '../../src/store/lmdb-environment.ts';
import { pinPages } from '../../src/store/lmdb-pages.ts';
import { openLmdb } from './lmdb-world.ts';
import { apply, h, put } from './world.ts';

it('a backup does not begin while readers still get an older state than the newest pages hold', async () => {
  const late = await openLmdb();
  await apply(late.store, put(h('A')));
  await late.store.close();
  const visitor = visitEnvironment(late.path);
  pinPages(visitor).close();
  // The newest pages say they are one commit further than what a reader gets: the moment in which it is so is too short.
  const file = openSync(join(late.path, 'data.mdb'), 'r+');
  for (const page of [0, 1]) {
    const number = Buffer.alloc(8);
    readSync(file, number, 0, 8, page * 4096 + 152);
    number.writeBigUInt64LE(number.readBigUInt64LE() + 100n);
    writeSync(file, number, 0, 8, page * 4096 + 152);
  }
  closeSync(file);
  expect(() => pinPages(visitor)).toThrow(/try again in a moment/);
  await visitor.close();
  await late.close();
});

it('a store that this process has open is visited by no one in it, until it is closed', async () => {
  const { path, store, close } = await openLmdb();
  await apply(store, put(h('A')));
  expect(() => visitEnvironment(path)).toThrow(/this process has it open already/);
  const reader = joinEnvironment(path);
  await store.close();
  expect(() => visitEnvironment(`${path}/.`)).toThrow(/this process has it open already/);
  await reader.close();
  await visitEnvironment(path).close();
  await close();
});

it('a backup that was killed holds no pages for long', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { path, store, close } = await openLmdb();
  await apply(store, put(h('A')));
  const program = fileURLToPath(new URL('./holding-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const { root, close: leave } = joinEnvironment(path);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const readers = (): number =>
    root
      .readerList()
      .split('\n')
      .filter((line) => line.trim().startsWith(`${child.pid} `)).length;
  expect(readers()).toBe(1);
  vi.advanceTimersByTime(30_000);
  expect(readers()).toBe(0);
  vi.useRealTimers();
  await leave();
  await close();
});
