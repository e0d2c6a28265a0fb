// How questions of the Handle protocol travel: several over one connection where that is kept, each its own where it is not, and in
// datagrams that may be lost.

import { describe, expect, test, vi } from 'vitest';
import { splitMessage } from '../../src/wire/datagrams.ts';
import { RESPONSE } from '../../src/wire/protocol.ts';
import { url } from '../handle-server/client.ts';
import { failure, found, type HandleScript, serves, siteOn } from './scripted-handle-server.ts';
import { because, HANDLE, handleServer, handleWorld, world } from './world.ts';

const LONG = 'x'.repeat(3000);
const says =
  (data = 'https://example.com/'): HandleScript =>
  (request, door) =>
    door.send(found(request, [url(1, data)]));
/** As the reference server: one answer, whatever the flag asks for. */
const endsAfter =
  (script: HandleScript): HandleScript =>
  (request, door) => {
    script(request, door);
    door.end();
  };
const askAll = (ask: (handle: string) => Promise<unknown>, count: number, name = 'H') =>
  Promise.all(Array.from({ length: count }, (_, i) => ask(`20.500/${name}-${i}`)));
const WIDE = { maxConcurrent: 64, deadlineMs: 5000 } as const;

describe('a connection', () => {
  test('that is kept takes one question after the other, then several at once', async () => {
    const server = await handleServer();
    const { ask } = handleWorld(server, WIDE);
    // Until it is known that it is kept, nobody waits for it.
    await vi.waitFor(async () => {
      const before = server.connections();
      for (let i = 0; i < 5; i++) await ask(`20.500/${i}`);
      expect(server.connections()).toBe(before);
    });
    // None is answered before the last has come.
    const before = server.connections();
    const held: (() => void)[] = [];
    server.script = (request, door) => {
      held.push(() => says()(request, door));
      if (held.length === 64) for (const release of held.toReversed()) release();
    };
    expect(await askAll(ask, 64)).toHaveLength(64);
    expect(server.connections() - before).toBeLessThan(4);
  });

  test('that its server ends after each answer is made anew, and no question is lost', async () => {
    const server = await handleServer(endsAfter(says()));
    const { ask, trips } = handleWorld(server, WIDE);
    for (let i = 0; i < 5; i++) await ask(`20.500/${i}`);
    await askAll(ask, 40);
    expect(new Set(trips)).toEqual(new Set(['found']));
    expect(server.asked.filter(({ transport }) => transport === 'UDP')).toEqual([]);
    expect(server.connections()).toBeGreaterThanOrEqual(45);
  });

  test('that ends just when it is used again costs nobody an answer', async () => {
    const server = await handleServer();
    const { ask, trips } = handleWorld(server, WIDE);
    await ask('20.500/1');
    let isFirst = true;
    server.script = (request, door) => {
      if (!isFirst) return says()(request, door);
      isFirst = false;
      door.end();
    };
    await ask('20.500/2');
    expect(trips).toEqual(['found', 'found']);
    expect(server.connections()).toBe(2);
  });

  test('that has kept a question waiting too long gets no other, and a late answer is nobody else’s', async () => {
    const server = await handleServer();
    const { ask } = handleWorld(server, { deadlineMs: 400 });
    await ask('20.500/A');
    const late: (() => void)[] = [];
    server.script = (request, door) => {
      if (request.handle === '20.500/SLOW') late.push(() => says('https://late.example/')(request, door));
      else says()(request, door);
    };
    await expect(ask('20.500/SLOW')).rejects.toMatchObject(because(/no answer within/));
    for (const release of late) release();
    expect(await ask('20.500/C')).toMatchObject({ values: [{ data: 'https://example.com/' }] });
    expect(server.connections()).toBe(2);
  });

  test('is not opened beyond a limit, and who waits for one is asked in turn', async () => {
    let open = 0;
    let most = 0;
    const server = await handleServer((request, door) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        endsAfter(says())(request, door);
      }, 5);
    });
    const { ask } = handleWorld(server, { maxConcurrent: 100, deadlineMs: 5000 });
    expect(await askAll(ask, 120)).toHaveLength(120);
    expect(most).toBeLessThanOrEqual(32);
  });

  test('ends with the upstreams', async () => {
    const server = await handleServer();
    const { ask, upstreams } = handleWorld(server);
    await ask();
    await upstreams.close();
    await expect(ask('20.500/B')).rejects.toMatchObject(because(/closing/));
  });
});

describe('datagrams', () => {
  const UDP = { transport: 'UDP' } as const;
  const overUdp =
    (script: HandleScript): HandleScript =>
    (request, door) =>
      door.transport === 'UDP' ? script(request, door) : undefined;

  test('carry questions and answers of any length', async () => {
    const server = await handleServer(overUdp(says(LONG)));
    const long = `20.500/${'y'.repeat(1500)}`;
    const { ask } = handleWorld(server, {}, UDP);
    expect(await ask()).toMatchObject({ values: [{ data: LONG }] });
    expect(await ask(long)).toMatchObject({ values: [{ data: LONG }] });
    expect(server.asked.map(({ handle, transport }) => [handle, transport])).toEqual([
      [HANDLE, 'UDP'],
      [long, 'UDP'],
    ]);
  });

  test('that are lost are sent again', async () => {
    let lost = 2;
    const server = await handleServer(overUdp((request, door) => (lost-- > 0 ? undefined : says()(request, door))));
    const { ask, trips } = handleWorld(server, { deadlineMs: 8000 }, UDP);
    expect(await ask()).toMatchObject({ kind: 'found' });
    expect(server.asked.map(({ request }) => request.envelope.requestId)).toHaveLength(3);
    expect(new Set(server.asked.map(({ request }) => request.envelope.requestId)).size).toBe(1);
    expect(trips).toEqual(['found']);
  });

  test.each<[string, HandleScript]>([
    ['that get no answer', () => {}],
    [
      'of which the last never comes',
      (request, door) =>
        splitMessage(found(request, [url(1, LONG)]))
          .slice(0, -1)
          .forEach(door.sendPiece),
    ],
    [
      'of another request',
      (request, door) => says()({ ...request, envelope: { ...request.envelope, requestId: 1 } }, door),
    ],
    ['of nonsense', (_request, door) => door.send('nonsense')],
    [
      'that say the answer is too large for them',
      (request, door) => door.send(failure(request, RESPONSE.tooBusy, 'ask over TCP')),
    ],
  ])('%s make way for TCP', async (_, script) => {
    const server = await handleServer((request, door) =>
      (door.transport === 'UDP' ? script : says(LONG))(request, door),
    );
    const { ask, trips } = handleWorld(server, { deadlineMs: 600 }, UDP);
    expect(await ask()).toMatchObject({ values: [{ data: LONG }] });
    expect(trips).toEqual(['found']);
  });

  test('come in any order, and some of them twice', async () => {
    const server = await handleServer((request, door) => {
      const parts = splitMessage(found(request, [url(1, LONG)]));
      for (const one of [...parts.toReversed(), ...parts]) door.sendPiece(one);
    });
    expect(await handleWorld(server, {}, UDP).ask()).toMatchObject({ values: [{ data: LONG }] });
  });

  test('are the way out where no connection is taken', async () => {
    const { port, asked } = await handleServer(overUdp(serves({ [HANDLE]: [url(1, 'https://example.com/')] })));
    const tcpGone = siteOn([{ port }]);
    const { upstreams } = world([], { allowedNetworks: ['127.0.0.1'], deadlineMs: 600 });
    const site = { prefix: '20.500' as never, urls: [], sites: [tcpGone] };
    expect(await upstreams.fetch({ handle: HANDLE, site, via: '', isRenewal: false })).toMatchObject({ kind: 'found' });
    expect(asked.map(({ transport }) => transport)).toEqual(['TCP', 'UDP']);
  });
});
