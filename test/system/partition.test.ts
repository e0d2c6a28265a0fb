// Two real nodes that cannot tell each other what changes, though each may think that all is well: what one has of the
// other is old for half a minute at most, both go on answering, and when it is over a change shows within a second again.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisProcess, startRedis } from '../redis-server.ts';
import { openRelay, type Relay } from '../relay.ts';
import { Connection } from './node.ts';
import { type Pair, startPair } from './pair.ts';

/** What the nodes promise, while they hear each other and while they do not. */
const HEARING_MS = 1000;
const DEAF_MS = 30_000;

let redis: RedisProcess;
let relay: Relay;
let pair: Pair;
let reader: Connection;

beforeAll(async () => {
  redis = await startRedis();
  relay = await openRelay(redis.port);
  pair = await startPair({ home: `redis://127.0.0.1:${relay.port}`, away: redis.url });
  reader = new Connection(pair.away.url, null);
});

afterAll(async () => {
  await reader?.close();
  await pair?.close();
  await relay?.close();
  await redis?.close();
});

const isDeaf = async (): Promise<boolean> =>
  /^jiabiao_invalidation_down 1$/m.test((await reader.ask('GET', '/metrics')).text);

async function untilHearing(isHearing: boolean): Promise<void> {
  const deadline = performance.now() + DEAF_MS;
  while ((await isDeaf()) === isHearing) {
    if (performance.now() > deadline)
      throw new Error(`the other node ${isHearing ? 'still hears nothing' : 'noticed nothing'}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** In both threads over there, with nothing still to come that would end it. */
async function untilRemembered(suffix: string): Promise<void> {
  for (let inARow = 0; inARow < 100; ) {
    const { headers } = await reader.ask('GET', pair.pathOf(suffix));
    inARow = /detail=l1/.test(String(headers['cache-status'])) ? inARow + 1 : 0;
  }
}

const noEviction = ['CONFIG', 'SET', 'maxmemory', '1'];
const FAULTS: readonly (readonly [name: string, begin: () => unknown, end: () => unknown])[] = [
  ['the home is cut off from Redis', () => relay.cut(), () => relay.mend()],
  ['Redis is full', () => redis.command(...noEviction), () => redis.command('CONFIG', 'SET', 'maxmemory', '0')],
  [
    'Redis has become a replica, which takes no writes',
    () => redis.command('REPLICAOF', '127.0.0.1', '1'),
    () => redis.command('REPLICAOF', 'NO', 'ONE'),
  ],
];

describe('while', () => {
  it.each(FAULTS)('%s', { timeout: 90_000 }, async (name, begin, end) => {
    await untilHearing(true);
    const suffix = `S${name.length}`;
    await pair.put(suffix, 'old');
    expect(await pair.delayUntil(reader, suffix, 'old', DEAF_MS)).toBeLessThan(HEARING_MS);
    await untilRemembered(suffix);
    await begin();
    try {
      await pair.put(suffix, 'new');
      // Nobody was told, and the other node answers as before: 200, from what it remembers.
      expect(await pair.seen(reader, suffix)).toBe('old');
      const delayMs = await pair.delayUntil(reader, suffix, 'new', DEAF_MS);
      console.log(`while ${name}, a change showed elsewhere after ${(delayMs / 1000).toFixed(1)} s`);
      await untilHearing(false);
      await pair.put(`${suffix}-FIRST`, 'here');
      expect(await pair.seen(reader, `${suffix}-FIRST`)).toBe('here');
    } finally {
      await end();
    }
    await untilHearing(true);
    await pair.put(suffix, 'newest');
    expect(await pair.delayUntil(reader, suffix, 'newest', DEAF_MS)).toBeLessThan(HEARING_MS);
  });

  it('Redis forgets what was used least, answers come from upstream and changes show as ever', async () => {
    await untilHearing(true);
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const long = 'x'.repeat(2000);
    for (let i = 0; i < 200; i++) {
      if (i === 100) {
        const used = /used_memory:(\d+)/.exec(String(await redis.command('INFO', 'memory')))?.[1];
        await redis.command('CONFIG', 'SET', 'maxmemory', String(Number(used) - 60_000));
      }
      await pair.put(`E${i}`, `${long} old`);
      expect(await pair.seen(reader, `E${i}`)).toBe(`${long} old`);
    }
    expect(String(await redis.command('INFO', 'stats'))).toMatch(/evicted_keys:[1-9]/);
    await pair.put('E0', 'new');
    expect(await pair.delayUntil(reader, 'E0', 'new', DEAF_MS)).toBeLessThan(HEARING_MS);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  });
});
