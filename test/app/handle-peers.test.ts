// Threads hand each other messages, long listings part by part; a thread that does not exist is not waited for.

import { afterEach, describe, expect, it } from 'vitest';
import { openPeers, type ThreadPeers } from '../../src/app/handle-peers.ts';
import type { ByteString } from '../../src/domain/bytes.ts';

const MESSAGE = 'm' as ByteString;
const CLIENT = { address: '192.0.2.1', door: 'handle-udp' } as const;

it('a message goes to the thread it names, and an invented thread is answered for at once', async () => {
  const threads = new Set([1, 2]);
  const [one, two] = [1, 2].map((thread) => openPeers({ runId: 'peers-test', thread, threads }));
  two?.serve({ answer: (message) => ({ messages: [message], keepsConnection: false }) });
  expect(await one?.forward(2, MESSAGE, CLIENT)).toEqual({ messages: [MESSAGE], keepsConnection: false });
  const startedAt = performance.now();
  expect(await one?.forward(63, MESSAGE, CLIENT)).toBeNull();
  expect(performance.now() - startedAt).toBeLessThan(5000);
  one?.close();
  two?.close();
});

describe('a listing of another thread', () => {
  const opened: ThreadPeers[] = [];
  let made = 0;
  let isOver = false;

  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
  });

  /** Two threads, of which the second lists so many messages. */
  function open(runId: string, count: number, failsAt = Number.POSITIVE_INFINITY): ThreadPeers {
    [made, isOver] = [0, false];
    async function* listed(): AsyncGenerator<ByteString> {
      try {
        for (; made < count; made++) {
          if (made === failsAt) throw new Error('a defect');
          yield `${made}` as ByteString;
        }
      } finally {
        isOver = true;
      }
    }
    const [one, two] = [1, 2].map((thread) => openPeers({ runId, thread, threads: new Set([1, 2]) }));
    if (one === undefined || two === undefined) throw new Error('There are two.');
    two.serve({ answer: () => ({ messages: listed(), keepsConnection: true }) });
    opened.push(one, two);
    return one;
  }

  it.each([0, 1, 99, 100, 101, 2500])('of %i messages comes whole and in order', async (count) => {
    const reply = await open(`peers-${count}`, count).forward(2, MESSAGE, CLIENT);
    const messages: ByteString[] = [];
    for await (const message of reply?.messages ?? []) messages.push(message);
    expect(messages).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
    expect([reply?.keepsConnection, isOver]).toEqual([true, true]);
  });

  it('is made only as it is read, and ends when nobody reads on', async () => {
    const reply = await open('peers-dropped', 2500).forward(2, MESSAGE, CLIENT);
    for await (const message of reply?.messages ?? []) if (message === '150') break;
    while (!isOver) await new Promise(setImmediate);
    expect(made).toBeLessThan(300);
  });

  it('that breaks off is not taken for a whole one', async () => {
    const reply = await open('peers-broken', 2500, 500).forward(2, MESSAGE, CLIENT);
    const messages: ByteString[] = [];
    const read = async (): Promise<void> => {
      for await (const message of reply?.messages ?? []) messages.push(message);
    };
    await expect(read()).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(messages).toHaveLength(500);
  });
});
