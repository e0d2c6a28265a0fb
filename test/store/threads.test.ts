// Many threads on one store: what was acknowledged is read by all, and threads that end leave nothing hanging.

import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { createEpochBuffers, EpochTable, slotOf } from '../../src/cache/epoch-table.ts';
import { HandleError } from '../../src/domain/error.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { connectCommitter, serveCommits } from '../../src/store/commit-channel.ts';
import { openLmdbReader } from '../../src/store/lmdb-reader.ts';
import { openLmdbStore } from '../../src/store/lmdb-store.ts';
import type { CommitResult, Committer } from '../../src/store/registry-store.ts';
import { openLmdb } from './lmdb-world.ts';
import { type ServingReport, startServing, THREADS } from './serving-thread.ts';
import { apply, h, NOON, put, request, temporaryDirectory } from './world.ts';

describe('threads that read and write one store', () => {
  it('never read an older state than was acknowledged, and lose no write', { timeout: 120_000 }, async () => {
    const directory = temporaryDirectory();
    const buffers = createEpochBuffers();
    const epochs = new EpochTable(buffers);
    const store = await openLmdbStore({
      path: directory.path,
      clock: () => NOON,
      visibleEpoch: () => epochs.current(),
      onVisible: (changes) =>
        epochs.raise(
          changes.map((change) => (change.subject === 'record' ? slotOf(change.handle) : 0)),
          [],
        ),
      observer: SILENT_OBSERVER,
    });
    const acknowledged = new SharedArrayBuffer(4 * THREADS);
    const reports = await Promise.all(
      Array.from({ length: THREADS }, async (_, number): Promise<ServingReport> => {
        const { port1, port2 } = new MessageChannel();
        serveCommits(port1, store);
        const data = { path: directory.path, buffers, port: port2, number, writes: 150, acknowledged };
        const [report] = await once(startServing(data), 'message');
        return report as ServingReport;
      }),
    );
    expect(reports.map(({ stale }) => stale)).toEqual(Array(THREADS).fill(0));
    expect(reports.reduce((sum, { checks }) => sum + checks, 0)).toBeGreaterThan(50_000);
    const written = reports.reduce((sum, report) => sum + report.written, 0);
    expect(store.stats()).toMatchObject({ sequence: written, records: THREADS * (1 + 150 * 5) });
    await store.close();
    directory.remove();
  });

  it('may be ended at any moment without harm to the others', { timeout: 60_000 }, async () => {
    const directory = temporaryDirectory();
    const { store, visibleEpoch } = await openLmdb(directory.path);
    const buffers = createEpochBuffers();
    const acknowledged = new SharedArrayBuffer(4 * THREADS);
    for (let number = 0; number < 3; number++) {
      const { port1, port2 } = new MessageChannel();
      serveCommits(port1, store);
      const data = { path: directory.path, buffers, port: port2, number, writes: 100_000, acknowledged };
      const before = store.stats().sequence;
      const worker = startServing(data);
      await vi.waitFor(() => expect(store.stats().sequence).toBeGreaterThan(before + 20), { timeout: 20_000 });
      await worker.terminate();
    }
    expect(await apply(store, put(h('AFTER')))).toEqual([1]);
    const reader = openLmdbReader({ path: directory.path, visibleEpoch, committer: store });
    expect((await reader.get(h('AFTER')))?.revision).toBe(1);
    expect((await reader.changes(0, 5)).map((row) => row.sequence)).toEqual([1, 2, 3, 4, 5]);
    await reader.close();
    await store.close();
    directory.remove();
  });
});

/** A committer whose answers the test gives. */
function committerOf(answer: () => Promise<CommitResult>): Committer & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    commit: ({ requestId }) => {
      seen.push(requestId);
      return answer();
    },
  };
}

describe('a channel of commits', () => {
  it('sends what comes in one turn as one message, in order, and answers in one', async () => {
    const { port1, port2 } = new MessageChannel();
    const committer = committerOf(async () => ({ outcomes: [], repeated: null }));
    serveCommits(port1, committer);
    const remote = connectCommitter(port2);
    const counted = { requests: 0, answers: 0 };
    port1.on('message', () => counted.requests++);
    port2.on('message', () => counted.answers++);
    const ids = Array.from({ length: 40 }, (_, i) => `r${i}`);
    await Promise.all(ids.map((requestId) => remote.commit(request([], { requestId }))));
    expect(committer.seen).toEqual(ids);
    expect(counted).toEqual({ requests: 1, answers: 1 });
    remote.close();
  });

  it('brings errors back whole', async () => {
    const { port1, port2 } = new MessageChannel();
    const error = new HandleError('STORE_READ_ONLY', '磁盘已满: free some space', { retryAfterSeconds: 2, at: '/3' });
    serveCommits(
      port1,
      committerOf(() => Promise.reject(error)),
    );
    const remote = connectCommitter(port2);
    const { code, message, retryAfterSeconds, at } = error;
    await expect(remote.commit(request([]))).rejects.toMatchObject({ code, message, retryAfterSeconds, at });
    await expect(remote.commit(request([]))).rejects.toBeInstanceOf(HandleError);
    remote.close();
  });

  it('rejects what waits when it closes, from either end, and everything after', async () => {
    for (const end of ['near', 'far'] as const) {
      const { port1, port2 } = new MessageChannel();
      serveCommits(
        port1,
        committerOf(() => new Promise(() => {})),
      );
      const remote = connectCommitter(port2);
      const waiting = remote.commit(request([]));
      if (end === 'near') remote.close();
      else port1.close();
      await expect(waiting).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await expect(remote.commit(request([]))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      remote.close();
    }
  });
});

describe('a reader', () => {
  it('sees a commit as soon as it is announced, and keeps one state between announcements', async () => {
    // Or the machine being busy elsewhere for half a second would let go of the state.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { path, store, visibleEpoch, close } = await openLmdb();
    let epoch = 0;
    const reader = openLmdbReader({ path, visibleEpoch: () => epoch, committer: store });
    await apply(store, put(h('A')));
    expect((await reader.get(h('A')))?.revision).toBe(1);
    await apply(store, put(h('A'), 1));
    expect((await reader.get(h('A')))?.revision).toBe(1);
    epoch = visibleEpoch() + 1;
    expect((await reader.get(h('A')))?.revision).toBe(2);
    await reader.close();
    await close();
    vi.useRealTimers();
  });

  it('that is idle lets go of an old state within a second', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { path, store, close } = await openLmdb();
    const reader = openLmdbReader({ path, visibleEpoch: () => 0, committer: store });
    await apply(store, put(h('A')));
    expect((await reader.get(h('A')))?.revision).toBe(1);
    await apply(store, put(h('A'), 1));
    vi.advanceTimersByTime(1000);
    expect((await reader.get(h('A')))?.revision).toBe(2);
    await reader.close();
    await close();
    vi.useRealTimers();
  });

  it('is refused where no store is', () => {
    const directory = temporaryDirectory();
    const options = {
      path: directory.path,
      visibleEpoch: () => 0,
      committer: committerOf(() => new Promise(() => {})),
    };
    expect(() => openLmdbReader(options)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
    directory.remove();
  });
});
