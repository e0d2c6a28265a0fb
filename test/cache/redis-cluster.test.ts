// What others told, and what nodes tell each other, in a real Redis Cluster, while a slot moves from one master to another.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RedisAnswers } from '../../src/cache/redis-answers.ts';
import { RedisConnection } from '../../src/cache/redis-connection.ts';
import { RedisInvalidations } from '../../src/cache/redis-invalidations.ts';
import type { TierKey } from '../../src/cache/second-tier.ts';
import type { ForeignAnswer } from '../../src/domain/foreign-answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { type RedisCluster, startCluster } from '../redis-cluster.ts';

const STREAM = 'test:invalidations';
const ABSENT: ForeignAnswer = { kind: 'not-found', learnedAt: 5 };
const keyOf = (name: string): TierKey => ({ handle: `20.500/${name}` as Handle, site: null });

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 30_000);
afterAll(() => cluster?.close());

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

async function open() {
  const settings = { urls: cluster.urls, isCluster: true, username: null, password: null, timeoutMs: 500 };
  const connection = new RedisConnection(settings, () => {});
  const events: string[] = [];
  const tier = new RedisAnswers(connection, 'test', { cacheEvent: (_cache, event) => events.push(event) });
  opened.push(tier);
  await connection.ready(5000);
  expect(connection.isUp).toBe(true);
  return { settings, connection, tier, events };
}

async function listen(nodeId: string) {
  const { settings, connection, tier } = await open();
  const heard: Handle[] = [];
  const gaps: number[] = [];
  let state = '';
  const invalidations = new RedisInvalidations({
    settings,
    keyPrefix: 'test',
    nodeId,
    place: nodeId,
    clock: () => performance.now(),
    answers: tier,
    connection,
    onHeard: (handles) => heard.push(...handles),
    onGap: () => gaps.push(1),
    onState: (now) => {
      state = now;
    },
  });
  opened.push(invalidations);
  await until(() => state === 'up');
  return { invalidations, heard, gaps };
}

async function until(holds: () => boolean | Promise<boolean>, withinMs = 8000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function put(tier: RedisAnswers, key: TierKey): Promise<void> {
  tier.set(key, ABSENT, 60_000);
  await until(async () => (await tier.get(key)) !== null);
}

describe('a Cluster', () => {
  test('holds answers on all its masters, and loses none while and after the slot of one moves', async () => {
    const { tier, connection, events } = await open();
    const keys = Array.from({ length: 60 }, (_, i) => keyOf(`K${i}`));
    await Promise.all(keys.map((key) => put(tier, key)));
    events.length = 0;
    const all = () => Promise.all(keys.map((key) => tier.get(key)));
    const moved = keys[0] as TierKey;
    await cluster.moveSlotOf(`test:{${moved.handle}}:answer`, async () => {
      expect(await all()).toEqual(keys.map(() => ABSENT)); // it has been announced, and the key is still here
    });
    expect(await all()).toEqual(keys.map(() => ABSENT));
    expect(connection.isUp).toBe(true);
    expect(events).not.toContain('failed');
    await tier.forget(moved.handle);
    expect(await tier.get(moved)).toBeNull();
    tier.set(moved, ABSENT, 60_000);
    await put(tier, keyOf('AFTER'));
    expect(await tier.get(moved)).toBeNull(); // barred where it lives now
  });

  test('carries what nodes tell each other, over the move of the stream itself', async () => {
    const [a, b] = [await listen('a'), await listen('b')];
    const tell = async (name: string): Promise<void> => {
      const { handle } = keyOf(name);
      a.invalidations.publish([handle]);
      // Told one by one, or known to have been missed.
      const gaps = b.gaps.length;
      await until(() => b.heard.includes(handle) || b.gaps.length > gaps);
    };
    await tell('BEFORE');
    expect(b.heard).toEqual([keyOf('BEFORE').handle]);
    await cluster.moveSlotOf(STREAM, () => tell('WHILE'));
    for (const name of ['AFTER', 'LATER']) await tell(name);
    await until(() => b.heard.includes(keyOf('LATER').handle) || b.gaps.length > 1);
    a.invalidations.publish([keyOf('LAST').handle]);
    await until(() => b.heard.includes(keyOf('LAST').handle));
  });
});
