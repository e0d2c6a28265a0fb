// Where sessions of the Handle API are kept: bounded, and known to all threads.

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { openThreadExchange } from '../../src/app/thread-exchange.ts';
import { MAX_PENDING_HTTP_SESSIONS_OF_NETWORK } from '../../src/domain/handle-protocol-limits.ts';
import { type ApiSession, ApiSessions, type SessionQuestion } from '../../src/http-server/handle-sessions.ts';
import { ADMIN } from './administration.ts';

it('sessions that nobody has proven give way within their network alone', async () => {
  const sessions = new ApiSessions({ clock: () => 0, randomBytes: bytesOf(), peers: null });
  const first = sessions.begin('a');
  const other = sessions.begin('b');
  const owned = sessions.begin('a');
  await sessions.prove(owned.sessionId, { identity: { handle: ADMIN as never, index: 301 }, moment: 0 });
  for (let i = 0; i < MAX_PENDING_HTTP_SESSIONS_OF_NETWORK; i++) sessions.begin('a');
  expect(await sessions.find(first.sessionId)).toBeNull();
  expect(await sessions.find(other.sessionId)).not.toBeNull();
  expect(await sessions.find(owned.sessionId)).not.toBeNull();
});

it('a session begun at one thread is known to the others', async () => {
  const threads = new Set([1, 2]);
  const exchanges = [1, 2].map((thread) =>
    openThreadExchange<SessionQuestion, ApiSession>({ name: 'session', runId: 'sessions-test', thread, threads }),
  );
  const [one, two] = exchanges.map((peers) => new ApiSessions({ clock: () => 0, randomBytes: bytesOf(), peers }));
  const session = (one as ApiSessions).begin('a');
  const proven = { identity: { handle: ADMIN as never, index: 301 }, moment: 7 };
  expect(await two?.prove(session.sessionId, proven)).toEqual({ ...session, proven });
  expect(await one?.find(session.sessionId)).toEqual({ ...session, proven });
  expect(await two?.end(session.sessionId)).not.toBeNull();
  expect(await one?.find(session.sessionId)).toBeNull();
  for (const exchange of exchanges) exchange.close();
});

function bytesOf(): (size: number) => Buffer {
  let calls = 0;
  return (size) => createHash('sha512').update(String(++calls)).digest().subarray(0, size);
}
