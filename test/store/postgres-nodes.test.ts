// Several nodes over one database: each writes and reads at once, one of them orders the log, and what fails is told.

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/domain/change.ts';
import { IDEMPOTENCY_TTL_MS, MAX_IDEMPOTENCY_RESULTS } from '../../src/domain/limits.ts';
import { lotIdOf } from '../../src/domain/lot.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';
import { openPostgres, type PostgresFixture, postgres } from './postgres-world.ts';
import { apply, commit, h, lot, P, put, remove, request, text, words } from './world.ts';

/** Long enough for an election and a round, by far. */
const PATIENCE_MS = 5000;

async function openNodes(count: number): Promise<readonly PostgresFixture[]> {
  const first = await openPostgres();
  const others = Array.from({ length: count - 1 }, () => openPostgres({ schema: first.schema }));
  return [first, ...(await Promise.all(others))];
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('it never came about');
    await delay(20);
  }
}

async function endConnections(name: string): Promise<number> {
  const { query } = await postgres();
  return (await query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [name]))
    .length;
}

/** Sequences in their order, as one node sees them. */
async function sequences(store: RegistryStore): Promise<readonly number[]> {
  return (await store.changes(0, 1000)).map(({ sequence }) => sequence);
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('nodes that write at once', () => {
  it('let one of them win a compare-and-swap, and see each other’s commits at once', async () => {
    const nodes = await openNodes(3);
    const tries = await Promise.all(
      nodes.flatMap(({ store }) => [commit(store, put(h('A'))), commit(store, put(h('A')))]),
    );
    expect(tries.filter(({ outcomes }) => outcomes[0]?.ok)).toHaveLength(1);
    for (let i = 1; i < 10; i++) {
      const [writer, reader] = [nodes[i % 3] as PostgresFixture, nodes[(i + 1) % 3] as PostgresFixture];
      await apply(writer.store, put(h('A'), i, { values: [text(1, `${i}`)] }));
      expect((await reader.store.get(h('A')))?.revision).toBe(i + 1);
    }
    await Promise.all(nodes.map(({ close }) => close()));
  });

  it('lose no update, however their transactions cross', async () => {
    const nodes = await openNodes(3);
    const prefixes = [P, '88.118.2', '88.118.1'];
    const changes: Change[] = prefixes.map((prefix) => put(h('N', prefix)));
    await apply((nodes[0] as PostgresFixture).store, ...changes);
    const raise = async ({ store }: PostgresFixture, i: number): Promise<void> => {
      // Now in one order, now in another: who locks what first must not matter.
      const order = i % 2 === 0 ? prefixes : prefixes.toReversed();
      for (const prefix of order) {
        for (let isDone = false; !isDone; ) {
          const stands = await store.get(h('N', prefix));
          const both = order.map((each) => put(h(`X${i}`, each)));
          const { outcomes } = await commit(store, put(h('N', prefix), stands?.revision ?? 0), ...both);
          isDone = outcomes[0]?.ok === true;
        }
      }
    };
    await Promise.all(nodes.flatMap((node) => upTo(8).map((i) => raise(node, i))));
    const { store } = nodes[1] as PostgresFixture;
    const standing = await store.getMany(prefixes.map((prefix) => h('N', prefix)));
    expect(standing.map((record) => record?.revision)).toEqual([25, 25, 25]);
    const rows = await store.changes(0, 1000);
    expect(rows.map(({ sequence }) => sequence)).toEqual(upTo(rows.length));
    // In each prefix's log, revisions rise as they did.
    const named = rows.flatMap(({ entries }) => entries).filter(({ name }) => name === h('N'));
    expect(named.map(({ revision }) => revision)).toEqual(upTo(25));
    await Promise.all(nodes.map(({ close }) => close()));
  });

  it('know the types and templates that others have named since', async () => {
    const [first, second] = (await openNodes(2)) as [PostgresFixture, PostgresFixture];
    for (const [i, { store }] of [first, second, first, second].entries()) {
      const values = [text(1, 'x', { type: `TYPE_${i}` as never })];
      await apply(store, put(h(`A${i}`), 0, { values, template: h(`META_${i}`) }));
    }
    const [seen, own] = await Promise.all([first, second].map(({ store }) => store.list(P, null, 10)));
    expect(seen).toEqual(own);
    expect(seen?.map(({ template }) => template)).toEqual([0, 1, 2, 3].map((i) => h(`META_${i}`)));
    await Promise.all([first.close(), second.close()]);
  });

  it('apply a request once that came to two of them', async () => {
    const nodes = await openNodes(2);
    const once = request([put(h('A'))], { idempotency: { key: 'k', bodyHash: 'b', note: '' } });
    const results = await Promise.all(nodes.flatMap(({ store }) => [store.commit(once), store.commit(once)]));
    expect(results.filter(({ repeated }) => repeated === null)).toHaveLength(1);
    await Promise.all(nodes.map(({ close }) => close()));
  });
});

describe('the order of the log', () => {
  it('is one without gaps, though two nodes give places at the same moment', async () => {
    const nodes = await openNodes(3);
    const write = ({ store }: PostgresFixture, i: number) =>
      Promise.all(upTo(30).map((j) => apply(store, put(h(`A${i}-${j}`, `88.118.${i}${j % 3}`)))));
    const read = ({ store }: PostgresFixture) => Promise.all(upTo(10).map(() => sequences(store)));
    const [, seen] = await Promise.all([Promise.all(nodes.map(write)), Promise.all(nodes.map(read))]);
    for (const each of seen.flat()) expect(each).toEqual(upTo(each.length));
    for (const { store } of nodes) await until(async () => (await sequences(store)).length === 90);
    expect(await sequences((nodes[2] as PostgresFixture).store)).toEqual(upTo(90));
    await Promise.all(nodes.map(({ close }) => close()));
  });

  it('goes on when the node that gives it has lost its office', async () => {
    const nodes = await openNodes(2);
    const [first, second] = nodes as [PostgresFixture, PostgresFixture];
    await apply(first.store, put(h('A')));
    await until(async () => (await sequences(second.store)).length === 1);
    for (const [i, { store }] of [first, second].entries()) {
      expect(await endConnections('jiabiao')).toBeGreaterThan(0);
      await apply(store, put(h(`B${i}`)));
      // Read where it was not written: only an elected node gives it its place there.
      const { store: other } = nodes[1 - i] as PostgresFixture;
      await until(async () => (await sequences(other).catch(() => [])).length === 2 + i);
    }
    await Promise.all(nodes.map(({ close }) => close()));
  });
});

it('results of requests are cleared away when nobody can ask for them any more', async () => {
  const { schema, clock, store, close } = await openPostgres();
  const { query } = await postgres();
  const held = () => query(`SELECT key FROM ${schema}.idempotency`).then((rows) => rows.map(({ key }) => key));
  const keyed = (key: string) => request([put(h(key))], { idempotency: { key, bodyHash: 'b', note: '' } });
  await store.commit(keyed('old'));
  clock.nowMs += IDEMPOTENCY_TTL_MS + 1;
  await store.commit(keyed('new'));
  await until(async () => (await held()).length === 1);
  expect(await held()).toEqual(['new']);
  await close();
});

it('results that could not be dropped when there were too many are dropped with the next request', async () => {
  const { schema, store, close } = await openPostgres();
  const { query } = await postgres();
  const held = async () => Number((await query(`SELECT count(*) FROM ${schema}.idempotency`))[0]?.count);
  const keyed = (key: string) =>
    store.commit(request([put(h(key))], { idempotency: { key, bodyHash: 'b', note: '' } }));
  await query(`INSERT INTO ${schema}.idempotency (key, principal, stamp, body)
    SELECT 'old ' || i, 'operator', i, '' FROM generate_series(1, ${MAX_IDEMPOTENCY_RESULTS}) i`);
  await query(`CREATE FUNCTION ${schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no deletions now'; END $$`);
  await query(`CREATE TRIGGER refusing BEFORE DELETE ON ${schema}.idempotency
    FOR EACH ROW EXECUTE FUNCTION ${schema}.refuse()`);
  expect((await keyed('one')).outcomes).toMatchObject([{ revision: 1 }]);
  expect(await held()).toBe(MAX_IDEMPOTENCY_RESULTS + 1);
  await query(`DROP TRIGGER refusing ON ${schema}.idempotency`);
  await keyed('two');
  expect(await held()).toBe(MAX_IDEMPOTENCY_RESULTS);
  await close();
});

describe('a database that fails', () => {
  it('costs those who wait a clear answer, loses nothing that was acknowledged, and is used again', async () => {
    const { store, close } = await openPostgres();
    await apply(store, put(h('A')));
    const acknowledged: number[] = [];
    const failures = new Set<string>();
    const writing = upTo(300).map(async (i) => {
      await delay(i);
      await apply(store, put(h(`W${i}`))).then(
        () => acknowledged.push(i),
        (error: { code: string }) => failures.add(error.code),
      );
    });
    await delay(100);
    await endConnections('jiabiao writes');
    await Promise.all(writing);
    expect([...failures].filter((code) => code !== 'STORE_UNAVAILABLE')).toEqual([]);
    await until(() =>
      apply(store, put(h('AFTER'))).then(
        () => true,
        () => false,
      ),
    );
    const found = await store.getMany(acknowledged.map((i) => h(`W${i}`)));
    expect(found.filter((record) => record === null)).toEqual([]);
    await close();
  });

  it('is read while it takes no writes, says why, and is written to when it does again', async () => {
    const { store, close } = await openPostgres();
    const { query } = await postgres();
    await apply(store, put(h('A')));
    await query('ALTER SYSTEM SET default_transaction_read_only = on');
    await query('SELECT pg_reload_conf()');
    await until(async () => store.stats().readOnlyReason !== null);
    await expect(apply(store, put(h('B')))).rejects.toMatchObject({ code: 'STORE_READ_ONLY' });
    expect((await store.get(h('A')))?.revision).toBe(1);
    await query('ALTER SYSTEM RESET default_transaction_read_only');
    await query('SELECT pg_reload_conf()');
    await until(async () => store.stats().readOnlyReason === null);
    expect(await apply(store, put(h('B')))).toEqual([1]);
    await close();
  });

  it('ends a statement that takes too long, and nothing of it is applied', async () => {
    const { schema, store, close } = await openPostgres({ limits: { statementTimeoutMs: 200 } });
    const { query } = await postgres();
    await apply(store, put(h('A')));
    const holding = query(`BEGIN; LOCK TABLE ${schema}.prefixes; SELECT pg_sleep(1); COMMIT`);
    await delay(100);
    await expect(apply(store, put(h('A'), 1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await store.get(h('A')))?.revision).toBe(1);
    await holding;
    expect(await apply(store, put(h('A'), 1))).toEqual([2]);
    await close();
  });

  it('keeps no more waiting than it has connections for, and is not taken for one that is gone', async () => {
    const limits = { readConnections: 1, connectTimeoutMs: 200, statementTimeoutMs: 5000 };
    const { schema, store, close } = await openPostgres({ limits });
    const { query } = await postgres();
    await apply(store, put(h('A')));
    const holding = query(`BEGIN; LOCK TABLE ${schema}.records; SELECT pg_sleep(1); COMMIT`);
    await delay(100);
    const first = store.list(P, null, 1);
    await expect(store.list(P, null, 1)).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await first).toHaveLength(1);
    expect(await store.list(P, null, 1)).toHaveLength(1);
    await holding;
    await close();
  });

  it('that is damaged in one record harms those who meet it, and nobody else', async () => {
    const { schema, store, close } = await openPostgres();
    await apply(store, put(h('A')), put(h('B')), put(h('C')));
    const { query } = await postgres();
    await query(`UPDATE ${schema}.records SET body = '\\x0964616d61676564' WHERE suffix = 'A'`);
    const damaged = { code: 'STORE_FORMAT', message: expect.stringMatching(/damaged/) };
    const [a, b, c] = await Promise.allSettled(
      [put(h('A'), 1), put(h('B'), 1), remove(h('C'), 1)].map((change) => commit(store, change)),
    );
    expect(a).toMatchObject({ status: 'rejected', reason: damaged });
    expect([b, c].map((each) => each?.status === 'fulfilled' && words(each.value.outcomes))).toEqual([[2], [2]]);
    await expect(store.get(h('A'))).rejects.toMatchObject(damaged);
    expect((await store.get(h('B')))?.revision).toBe(2);
    await close();
  });
});

it('gives what it opened back, and refuses what comes afterwards', async () => {
  const { schema, store, close } = await openPostgres();
  const begun = upTo(50).map((i) => apply(store, put(h(`A${i}`))));
  await store.close();
  await Promise.all(begun);
  await expect(apply(store, put(h('B')))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await expect(async () => store.get(h('A1'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await close();
  const again = await openPostgres({ schema });
  expect(again.store.stats()).toMatchObject({ records: 50, sequence: 50 });
  const before = await apply(again.store, lot('l'), put(h('A1'), 1));
  expect(before).toEqual([1, 2]);
  expect((await again.store.lot(lotIdOf(P, 'l')))?.revision).toBe(1);
  await again.close();
});
