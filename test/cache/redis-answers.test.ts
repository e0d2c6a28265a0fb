// What others told, in a real Redis: shared, invalidated without a gap, and never waited for when Redis is ill.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RedisAnswers } from '../../src/cache/redis-answers.ts';
import { RedisConnection } from '../../src/cache/redis-connection.ts';
import type { TierKey } from '../../src/cache/second-tier.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { ForeignAnswer } from '../../src/domain/foreign-answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { type RedisProcess, startRedis } from '../redis-server.ts';

const TIMEOUT_MS = 15;
const HANDLE = '20.500/木 {1}' as Handle;
const KEY: TierKey = { handle: HANDLE, site: null };

const told = (text: string): ForeignAnswer => ({
  kind: 'found',
  learnedAt: 1_700_000_000_000,
  values: [
    makeValue({
      index: 1,
      type: bytesFromText('NAME'),
      data: bytesFromText(text),
      ttl: 600,
      timestamp: 1_700_000_000,
      permissions: 0b1110,
      references: [{ handle: '20.500/X', index: 2 }],
    }),
  ],
});

let redis: RedisProcess;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

interface Opened {
  readonly tier: RedisAnswers;
  readonly connection: RedisConnection;
  readonly events: string[];
}

const opened: RedisAnswers[] = [];
beforeEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function open(url = redis.url): Promise<Opened> {
  const settings = { urls: [url], isCluster: false, username: null, password: null, timeoutMs: TIMEOUT_MS };
  const connection = new RedisConnection(settings, () => {});
  const events: string[] = [];
  const tier = new RedisAnswers(connection, 'test', { cacheEvent: (_cache, event) => events.push(event) });
  opened.push(tier);
  await connection.ready(2000);
  return { tier, connection, events };
}

/** With its values, and without what was kept beside them. */
function read(answer: ForeignAnswer | null): unknown {
  if (answer?.kind !== 'found') return answer;
  const { kind, values, learnedAt } = answer;
  return { kind, values, learnedAt };
}

/** Sets and waits until it is there: `set` returns at once. */
async function put(tier: RedisAnswers, key: TierKey, answer: ForeignAnswer, forMs = 60_000): Promise<void> {
  tier.set(key, answer, forMs);
  await until(async () => (await tier.get(key)) !== null);
}

async function until(holds: () => Promise<boolean>, withinMs = 3000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not come to hold');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('an answer', () => {
  test('that one thread puts there, another gets, bytes and all', async () => {
    const [a, b] = [await open(), await open()];
    const answer = told('橡木 \u0001');
    await put(a.tier, KEY, answer);
    expect(read(await b.tier.get(KEY))).toEqual(answer);
    expect(b.events).toEqual(['hit']);
    expect(await b.tier.get({ handle: '20.500/NONE' as Handle, site: null })).toBeNull();
  });

  test('and others asked for in the same turn come in one command, each to who asked for it', async () => {
    const { tier, events } = await open();
    const keys = Array.from({ length: 150 }, (_, i): TierKey => ({ handle: `20.500/M${i}` as Handle, site: null }));
    await Promise.all(keys.map((key, i) => put(tier, key, told(`n${i}`))));
    const commands = async (name: string): Promise<number> => {
      const stats = String(await redis.command('INFO', 'commandstats'));
      return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    };
    const before = await commands('mget');
    events.length = 0;
    const nobody: TierKey = { handle: '20.500/NONE' as Handle, site: null };
    const found = await Promise.all([...keys.slice(0, 140), nobody, ...keys.slice(140)].map((key) => tier.get(key)));
    const names = found.map((one) => (one?.kind === 'found' ? String(one.values[0]?.data) : 'none'));
    expect(names).toEqual([
      ...keys.slice(0, 140).map((_, i) => `n${i}`),
      'none',
      ...keys.slice(140).map((_, i) => `n${140 + i}`),
    ]);
    expect(events.filter((event) => event === 'hit')).toHaveLength(150);
    expect((await commands('mget')) - before).toBe(3); // of 64 keys at most
  });

  test('of absence is one too', async () => {
    const { tier } = await open();
    const key = { handle: '20.500/ABSENT' as Handle, site: null };
    await put(tier, key, { kind: 'not-found', learnedAt: 5 });
    expect(await tier.get(key)).toEqual({ kind: 'not-found', learnedAt: 5 });
  });

  test('of another site is another', async () => {
    const { tier, events } = await open();
    await put(tier, KEY, told('oak'));
    const site = { prefix: '20.500' as never, urls: ['https://oak.example'], sites: [] };
    expect(await tier.get({ handle: HANDLE, site })).toBeNull();
    const newer = { ...told('ash'), learnedAt: told('oak').learnedAt + 1 };
    await put(tier, { handle: HANDLE, site }, newer);
    expect(await tier.get(KEY)).toBeNull(); // the later one has taken its place
    events.length = 0;
    expect(read(await tier.held(HANDLE))).toEqual(newer); // who looks in wants any, and counts for nothing
    expect(await tier.held('20.500/NONE' as Handle)).toBeNull();
    expect(events).toEqual([]);
  });

  test.each([
    ['garbage', 'x'],
    ['of another version', '1 - absent 5\n'],
    ['of another site', '2 7 absent 5\n'],
    ['without its end', '2 - absent 5'],
    ['of no instant', '2 - absent soon\n'],
    ['of another kind', '2 - told 5 2 600 1 0\n[]'],
    ['cut off', '2 - shown 5 3 600 1 0\n[]'],
    ['no array of values', '2 - shown 5 2 600 1 0\n{}'],
    ['without what follows from it', '2 - shown 5 2\n[]'],
    ['rows that are none', '2 - rows 5 2\n{}'],
    ['rows that are no JSON', '2 - rows 5 2\n[}'],
    ['a value cut short', '2 - rows 5 9\n[[1,"T"]]'],
  ])('that is %s counts for nothing', async (_, text) => {
    const { tier, events } = await open();
    await redis.command('SET', 'test:{20.500/BAD}:answer', text);
    expect(await tier.get({ handle: '20.500/BAD' as Handle, site: null })).toBeNull();
    expect(events).toEqual(['miss']);
  });

  test('that an older version of the node has put there counts for nothing, and gives way', async () => {
    const { tier } = await open();
    const key = { handle: '20.500/OLD' as Handle, site: null };
    await redis.command('HSET', 'test:{20.500/OLD}:answer', '-', '[1,5]');
    expect(await tier.get(key)).toBeNull();
    await put(tier, key, told('oak'));
    expect(read(await tier.get(key))).toEqual(told('oak'));
  });

  test('is gone when its time is over', async () => {
    const { tier } = await open();
    const key = { handle: '20.500/BRIEF' as Handle, site: null };
    await put(tier, key, told('oak'), 30);
    await until(async () => (await tier.get(key)) === null);
  });
});

describe('an invalidation', () => {
  test('removes the answer, and turns away what was on its way', async () => {
    const [a, b] = [await open(), await open()];
    const key = { handle: '20.500/CHANGED' as Handle, site: null };
    await put(a.tier, key, told('old'));
    await b.tier.forget(key.handle);
    expect(await a.tier.get(key)).toBeNull();
    a.tier.set(key, told('old'), 60_000);
    const other = { handle: '20.500/AFTER' as Handle, site: null };
    await put(a.tier, other, told('new'));
    expect(await a.tier.get(key)).toBeNull();
  });
});

test('a reply that was there while this thread was busy with something else is not late', async () => {
  const { tier, connection, events } = await open();
  await put(tier, KEY, told('oak'));
  const asked = tier.get(KEY);
  await new Promise((resolve) => setImmediate(resolve)); // the command is on its way
  const busyUntil = performance.now() + 8 * TIMEOUT_MS;
  while (performance.now() < busyUntil);
  expect(read(await asked)).toEqual(told('oak'));
  expect(connection.isUp).toBe(true);
  expect(events).not.toContain('failed');
});

describe('a Redis that is ill', () => {
  async function slowest(tier: RedisAnswers, questions: number): Promise<readonly number[]> {
    const times: number[] = [];
    for (let i = 0; i < questions; i++) {
      const startedAt = performance.now();
      expect(await tier.get(KEY)).toBeNull();
      times.push(performance.now() - startedAt);
    }
    return times;
  }

  test('frozen, costs its time limit once and then nothing, and is used again when it thaws', async () => {
    const { tier, connection, events } = await open();
    await put(tier, KEY, told('oak'));
    redis.freeze();
    try {
      const [first = 0, ...others] = await slowest(tier, 50);
      expect(first).toBeGreaterThan(TIMEOUT_MS / 3); // a look before it and time that the thread did not run are not waited for
      expect(Math.max(...others)).toBeLessThan(10);
      expect(events.filter((event) => event === 'failed')).toHaveLength(1);
    } finally {
      redis.thaw();
    }
    await connection.ready(3000);
    expect(await tier.get(KEY)).toMatchObject({ kind: 'found' });
  });

  test('killed, costs nothing, and is used again when it is back', async () => {
    const { tier, connection } = await open();
    await put(tier, KEY, told('oak'));
    await redis.kill();
    // Without the gate each would wait for a connection; a busy machine holds one up now and then.
    expect((await slowest(tier, 50)).toSorted((a, b) => a - b)[45]).toBeLessThan(TIMEOUT_MS);
    await redis.restart();
    await connection.ready(5000);
    await put(tier, KEY, told('ash'));
    expect(await tier.get(KEY)).toMatchObject({ values: [{ data: 'ash' }] });
  });

  test('that was not there at the start costs nothing, and is used when it comes', async () => {
    await redis.kill();
    const { tier, connection } = await open();
    expect(Math.max(...(await slowest(tier, 5)))).toBeLessThan(TIMEOUT_MS);
    tier.set(KEY, told('oak'), 1000);
    await tier.forget(HANDLE);
    await redis.restart();
    await connection.ready(5000);
    expect(connection.isUp).toBe(true);
  });

  test('full, or turned read-only, still answers what it has', async () => {
    const { tier, connection, events } = await open();
    await put(tier, KEY, told('oak'));
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    tier.set({ handle: '20.500/NEW' as Handle, site: null }, told('new'), 1000);
    await until(async () => events.includes('failed'));
    expect(await tier.get(KEY)).toMatchObject({ kind: 'found' });
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    events.length = 0;
    tier.set({ handle: '20.500/NEW' as Handle, site: null }, told('new'), 1000);
    await until(async () => events.includes('failed'));
    expect(connection.isUp).toBe(true);
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await put(tier, { handle: '20.500/NEW' as Handle, site: null }, told('new'));
  });
});
