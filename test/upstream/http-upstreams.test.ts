// Upstreams asked over real sockets: what is accepted, what is not, and how long anything may take.

import { describe, expect, test } from 'vitest';
import { answer, foundJson, openScripted, type Script, saysAbsent } from './scripted-server.ts';
import { because, HANDLE, LEARNED_AT, route, server, unavailable, world } from './world.ts';

describe('an answer', () => {
  test('for the handle asked is accepted, with its instants', async () => {
    const { url, asked } = await server();
    const told = await world([url]).ask();
    expect(told).toMatchObject({ kind: 'found', learnedAt: LEARNED_AT });
    expect(told.kind === 'found' && told.values).toMatchObject([
      { index: 1, type: 'NAME', data: 'oak', ttl: 86_400, timestamp: 1_795_405_908 },
    ]);
    expect(asked).toEqual([HANDLE]);
  });

  test('that says the handle does not exist is an answer', async () => {
    const { url } = await server(saysAbsent);
    expect(await world([url]).ask()).toEqual({ kind: 'not-found', learnedAt: LEARNED_AT });
  });

  test('may spell the prefix in another case, and not the suffix', async () => {
    const { url } = await server((_request, response) => answer(response, 200, foundJson('x.y/Oak')));
    const { ask } = world([url]);
    expect(await ask('X.Y/Oak')).toMatchObject({ kind: 'found' });
    await expect(ask('X.Y/OAK')).rejects.toMatchObject(because(/another handle/));
  });

  const value = { index: 1, type: 'NAME', data: { format: 'string', value: 'oak' } };
  const values = (...all: unknown[]) => ({ responseCode: 1, handle: HANDLE, values: all });
  test.each([
    ['for another handle', foundJson('20.500/OAK/2'), /another handle/],
    ['for no handle', { responseCode: 1, values: [] }, /another handle/],
    ['absence of another handle', { responseCode: 100, handle: '20.500/X' }, /another handle/],
    ['a page', '<html>', /no JSON/],
    ['no object', [], /no JSON object/],
    ['a referral, which is the asker’s to follow', { responseCode: 303, handle: HANDLE, values: [] }, /response code/],
    ['"does not live here"', { responseCode: 301, handle: HANDLE }, /response code/],
    ['values that are no list', { responseCode: 1, handle: HANDLE, values: 'oak' }, /values/],
    ['an index of 0', values({ ...value, index: 0 }), /index 0/],
    ['an index twice', values(value, value), /twice/],
    ['a type that is no name', values({ ...value, type: '' }), /type/],
    ['a type that is too long', values({ ...value, type: 'T'.repeat(129) }), /too long/],
    [
      'a value that is too large',
      values({ ...value, data: { format: 'string', value: 'x'.repeat(65_537) } }),
      /too large/,
    ],
  ])('is not accepted: %s', async (_, body, reason) => {
    const { url } = await server((_request, response) => answer(response, 200, body));
    await expect(world([url]).ask()).rejects.toMatchObject(because(reason));
  });

  test('404 without a word of the handle establishes no absence', async () => {
    const { url } = await server((_request, response) => answer(response, 404, 'Not Found'));
    await expect(world([url]).ask()).rejects.toMatchObject(unavailable);
  });

  test('of an interface of its own is read by its route’s mapping', async () => {
    const body = { result: { oid: '1.2.156.3088', urls: ['https://example.com'], count: 3 } };
    const { url, asked } = await server((_request, response) => answer(response, 200, body));
    const values = [
      { index: 1, type: 'URL', at: '/result/urls/0' },
      { index: 2, type: 'COUNT', at: '/result/count' },
      { index: 3, type: 'GONE', at: '/result/none' },
    ];
    const routes = [
      route([url], { scheme: 'oid', path: '/resolve/{identifier}', mapping: { identifier: '/result/oid', values } }),
    ];
    const { ask } = world([url], { routes });
    const told = await ask('0.OID/1.2.156.3088');
    expect(told).toMatchObject({
      values: [
        { index: 1, data: 'https://example.com' },
        { index: 2, data: '3' },
      ],
    });
    expect(asked).toEqual(['resolve/1.2.156.3088']);
    await expect(ask('0.OID/1.2.156.3089')).rejects.toMatchObject(because(/another identifier/));
    await expect(ask('20.500/X')).rejects.toMatchObject({ code: 'NOT_RESPONSIBLE' });
  });
});

describe('a path', () => {
  test('encodes what is asked, and lets no dots of a handle be directions', async () => {
    const seen: string[] = [];
    const { url } = await server((request, response, handle) => {
      seen.push(request.url ?? '');
      answer(response, 200, foundJson(handle));
    });
    const { ask } = world([`${url}/proxy`]);
    for (const handle of ['20.500/木 %/a?b#c', '20.500/../../admin']) await ask(handle).catch(() => {});
    expect(seen).toEqual([
      '/proxy/api/handles/20.500/%E6%9C%A8%20%25/a%3Fb%23c',
      '/proxy/api/handles/20.500%2F..%2F..%2Fadmin',
    ]);
  });
});

describe('time and size', () => {
  test.each<[string, Script]>([
    ['hangs before its head', () => {}],
    ['hangs in its body', (_request, response) => response.writeHead(200).write('{"responseCode":1,')],
    [
      'drips',
      (_request, response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('an upstream that %s is given up at the deadline', async (_, script) => {
    const { url } = await server(script);
    const startedAt = performance.now();
    const { ask, trips } = world([url], { deadlineMs: 150 });
    await expect(ask()).rejects.toMatchObject(because(/150 ms/));
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(trips).toEqual(['timeout']);
  });

  test.each<[string, Script]>([
    ['says so', (_request, response) => response.writeHead(200, { 'content-length': 10_000_000 }).write('{')],
    ['does not say so', (_request, response) => response.writeHead(200).end(`"${'x'.repeat(10_000_000)}"`)],
  ])('an answer of ten megabytes is not read to its end, whether it %s', async (_, script) => {
    const { url } = await server(script);
    await expect(world([url]).ask()).rejects.toMatchObject(because(/more than 100000 bytes/));
  });
});

describe('several endpoints', () => {
  test('the other is asked once when the first fails, within the same deadline', async () => {
    const bad = await server((_request, response) => answer(response, 500, {}));
    const good = await server();
    const { ask, trips } = world([bad.url, good.url]);
    expect(await ask()).toMatchObject({ kind: 'found' });
    expect([bad.asked.length, good.asked.length]).toEqual([1, 1]);
    expect(trips).toEqual(['found']);
  });

  test('one that hangs leaves time for the other', async () => {
    const bad = await server(() => {});
    const good = await server();
    expect(await world([bad.url, good.url], { deadlineMs: 300 }).ask()).toMatchObject({ kind: 'found' });
  });

  test('one that failed rests, and the others take turns', async () => {
    const bad = await server((_request, response) => answer(response, 503, {}));
    const [a, b] = [await server(), await server()];
    const { ask } = world([bad.url, a.url, b.url]);
    for (let i = 0; i < 8; i++) await ask(`20.500/${i}`);
    expect(bad.asked.length).toBe(1);
    expect(a.asked.length + b.asked.length).toBe(8);
    expect(Math.min(a.asked.length, b.asked.length)).toBeGreaterThan(1);
  });

  test('an answer that is not accepted is not asked for again elsewhere', async () => {
    const first = await server((_request, response) => answer(response, 200, foundJson('20.500/OTHER')));
    const second = await server();
    await expect(world([first.url, second.url]).ask()).rejects.toMatchObject(unavailable);
    expect(second.asked).toEqual([]);
  });

  test('all refuse: could not find out, and nothing is asked a third time', async () => {
    const ports = [await openScripted(), await openScripted()];
    const urls = ports.map(({ url }) => url);
    for (const port of ports) await port.close();
    const { ask, trips } = world(urls);
    await expect(ask()).rejects.toMatchObject(unavailable);
    expect(trips).toEqual(['failed']);
  });
});

describe('many questions', () => {
  test('for one handle share one trip', async () => {
    const { url, asked } = await server();
    const { ask } = world([url]);
    const answers = await Promise.all(Array.from({ length: 1000 }, () => ask()));
    expect(new Set(answers).size).toBe(1);
    expect(asked).toEqual([HANDLE]);
  });

  test('beyond what may be on its way and wait are told to come back', async () => {
    const held: (() => void)[] = [];
    const { url } = await server((_request, response, handle) => {
      held.push(() => answer(response, 200, foundJson(handle)));
      if (held.length === 2) for (const release of held.splice(0)) release();
    });
    const { ask, trips } = world([url], { maxConcurrent: 2, connections: 2 });
    const results = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => ask(`20.500/${i}`)));
    expect(results.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), 'rejected', 'rejected']);
    expect(results[5]).toMatchObject({ reason: { code: 'OVERLOADED' } });
    expect(trips.filter((outcome) => outcome === 'overloaded')).toHaveLength(2);
  });

  test('about one prefix are limited, whoever asks, and those about others are not', async () => {
    const { url, asked } = await server();
    const { ask, trips } = world([url], { tripsPerPrefix: 2 });
    const results = await Promise.allSettled(Array.from({ length: 30 }, (_, i) => ask(`20.500/${i}`)));
    const limited = results.filter(({ status }) => status === 'rejected');
    expect(asked.length).toBe(10);
    expect(limited[0]).toMatchObject({ reason: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } });
    expect(trips.filter((outcome) => outcome === 'limited')).toHaveLength(20);
    expect(await ask('20.600/X')).toMatchObject({ kind: 'found' });
  });

  test('for what has just failed share the failure, and make no trips', async () => {
    const { url, asked } = await server((_request, response) => answer(response, 500, {}));
    const { ask } = world([url]);
    for (let i = 0; i < 5; i++) await expect(ask()).rejects.toMatchObject(unavailable);
    expect(asked).toEqual([HANDLE]);
  });

  test('say where they have been, so that a circle is seen', async () => {
    const { url, headers } = await server();
    const { upstreams } = world([url]);
    await upstreams.fetch({ handle: HANDLE, site: null, via: '1.1 jiabiao-88.200', isRenewal: false });
    expect(headers().via).toBe('1.1 jiabiao-88.200, 1.1 jiabiao-88.118');
  });
});

describe('an upstream that keeps failing', () => {
  test('is left alone after a while, and others are not', async () => {
    const bad = await server((_request, response) => answer(response, 500, {}));
    const good = await server();
    const routes = [route([bad.url]), route([good.url], { name: 'doi', prefixes: ['10'] })];
    const { ask, trips, breaker } = world([], { routes });
    for (let i = 0; i < 30; i++) await expect(ask(`20.500/${i}`)).rejects.toMatchObject(unavailable);
    expect(trips).toContain('broken');
    expect(breaker).toContain('open');
    const asked = bad.asked.length;
    await expect(ask('20.500/MORE')).rejects.toMatchObject(because(/left alone/));
    expect(bad.asked.length).toBe(asked);
    expect(await ask('10.1/X')).toMatchObject({ kind: 'found' });
  });

  test('answers that do not count open no breaker: it is not ill', async () => {
    const { url, asked } = await server((_request, response) => answer(response, 200, foundJson('20.500/OTHER')));
    const { ask, trips } = world([url]);
    for (let i = 0; i < 30; i++) await expect(ask(`20.500/${i}`)).rejects.toMatchObject(unavailable);
    expect(asked.length).toBe(30);
    expect(new Set(trips)).toEqual(new Set(['refused']));
  });
});
