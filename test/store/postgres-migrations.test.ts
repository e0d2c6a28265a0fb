// The layout of the database: taken step by step, once, and refused where it is not this program's.

import { describe, expect, it } from 'vitest';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { migrate, SCHEMA_VERSION, schemaVersionOf } from '../../src/store/postgres-migrations.ts';
import { openPostgresStore } from '../../src/store/postgres-store.ts';
import { openPostgres, postgres } from './postgres-world.ts';
import { apply, h, NOON, put } from './world.ts';

const clock = () => NOON;

async function opening(schema: string) {
  const { url } = await postgres();
  return openPostgresStore({ url, schema, clock, onVisible() {}, observer: SILENT_OBSERVER });
}

describe('the layout of a database', () => {
  it('is made once, however many nodes make it, and then stands', async () => {
    const { url } = await postgres();
    const place = { url, schema: 'made_once', clock, partitions: 2 };
    expect(await schemaVersionOf(place)).toEqual({ version: 0, compatibleFrom: 0 });
    const taken = await Promise.all([migrate(place), migrate(place), migrate(place)]);
    expect(taken.map(({ length }) => length).sort()).toEqual([0, 0, SCHEMA_VERSION]);
    expect((await schemaVersionOf(place)).version).toBe(SCHEMA_VERSION);
    const store = await opening('made_once');
    await apply(store, put(h('A')));
    expect(await migrate(place)).toEqual([]);
    expect(await store.get(h('A'))).not.toBeNull();
    await store.close();
  });

  it('does without partitions, for a database that shards by itself', async () => {
    const { url } = await postgres();
    await migrate({ url, schema: 'whole', clock, partitions: 0 });
    const store = await opening('whole');
    expect(await apply(store, put(h('A')), put(h('B'), 0, { parent: h('A') }))).toEqual([1, 1]);
    await store.close();
  });

  it('is made in no database whose encoding lacks what texts have', async () => {
    const { url, query } = await postgres();
    await query("CREATE DATABASE narrow TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    const place = { url: Object.assign(new URL(url), { pathname: '/narrow' }).href, schema: 'made', clock };
    const refusal = { code: 'STORE_FORMAT', message: expect.stringMatching(/narrow is in LATIN1.*ENCODING 'UTF8'/) };
    await expect(migrate(place)).rejects.toMatchObject(refusal);
    expect((await schemaVersionOf(place)).version).toBe(0);
  });

  it('is refused before it is there, with the command that makes it', async () => {
    const refusal = { code: 'STORE_FORMAT', message: expect.stringMatching(/holds no registry yet.*jiabiao migrate/) };
    await expect(opening('nothing_here')).rejects.toMatchObject(refusal);
  });

  it('is refused if a newer program has changed it beyond this one, and not if it only added to it', async () => {
    const { schema, close } = await openPostgres();
    await close();
    const { query } = await postgres();
    const newer = `INSERT INTO ${schema}.schema_versions (version, compatible_from, applied_at) VALUES ($1, $2, 0)`;
    await query(newer, [SCHEMA_VERSION + 1, SCHEMA_VERSION]);
    await (await opening(schema)).close();
    await query(newer, [SCHEMA_VERSION + 2, SCHEMA_VERSION + 2]);
    const refusal = { code: 'STORE_FORMAT', message: expect.stringMatching(/cannot work with/) };
    await expect(opening(schema)).rejects.toMatchObject(refusal);
  });

  it('is of one schema, whose name is no more than a name', async () => {
    await expect(opening('x; DROP TABLE records')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
