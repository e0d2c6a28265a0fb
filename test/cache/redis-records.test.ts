// Own records in a real Redis: as they were put there, gone with a change, and not put back by who read them before it.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisConnection } from '../../src/cache/redis-connection.ts';
import { RedisRecords } from '../../src/cache/redis-records.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { HandleRecord } from '../../src/domain/handle-record.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { decodeLoneRecord, encodeLoneRecord } from '../../src/store/lone-record.ts';
import { type RedisProcess, startRedis } from '../redis-server.ts';

const HANDLE = '88.118.1/木 {1}' as Handle;
const record: HandleRecord = {
  handle: HANDLE,
  status: 'active',
  parent: '88.118.1/MODEL' as Handle,
  template: null,
  reason: null,
  recall: { reason: 'a', notice: '召回', timestamp: 7 },
  values: [
    makeValue({ index: 2000, type: bytesFromText('NAME'), data: bytesFromText('橡木 \0'), timestamp: 1_700_000_000 }),
  ],
  revision: 3,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_001,
};

let redis: RedisProcess;
let records: RedisRecords;
const events: string[] = [];
beforeAll(async () => {
  redis = await startRedis();
  const settings = { urls: [redis.url], isCluster: false, username: null, password: null, timeoutMs: 500 };
  const connection = new RedisConnection(settings, () => {});
  const observer = { cacheEvent: (_cache: string, event: string) => void events.push(event) };
  const codec = { encode: encodeLoneRecord, decode: decodeLoneRecord };
  records = new RedisRecords({ connection, keyPrefix: 'test', maxAgeSeconds: 60, observer, codec });
  await connection.ready(3000);
});
afterAll(async () => {
  await records.close();
  await redis.close();
});

test('a record comes back as it was, with the instant at which it was read', async () => {
  expect(await records.get(HANDLE)).toBeNull();
  records.set({ record, readAt: 42 });
  await expect.poll(() => records.get(HANDLE)).toEqual({ record, readAt: 42 });
  expect(Number(await redis.command('PTTL', `test:{${HANDLE}}:record`))).toBeGreaterThan(50_000);
});

test('a change removes it, and keeps out who had read it before', async () => {
  records.set({ record, readAt: 42 });
  await records.bar([HANDLE]);
  records.set({ record, readAt: 43 });
  const other = '88.118.1/OTHER' as Handle;
  records.set({ record: { ...record, handle: other }, readAt: 44 });
  await expect.poll(async () => (await records.get(other))?.readAt).toBe(44);
  expect(await records.get(HANDLE)).toBeNull();
});

test.each([
  '',
  '[1,1,"h",{},[]]',
  '2 1 ',
  '2 soon \n',
  '2 1 88.118.1/MODEL\n',
  '2 1 88.118.1/MODEL\nx',
])('what is no record of this version is a miss: %s', async (text) => {
  await redis.command('SET', `test:{${HANDLE}}:record`, text);
  expect(await records.get(HANDLE)).toBeNull();
});

test('a Redis that is gone is a miss, and a change that cannot be told there says so', async () => {
  await redis.kill();
  events.length = 0;
  expect(await records.get(HANDLE)).toBeNull();
  expect(events).toEqual(['failed']);
  await expect(records.bar([HANDLE])).rejects.toThrow();
  records.set({ record, readAt: 45 });
  await redis.restart();
});
