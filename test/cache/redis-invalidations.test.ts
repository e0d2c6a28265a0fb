// What nodes tell each other over a real Redis: heard, or known to have been missed.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RedisAnswers } from '../../src/cache/redis-answers.ts';
import { RedisConnection } from '../../src/cache/redis-connection.ts';
import { RedisInvalidations } from '../../src/cache/redis-invalidations.ts';
import type { Handle } from '../../src/domain/handle.ts';
import { type RedisProcess, startRedis } from '../redis-server.ts';

let redis: RedisProcess;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

interface Node {
  readonly invalidations: RedisInvalidations;
  readonly heard: Handle[];
  readonly states: string[];
  gaps: number;
  close(): Promise<void>;
}

const nodes: Node[] = [];
/** How far the nodes' clocks are ahead. */
let aheadMs = 0;
afterEach(async () => {
  aheadMs = 0;
  for (const node of nodes.splice(0)) await node.close();
});

async function open(nodeId: string): Promise<Node> {
  const settings = { urls: [redis.url], isCluster: false, username: null, password: null, timeoutMs: 200 };
  const connection = new RedisConnection(settings, () => {});
  const answers = new RedisAnswers(connection, 'test', { cacheEvent() {} });
  const heard: Handle[] = [];
  const states: string[] = [];
  const node: Node = {
    heard,
    states,
    gaps: 0,
    invalidations: new RedisInvalidations({
      settings,
      keyPrefix: 'test',
      nodeId,
      place: nodeId,
      clock: () => performance.now() + aheadMs,
      answers,
      connection,
      onHeard: (handles) => heard.push(...handles),
      onGap: () => {
        node.gaps++;
      },
      onState: (state) => states.push(state),
    }),
    async close() {
      await node.invalidations.close();
      await answers.close();
    },
  };
  nodes.push(node);
  await connection.ready(3000);
  await until(() => states.at(-1) === 'up');
  return node;
}

async function until(holds: () => boolean, withinMs = 8000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it did not come to hold');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const handles = (...names: string[]) => names.map((name) => `88.118.1/${name}` as Handle);

describe('a change at one node', () => {
  test('is heard by the others, soon, and not by itself', async () => {
    const [a, b, c] = [await open('a'), await open('b'), await open('c')];
    const startedAt = performance.now();
    a.invalidations.publish(handles('X', 'Y'));
    await until(() => b.heard.length === 2 && c.heard.length === 2);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect([b.heard, a.heard]).toEqual([handles('X', 'Y'), []]);
    expect([b.gaps, c.gaps]).toEqual([1, 1]); // the one at the start
  });

  test('of everything is a gap', async () => {
    const [a, b] = [await open('a'), await open('b')];
    a.invalidations.publish([], true);
    await until(() => b.gaps === 2);
  });

  test('too many to be told one by one become one of everything', async () => {
    const [a, b] = [await open('a'), await open('b')];
    a.invalidations.publish(Array.from({ length: 20_001 }, (_, i) => `88.118.1/${i}` as Handle));
    await until(() => b.gaps === 2);
    expect(b.heard).toEqual([]);
  });

  test('is not lost while Redis is away: it is told when it is back, and who listened knows of the gap', async () => {
    const [a, b] = [await open('a'), await open('b')];
    await redis.kill();
    await until(() => b.states.at(-1) === 'down');
    a.invalidations.publish(handles('LATE'));
    await redis.restart();
    await until(() => b.states.at(-1) === 'up' && b.gaps >= 2);
    await until(() => b.heard.includes(handles('LATE')[0] as Handle) || b.gaps >= 2);
  });
});

describe('a node that listens', () => {
  /** As another node tells it, or another program. */
  const told = (node: string, number: string, rest: readonly string[]) =>
    redis.command('XADD', 'test:invalidations', '*', 'n', node, 'c', number, ...rest);
  const toldOf = (number: string, name: string) => told('z', number, ['h', JSON.stringify(handles(name)), 'e', '']);

  test('knows that it missed a message by its number', async () => {
    const b = await open('b');
    await toldOf('7', 'A');
    await toldOf('8', 'B');
    await until(() => b.heard.length === 2);
    expect(b.gaps).toBe(1);
    await toldOf('10', 'D');
    await until(() => b.gaps === 2);
    expect(b.heard).toEqual(handles('A', 'B', 'D'));
  });

  test('takes what it cannot read for a gap, and goes on listening', async () => {
    const b = await open('b');
    await toldOf('7', 'A');
    for (const h of ['no JSON', '7', '{}', '[7]', 'null']) await told('z', '8', ['h', h, 'e', '']);
    await told('z', 'eight', ['h', '[]', 'e', '']);
    await redis.command('XADD', 'test:invalidations', '*', 'something', 'else');
    await until(() => b.gaps === 8);
    await toldOf('8', 'B');
    await until(() => b.heard.length === 2);
    expect([b.heard, b.gaps, b.states.filter((state) => state === 'up').length]).toEqual([handles('A', 'B'), 8, 1]);
  });

  test('notices a frozen Redis, and takes it for a gap when it thaws', async () => {
    const b = await open('b');
    redis.freeze();
    try {
      await until(() => b.states.at(-1) === 'down');
    } finally {
      redis.thaw();
    }
    await until(() => b.states.at(-1) === 'up');
    expect(b.gaps).toBe(2);
  });

  const beatOf = async (place: string): Promise<number> =>
    Number(String(await redis.command('HGET', 'test:nodes', place)).split(' ')[1] ?? 0);

  /** Writes down that z is there, or what it says instead, and waits until b has seen it. */
  async function seen(beat: string): Promise<void> {
    await redis.command('HSET', 'test:nodes', 'z', beat);
    await pass();
  }
  async function pass(): Promise<void> {
    const before = await beatOf('b');
    while (!((await beatOf('b')) >= before + 2)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  test('misses who falls silent until it is heard of again, but not who said goodbye', async () => {
    const b = await open('b');
    await until(() => b.gaps === 1);
    await seen('z1 1 0');
    aheadMs += 6000;
    await until(() => b.states.at(-1) === 'down');
    expect(b.gaps).toBe(2);
    await seen('z1 2 0');
    await until(() => b.states.at(-1) === 'up');
    expect(b.gaps).toBe(3); // what z told meanwhile is not known
    await seen('bye');
    aheadMs += 6000;
    await pass();
    expect([b.gaps, b.states.at(-1)]).toEqual([3, 'up']);
    await b.invalidations.close();
    expect(await redis.command('HGET', 'test:nodes', 'b')).toBe('bye');
  });

  test('knows that the last message of somebody was lost by how many he says he told', async () => {
    const b = await open('b');
    for (const beat of ['z1 1 4', 'z1 2 4', 'z1 3 5']) await seen(beat);
    expect(b.gaps).toBe(1);
    await seen('z1 4 5');
    expect(b.gaps).toBe(2);
  });
});
