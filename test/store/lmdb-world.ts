// LMDB stores for tests: in a directory of their own, alone or with a reader as another thread would have it.

import { MessageChannel } from 'node:worker_threads';
import type { VisibleChange } from '../../src/domain/change.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { connectCommitter, serveCommits } from '../../src/store/commit-channel.ts';
import { openLmdbReader } from '../../src/store/lmdb-reader.ts';
import { openLmdbStore } from '../../src/store/lmdb-store.ts';
import { LOT_TAGS, NOON, type StoreFixture, temporaryDirectory } from './world.ts';

export interface LmdbFixture extends StoreFixture {
  readonly path: string;
  readonly visibleEpoch: () => number;
}

/** Opens the store of a directory; without one, of a new directory that goes with it. */
export async function openLmdb(path?: string): Promise<LmdbFixture> {
  const directory = path === undefined ? temporaryDirectory() : { path, remove() {} };
  const clock = { nowMs: NOON };
  const visible: VisibleChange[] = [];
  let epoch = 0;
  const visibleEpoch = (): number => epoch;
  const store = await openLmdbStore({
    path: directory.path,
    clock: () => clock.nowMs,
    visibleEpoch,
    lotTags: LOT_TAGS,
    onVisible: (changes) => {
      epoch += 1;
      visible.push(...changes);
    },
    observer: SILENT_OBSERVER,
  });
  const close = async (): Promise<void> => {
    await store.close();
    directory.remove();
  };
  return { path: directory.path, store, writer: store, clock, visible, visibleEpoch, close };
}

/** A reading store that commits through a channel, beside the store that writes. */
export async function openLmdbWithReader(path?: string): Promise<StoreFixture> {
  const { store: writer, writer: keeper, clock, visible, visibleEpoch, ...opened } = await openLmdb(path);
  const { port1, port2 } = new MessageChannel();
  serveCommits(port1, writer);
  const committer = connectCommitter(port2);
  const reader = openLmdbReader({ path: opened.path, visibleEpoch, committer });
  const store = {
    ...reader,
    close: async () => {
      committer.close();
      await reader.close();
    },
  };
  const close = async (): Promise<void> => {
    await store.close();
    await opened.close();
  };
  return { store, writer: keeper, clock, visible, close };
}
