// Questions of several threads to the one that asks: one trip for all of them, and no error loses its code on the way.

import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { HandleError } from '../../src/domain/error.ts';
import type { ForeignReader } from '../../src/domain/foreign-answer.ts';
import { connectForeignReader, serveForeignReader } from '../../src/upstream/foreign-channel.ts';
import { HANDLE, server, world } from './world.ts';

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

function connect(reader: ForeignReader): ForeignReader & { close(): void } {
  const { port1, port2 } = new MessageChannel();
  serveForeignReader(port1, reader);
  const client = connectForeignReader(port2);
  opened.push(client.close, () => port1.close());
  return client;
}

const question = { handle: HANDLE, site: null, via: '', isRenewal: false };

describe('threads that ask others', () => {
  test('make one request of a node for a thousand who ask for one cold handle at once', async () => {
    const { url, asked } = await server();
    const { upstreams } = world([url]);
    const threads = [connect(upstreams), connect(upstreams), connect(upstreams)];
    const all = Array.from({ length: 1000 }, (_, i) => threads[i % 3]?.fetch(question));
    const answers = await Promise.all(all);
    expect(answers[999]).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ kind: 'found', values: [{ data: 'oak' }] });
    expect(asked).toEqual([HANDLE]);
  });

  test('are told the code, the words and the cause of what failed', async () => {
    const cause = new Error('world: refused');
    const failing = connect({
      forget: async () => {},
      held: async () => null,
      fetch: async () => Promise.reject(new HandleError('UPSTREAM_UNAVAILABLE', 'Try again.', { cause })),
    });
    await expect(failing.fetch(question)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'Try again.',
      cause: { message: expect.stringContaining('refused') },
    });
    const limited = connect({
      forget: async () => {},
      held: async () => null,
      fetch: async () => Promise.reject(new HandleError('RATE_LIMITED', 'x', { retryAfterSeconds: 7 })),
    });
    await expect(limited.fetch(question)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 7 });
  });

  test('that wait when it closes learn that it is not known', async () => {
    const client = connect({ forget: async () => {}, held: async () => null, fetch: () => new Promise(() => {}) });
    const waiting = client.fetch(question);
    client.close();
    await expect(waiting).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await expect(client.fetch(question)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});
