// Transactions that meet others: what they ask of the database stays small, and they step back before they try again.

import { expect, it } from 'vitest';
import type { Handle } from '../../src/domain/handle.ts';
import { MAX_DESCENDANTS_CHECKED } from '../../src/domain/limits.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { PackedWriter } from '../../src/store/packed-bytes.ts';
import { decide, foresee } from '../../src/store/postgres-commit-group.ts';
import { PostgresNames } from '../../src/store/postgres-names.ts';
import { PostgresPool } from '../../src/store/postgres-pool.ts';
import { openPostgresStore } from '../../src/store/postgres-store.ts';
import { WorkingSet } from '../../src/store/postgres-working-set.ts';
import { encodeRecord, NO_BODY, type RecordHead } from '../../src/store/record-codec.ts';
import { openPostgres, postgres } from './postgres-world.ts';
import { apply, h, LOT_TAGS, NOON, P, put, request } from './world.ts';

/** Makes the next commits to `schema` meet another transaction, each of them as often as `times` says. */
async function collide(schema: string, times: number): Promise<void> {
  const { query } = await postgres();
  await query(`CREATE SEQUENCE ${schema}.met`);
  await query(`CREATE FUNCTION ${schema}.meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('${schema}.met') <= ${times} THEN RAISE EXCEPTION 'met' USING ERRCODE = '40001'; END IF;
    RETURN NULL;
  END $$`);
  await query(
    `CREATE TRIGGER meet AFTER INSERT ON ${schema}.records FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.meet()`,
  );
}

it('a transaction that met another steps back by chance, for longer each time, and is applied', async () => {
  const { url, schema, close } = await openPostgres();
  const chances: number[] = [];
  const store = await openPostgresStore({
    ...{ url, schema, clock: () => NOON, observer: SILENT_OBSERVER, onVisible() {} },
    random: () => chances.push(1) && 1,
  });
  await collide(schema, 4);
  const begunAt = performance.now();
  expect(await apply(store, put(h('A')))).toEqual([1]);
  expect(performance.now() - begunAt).toBeGreaterThan(5 + 10 + 20 + 40 - 1);
  expect(chances).toHaveLength(4);
  await store.close();
  await close();
});

it('and one that meets others for ever is refused, so that its caller may try later', async () => {
  const { schema, store, close } = await openPostgres();
  await collide(schema, 1000);
  await expect(apply(store, put(h('A')))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await close();
});

it('the children of a record that moves are asked for as far as they count, whatever else is written with it', () => {
  const pool = new PostgresPool({
    ...{ url: 'postgres://nobody@127.0.0.1:1/none', schema: 'none', connections: 1, name: 'test' },
    ...{ connectTimeoutMs: 100, statementTimeoutMs: 100 },
  });
  const set = new WorkingSet();
  const others = Array.from({ length: 500 }, (_, i) => put(h(`OTHER-${i}`)));
  const requests = [request([...others, put(h('BATCH'), 1, { parent: h('MODEL') })])];
  foresee(requests, set);
  set.prefixes.set(P, { stamp: 0, at: 0, issued: 2, hasLots: false });
  const names = new PostgresNames(pool);
  const instants = { createdAt: NOON, updatedAt: NOON };
  const marks = { parentNode: 0, node: 1, isRecalled: false, isSearchable: false };
  const head: RecordHead = { status: 'active', revision: 1, ...instants, ...marks };
  const out = new PackedWriter();
  encodeRecord(head, NO_BODY, names, out);
  const parent = { head, bytes: out.toBytes(), parent: null };
  for (const name of ['MODEL', 'BATCH']) set.records.set(h(name), parent);
  for (const handle of set.records.wanted.keys()) set.records.set(handle as Handle, null);
  decide(requests, { set, names, lotTags: LOT_TAGS, nowMs: NOON });
  expect([...set.children.wanted.values()].map(({ limit }) => limit)).toEqual([MAX_DESCENDANTS_CHECKED + 1]);
});
