// A registry that moves from a directory into PostgreSQL while it is written to, and back: everything, once, and the same.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/app/config.ts';
import { moveStore, NOT_MOVED } from '../../src/app/move-store.ts';
import { openTarget, type Source } from '../../src/app/store-places.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { openLmdbStore } from '../../src/store/lmdb-store.ts';
import { migrate } from '../../src/store/postgres-migrations.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { apply, h, NOON, P, put, remove, temporaryDirectory, text } from '../store/world.ts';
import { run } from './command-line.ts';

/** Commands give way to everything else on the machine. */
vi.setConfig({ testTimeout: 120_000 });

const place = temporaryDirectory();
const from = join(place.path, 'from');
const state = join(place.path, 'state.json');
let postgres: PostgresProcess;
let store: RegistryStore;
let environment: Readonly<Record<string, string>>;
let now = NOON;

beforeAll(async () => {
  postgres = await startPostgres();
  environment = await database();
  store = await openLmdbStore({
    path: from,
    clock: () => now++,
    visibleEpoch: () => 0,
    onVisible() {},
    observer: SILENT_OBSERVER,
  });
  await apply(store, put(h('MODEL'), 0, { values: [text(1, 'model')] }));
  for (let i = 0; i < 1500; i += 500) {
    await apply(store, ...Array.from({ length: 500 }, (_, k) => put(h(`ITEM-${i + k}`), 0, { parent: h('MODEL') })));
  }
  await apply(store, put(h('ITEM-7'), 1, { values: [text(1, 'changed')] }), remove(h('ITEM-8'), 1));
});
afterAll(async () => {
  await store.close();
  await postgres.close();
  place.remove();
});

async function database(): Promise<Readonly<Record<string, string>>> {
  const url = await postgres.createDatabase();
  await migrate({ url, schema: 'jiabiao', partitions: 2, clock: () => now });
  return { JIABIAO_STORE__KIND: 'postgres', JIABIAO_POSTGRES__URLS: url };
}

async function move(...args: readonly string[]) {
  const finished = await run(['migrate-store', '--json', ...args], { environment });
  return { ...finished, told: finished.stdout === '' ? null : JSON.parse(finished.stdout) };
}

const into = ['--from', `lmdb:${from}`, '--to', 'postgres:', '--state', state];

describe('a registry', () => {
  test('moves whole while it is written to, and what was written meanwhile follows', async () => {
    let running = true;
    const writing = (async () => {
      for (let i = 0; running; i++) await apply(store, put(h(`MEANWHILE-${i}`)));
    })();
    const first = await move(...into);
    running = false;
    await writing;
    expect(first.stderr).toBe('');
    expect(first.told).toMatchObject({ isSame: true, refused: [], difference: null });
    expect(first.told.lines).toBeGreaterThan(1500);
    await apply(store, put(h('ITEM-7'), 2, { values: [text(1, 'again')] }), remove(h('ITEM-9'), 1));
    const second = await move(...into);
    expect(second.told).toMatchObject({ isSame: true, sequence: store.stats().sequence });
    expect((await move(...into)).told).toMatchObject({ isSame: true, lines: 0 });
  });

  test('moves back into an empty directory', async () => {
    const back = join(place.path, 'back');
    const moved = await move('--from', 'postgres:', '--to', `lmdb:${back}`, '--state', `${state}.back`);
    expect(moved.stderr).toBe('');
    expect(moved.told).toMatchObject({ isSame: true, refused: [] });
    expect(existsSync(join(back, 'lot.key'))).toBe(false);
  });

  test('goes on where a move was interrupted, and takes nothing in twice', async () => {
    environment = await database();
    const config = loadConfig({ environment });
    const target = await openTarget({ kind: 'postgres' }, config);
    // This process has it open already.
    const openFrom = async (): Promise<Source> => {
      const { records, sequence } = store.stats();
      return { store, records, sequence, isFixed: false, close: async () => {} };
    };
    let noted = NOT_MOVED;
    const options = { openSource: openFrom, target, progress() {} };
    const stopped = moveStore({
      ...options,
      state: noted,
      save(next) {
        if (next.copied > 1000) throw new Error('the power went');
        noted = next;
      },
    });
    await expect(stopped).rejects.toThrow('the power went');
    expect(noted).toMatchObject({ isCopied: false, sequence: store.stats().sequence });
    await apply(store, put(h('AFTER')));
    const moved = await moveStore({ ...options, state: noted, save() {} });
    expect(moved).toMatchObject({ difference: null, refused: [], sequence: store.stats().sequence });
    expect((await target.store.history(h('ITEM-7'), 99, 99)).length).toBe(2);
    await target.close();
  });
});

describe('what is not right is said', () => {
  test('of a target that somebody else has written to', async () => {
    const url = environment.JIABIAO_POSTGRES__URLS ?? '';
    const config = loadConfig({ environment });
    const target = await openTarget({ kind: 'postgres' }, config);
    await apply(target.store, put(h('STRANGER')));
    await target.close();
    const { code, stderr, told } = await move(...into.slice(0, 4), '--state', `${state}.other`);
    expect(url).not.toBe('');
    expect(code).toBe(3);
    expect(stderr).toContain('they differ first at');
    expect(told).toMatchObject({ isSame: false });
    expect(JSON.stringify(told.difference)).toContain(`${P}/STRANGER`);
  });

  test.each([
    [['--from', 'sqlite:x', '--to', 'postgres:'], 1, 'names no store'],
    [['--from', 'lmdb:x', '--to', 'lmdb:x'], 2, 'name the same store'],
  ])('of %j', async (args, code, said) => {
    expect(await move(...args)).toMatchObject({ code, stderr: expect.stringContaining(said) });
  });

  test('of a note of another move', async () => {
    expect(readFileSync(state, 'utf8')).toContain('lmdb:');
    const other = ['--from', 'lmdb:elsewhere', '--to', 'postgres:', '--state', state];
    expect(await move(...other)).toMatchObject({ code: 2, stderr: expect.stringContaining('is of a move from') });
  });
});
