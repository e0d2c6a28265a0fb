// Which store the settings mean, for the thread that commits and for those that read. It opens one, and closes none.

import type { EpochTable } from '../cache/epoch-table.ts';
import type { VisibleChange } from '../domain/change.ts';
import type { LotTags } from '../domain/lot.ts';
import type { UsedStore } from '../store/postgres-store.ts';
import type { Committer, RegistryStore, TallyKeeper } from '../store/registry-store.ts';
import { announce } from './announce.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { openingOf } from './postgres-servers.ts';

const USAGE_EVERY_MS = 1000;

/** Who learns of commits that can be read: the caches here, and once that is open, other nodes. */
export interface Visible {
  readonly epochs: EpochTable;
  also: (changes: readonly VisibleChange[]) => void;
}

export interface StoreParts {
  readonly config: Config;
  readonly visible: Visible;
  readonly counters: Counters;
  readonly lotTags: LotTags;
}

/** In the main thread, which commits for all. Each kind is loaded only where it is meant. */
export async function openStore({
  config,
  visible,
  counters,
  lotTags,
}: StoreParts): Promise<RegistryStore & TallyKeeper> {
  const seams = {
    clock: systemClock,
    visibleEpoch: () => visible.epochs.current(),
    onVisible: (changes: readonly VisibleChange[]) => {
      announce(visible.epochs, changes);
      visible.also(changes);
    },
    lotTags,
    observer: counters,
  };
  switch (config.store.kind) {
    case 'memory': {
      const { openMemoryStore } = await import('../store/memory-store.ts');
      return openMemoryStore(seams);
    }
    case 'lmdb': {
      const { openLmdbStore } = await import('../store/lmdb-store.ts');
      return openLmdbStore({ path: config.store.path, ...seams });
    }
    case 'postgres': {
      const { openPostgresStore } = await import('../store/postgres-store.ts');
      return watched(await openPostgresStore({ ...(await openingOf(config)), ...seams }), counters);
    }
  }
}

export interface ReaderParts {
  readonly config: Config;
  readonly epochs: EpochTable;
  readonly counters: Counters;
  /** To the thread that commits. */
  readonly committer: Committer;
}

/** In a thread that answers or imports. */
export async function openReader({ config, epochs, counters, committer }: ReaderParts): Promise<RegistryStore> {
  if (config.store.kind === 'postgres') {
    const { openPostgresReader } = await import('../store/postgres-reader.ts');
    const opening = await openingOf(config);
    return watched(await openPostgresReader({ ...opening, clock: systemClock, committer }), counters);
  }
  const { openLmdbReader } = await import('../store/lmdb-reader.ts');
  return openLmdbReader({ path: config.store.path, visibleEpoch: () => epochs.current(), committer });
}

/** The same store, which tells once a second what its connections are doing. */
function watched<T extends RegistryStore & UsedStore>(store: T, counters: Counters): T {
  const timer = setInterval(() => counters.storeUses(store.usage(), store.sequences), USAGE_EVERY_MS).unref();
  const close = (): Promise<void> => {
    clearInterval(timer);
    return store.close();
  };
  return { ...store, close };
}
