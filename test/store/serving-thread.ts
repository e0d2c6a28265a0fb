// A thread as a node has them: reads the store itself and commits through a channel. Started by `startServing`; for
// tests of many threads on one store.

import { isMainThread, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import { type EpochBuffers, EpochTable } from '../../src/cache/epoch-table.ts';
import { connectCommitter } from '../../src/store/commit-channel.ts';
import { openLmdbReader } from '../../src/store/lmdb-reader.ts';
import { h, put, request, text } from './world.ts';

interface ServingData {
  readonly path: string;
  readonly buffers: EpochBuffers;
  readonly port: MessagePort;
  readonly number: number;
  readonly writes: number;
}

/** What a thread found: how often it read an older state than had been acknowledged, and how many writes it made. */
export interface ServingReport {
  readonly stale: number;
  readonly written: number;
  readonly checks: number;
}

export function startServing(data: ServingData): Worker {
  return new Worker(import.meta.filename, { workerData: data, transferList: [data.port] });
}

/** The shared memory in which each thread says which revision of its record was acknowledged. */
export interface Acknowledged {
  readonly acknowledged: SharedArrayBuffer;
}

export const THREADS = 3;

async function serve({ path, buffers, port, number, writes, ...rest }: ServingData & Acknowledged): Promise<void> {
  const epochs = new EpochTable(buffers);
  const acknowledged = new Int32Array(rest.acknowledged);
  const committer = connectCommitter(port);
  const store = openLmdbReader({ path, visibleEpoch: () => epochs.current(), committer });
  let stale = 0;
  let checks = 0;
  /** Reads the record of every thread, and expects at least what was acknowledged before the read began. */
  const check = async (): Promise<void> => {
    for (let other = 0; other < THREADS; other++) {
      const expected = Atomics.load(acknowledged, other);
      const record = await store.get(h(`THREAD-${other}`));
      checks++;
      if ((record?.revision ?? 0) < expected) stale++;
    }
  };
  for (let revision = 0; revision < writes; revision++) {
    const own = put(h(`THREAD-${number}`), revision, { values: [text(1, `${revision}`)] });
    const others = Array.from({ length: 5 }, (_, i) => put(h(`N-${number}-${revision}-${i}`)));
    const waiting = [store.commit(request([own])), ...others.map((other) => store.commit(request([other])))];
    for (let i = 0; i < 50; i++) await check();
    const [{ outcomes } = { outcomes: [] }] = await Promise.all(waiting);
    if (outcomes[0]?.ok) Atomics.store(acknowledged, number, outcomes[0].revision);
    await check();
  }
  committer.close();
  await store.close();
  const report: ServingReport = { stale, written: writes * 6, checks };
  parentPort?.postMessage(report);
}

if (!isMainThread && workerData?.buffers !== undefined) await serve(workerData);
