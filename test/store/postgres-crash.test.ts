// A database that is killed under load: nothing that was acknowledged is lost, and those who wait are told.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { migrate } from '../../src/store/postgres-migrations.ts';
import { openPostgresStore } from '../../src/store/postgres-store.ts';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { apply, commit, h, NOON, put, words } from './world.ts';

const WRITERS = 16;
const KILLED_AFTER_MS = 400;
const DOWN_MS = 300;
const GOES_ON_MS = 400;
const PATIENCE_MS = 15_000;

let server: PostgresProcess;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.close());

async function opened() {
  const place = { url: server.url, schema: 'crash', clock: () => NOON };
  await migrate({ ...place, partitions: 2 });
  return openPostgresStore({ ...place, onVisible() {}, observer: SILENT_OBSERVER });
}

it('loses nothing it has acknowledged, and is written to again when it is back', { timeout: 60_000 }, async () => {
  const store = await opened();
  const codes = new Set<string>();
  /** The revision of each writer's record that was acknowledged last, and how often each writer got through. */
  const acknowledged: number[] = Array(WRITERS).fill(0);
  let isBackAt: number | null = null;
  let isOver = false;
  const write = async (writer: number): Promise<void> => {
    while (!isOver) {
      try {
        const handle = h(`W${writer}`, `88.118.${writer % 3}`);
        const stands = (await store.get(handle))?.revision ?? 0;
        const { outcomes } = await commit(store, put(handle, stands));
        // Nobody else writes it: what was read is what stands, whatever became of the attempt before.
        expect(words(outcomes)).toEqual([stands + 1]);
        acknowledged[writer] = stands + 1;
        if (isBackAt !== null) isOver = performance.now() > isBackAt + GOES_ON_MS;
      } catch (error) {
        const { code = 'none' } = error as { code?: string };
        if (code === 'none') throw error;
        codes.add(code);
        await delay(10);
      }
    }
  };
  const writing = Array.from({ length: WRITERS }, (_, writer) => write(writer));
  await delay(KILLED_AFTER_MS);
  await server.kill();
  await delay(DOWN_MS);
  await server.restart();
  isBackAt = performance.now();
  await Promise.race([Promise.all(writing), delay(PATIENCE_MS).then(() => Promise.reject(new Error('stuck')))]);
  expect([...codes]).toEqual(['STORE_UNAVAILABLE']);
  const rows = await store.changes(0, 100_000);
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, i) => i + 1));
  for (const [writer, revision] of acknowledged.entries()) {
    const handle = h(`W${writer}`, `88.118.${writer % 3}`);
    expect((await store.get(handle))?.revision, handle).toBe(revision);
    const logged = rows.flatMap(({ entries }) => entries).filter(({ name }) => name === handle);
    expect(logged.map((entry) => entry.revision)).toEqual(logged.map((_, i) => i + 1));
    expect(logged).toHaveLength(revision);
  }
  expect(await apply(store, put(h('AFTER')))).toEqual([1]);
  await store.close();
});
