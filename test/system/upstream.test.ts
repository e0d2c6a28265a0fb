// Two real worker threads, a real upstream and a real Redis: one request for all who ask, and answers through outages.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisProcess, startRedis } from '../redis-server.ts';
import { answer, foundJson, openScripted, type ScriptedServer, saysFound } from '../upstream/scripted-server.ts';
import { Connection, freePort, type JsonAnswer, type RunningNode, startNode, temporaryDirectory } from './node.ts';

const directory = temporaryDirectory();
let upstream: ScriptedServer;
let redis: RedisProcess;
let node: RunningNode;
let port: number;

async function start(): Promise<RunningNode> {
  const routes = [{ name: 'world', prefixes: ['*'], endpoints: [upstream.url] }];
  return startNode({
    directory: directory.path,
    port,
    settings: {
      UPSTREAM__ROUTES: JSON.stringify(routes),
      UPSTREAM__DEADLINE_MS: '400',
      REDIS__URLS: redis.url,
      LIMITS__TRIPS_PER_SECOND: '0',
      LIMITS__TRIPS_PER_PREFIX: '0',
    },
  });
}

beforeAll(async () => {
  [upstream, redis, port] = await Promise.all([openScripted(), startRedis(), freePort()]);
  node = await start();
});

afterAll(async () => {
  await node?.stop();
  await redis?.close();
  await upstream?.close();
  directory.remove();
});

/** Asks over connections of their own, so that both workers get some. */
async function askAll(suffixes: readonly string[], connections = 8): Promise<readonly JsonAnswer[]> {
  const open = Array.from({ length: connections }, () => new Connection(node.url, null));
  try {
    return await Promise.all(
      suffixes.map((suffix, i) => (open[i % connections] as Connection).ask('GET', `/api/handles/20.500/${suffix}`)),
    );
  } finally {
    await Promise.all(open.map((one) => one.close()));
  }
}

const detailOf = ({ headers }: JsonAnswer): string => /detail=(\w+)/.exec(String(headers['cache-status']))?.[1] ?? '';
const many = (suffix: string, count: number): readonly string[] => Array.from({ length: count }, () => suffix);

async function until(holds: () => Promise<boolean>, withinMs = 8000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a node that answers for others', () => {
  it('asks an upstream once for a thousand clients of two threads who want one cold handle at once', async () => {
    upstream.script = (_request, response, handle) =>
      void setTimeout(() => answer(response, 200, foundJson(handle)), 20).unref();
    const answers = await askAll(many('COLD', 1000), 50);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(upstream.asked.filter((handle) => handle === '20.500/COLD')).toHaveLength(1);
    upstream.script = saysFound;
  });

  it('keeps what it learned over a restart, in Redis', async () => {
    // A Redis that was late under the thousand is left alone for a moment: what comes meanwhile is not shared.
    let kept = '';
    await until(async () => {
      kept = `KEPT-${upstream.asked.length}`;
      await askAll([kept]);
      return (await redis.command('EXISTS', `jiabiao:{20.500/${kept}}:answer`)) === 1;
    });
    expect(await node.stop()).toBe(0);
    node = await start();
    await until(async () => detailOf((await askAll([kept]))[0] as JsonAnswer) !== 'upstream');
    expect(upstream.asked.filter((handle) => handle === `20.500/${kept}`).length).toBeLessThanOrEqual(2);
  });

  it('answers what it knows while the upstream is ill in any way, and says of the rest that it is not known', async () => {
    upstream.script = (_request, response, handle) => answer(response, 200, foundJson(handle, 'oak', 1));
    const known = Array.from({ length: 20 }, (_, i) => `WARM-${i}`);
    await askAll(known);
    const ill: readonly ScriptedServer['script'][] = [
      () => {},
      (request) => void request.socket.destroy(),
      (_request, response) => answer(response, 500, {}),
      (_request, response) => answer(response, 200, 'garbage'),
      (_request, response) => answer(response, 200, foundJson('20.500/OTHER')),
    ];
    for (const [i, script] of ill.entries()) {
      upstream.script = script;
      await until(async () => (await askAll(known)).every((one) => detailOf(one) === 'stale'));
      const [unknown] = await askAll([`UNKNOWN-${i}`]);
      expect([unknown?.status, unknown?.body?.responseCode]).toEqual([502, 2]);
    }
    const again = await askAll(known.flatMap((suffix) => many(suffix, 20)));
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set([200]));
    upstream.script = saysFound;
    await until(async () => (await askAll(['FLAPPED']))[0]?.status === 200);
  });

  it.each(['frozen', 'killed'] as const)('fails nothing while Redis is %s, and uses it again after', async (how) => {
    const warm = Array.from({ length: 50 }, (_, i) => `${how}-${i}`);
    await until(async () => (await askAll(warm)).every(({ status }) => status === 200));
    if (how === 'frozen') redis.freeze();
    else await redis.kill();
    const startedAt = performance.now();
    const answers = [...(await askAll(warm)), ...(await askAll(warm.map((suffix) => `${suffix}-NEW`)))];
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(performance.now() - startedAt).toBeLessThan(2000);
    if (how === 'frozen') redis.thaw();
    else await redis.restart();
    let round = 0;
    await until(async () => {
      const suffix = `${how}-AFTER-${++round}`;
      await askAll([suffix]);
      return (await redis.command('EXISTS', `jiabiao:{20.500/${suffix}}:answer`)) === 1;
    });
  });

  it('counts what it asked, by place of the route and by how that ended', async () => {
    const { text } = await new Connection(node.url, null).ask('GET', '/metrics');
    expect(text).toMatch(/jiabiao_upstream_questions_total\{upstream="1",outcome="found"\} [1-9]/);
    expect(text).toMatch(/jiabiao_upstream_duration_seconds_count\{upstream="1"\} [1-9]/);
    expect(text).toMatch(/jiabiao_cache_events_total\{cache="l1",event="stood-in"\} [1-9]/);
    expect(text).toMatch(/jiabiao_cache_events_total\{cache="l2",event="hit"\} \d/);
  });
});
