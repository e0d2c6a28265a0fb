// Nodes of one registry have the same keys: who has another one is told so, whoever leads over to a new one leads all.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { agreeOnKey, type SharedKey } from '../../src/app/shared-keys.ts';
import { openAgreements } from '../../src/peers/agreements.ts';
import { migrate } from '../../src/store/postgres-migrations.ts';
import { connectTo } from '../peers/world.ts';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';

let postgres: PostgresProcess;
let url: string;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());
beforeEach(async () => {
  url = await postgres.createDatabase();
  await migrate({ url, schema: 'public', partitions: 0, clock: () => 0 });
});

const withKeys = (...keys: string[]): SharedKey => ({ name: 'lot-key', file: '/data/lot.key', keys });
const agree = (...keys: string[]) => agreeOnKey(openAgreements(connectTo(url)), withKeys(...keys));

describe('a key that nodes share', () => {
  test('is that of the node that came first', async () => {
    await agree('oak');
    await agree('oak');
    await expect(agree('elm')).rejects.toThrow('The key in /data/lot.key is another than that of the other nodes');
    await expect(agree('elm')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  test('is replaced by a node that still has the old one, after which all must have the new one', async () => {
    await agree('oak');
    await agree('elm', 'oak');
    await agree('elm', 'oak');
    await expect(agree('oak')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await agree('elm');
  });

  test('is one, whichever of two nodes that start at once is faster', async () => {
    const outcomes = await Promise.allSettled([agree('oak'), agree('elm')]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('is nothing to agree on where there is none, and never stands in the store', async () => {
    await agree();
    expect(await openAgreements(connectTo(url)).read('lot-key')).toBeNull();
    await agree('oak');
    expect(await openAgreements(connectTo(url)).read('lot-key')).toMatch(/^[0-9a-f]{32}$/);
  });
});
