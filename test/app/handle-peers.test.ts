// Threads hand each other messages; one that does not exist is not waited for.

import { expect, it } from 'vitest';
import { openPeers } from '../../src/app/handle-peers.ts';
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
