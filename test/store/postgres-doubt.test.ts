// A commit of which nobody hears whether it was applied: it is not acknowledged, and nobody goes on with what it may have
// replaced.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import type { VisibleChange } from '../../src/domain/change.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { openPostgresStore } from '../../src/store/postgres-store.ts';
import { openPostgres } from './postgres-world.ts';
import { apply, commit, h, NOON, put } from './world.ts';

/** Passes everything on, until it is told to keep what the database says to the next end of a transaction. */
async function startProxy(target: URL) {
  const sockets = new Set<Socket>();
  const state = { isSilent: false };
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    let isCut = false;
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => [client, database].map((one) => one.destroy()));
    }
    client.on('data', (chunk) => {
      isCut ||= state.isSilent && chunk.includes('COMMIT');
      database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (!isCut) client.write(chunk);
      // The database has done it: only now the connection is lost.
      else if (chunk.includes('COMMIT')) client.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { url: url.href, state, close };
}

it('is refused as unavailable, and announced', async () => {
  const { url, schema, store: direct, close } = await openPostgres();
  await apply(direct, put(h('A')));
  const proxy = await startProxy(new URL(url));
  const announced: VisibleChange[] = [];
  const store = await openPostgresStore({
    ...{ url: proxy.url, schema, clock: () => NOON, observer: SILENT_OBSERVER },
    onVisible: (changes) => announced.push(...changes),
  });
  proxy.state.isSilent = true;
  await expect(commit(store, put(h('A'), 1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  proxy.state.isSilent = false;
  expect((await direct.get(h('A')))?.revision).toBe(2);
  expect(announced).toEqual([{ subject: 'record', handle: h('A'), appeared: false, replaced: true }]);
  // A refusal that is known to be one announces nothing.
  await expect(commit(store, put(h('L'.repeat(1100))))).rejects.toMatchObject({ code: 'INVALID_HANDLE' });
  expect(announced).toHaveLength(1);
  await store.close();
  await proxy.close();
  await close();
});
