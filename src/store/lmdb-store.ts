// The LMDB store of the committing thread: the only one that writes.

import type { VisibleChange } from '../domain/change.ts';
import { type LotTags, NO_LOT_KEY } from '../domain/lot.ts';
import type { Observer } from '../domain/observer.ts';
import { LmdbCommitter } from './lmdb-committer.ts';
import { type LmdbEnvironment, openEnvironment } from './lmdb-environment.ts';
import { openView, readersOf, readTotals } from './lmdb-reading.ts';
import { readStatistics } from './lmdb-statistics.ts';
import type { RegistryStore, TallyKeeper } from './registry-store.ts';

/** How long the pages that a killed reader of another process held (a backup, a check) may stay unused. */
const DEAD_READERS_CHECK_MS = 30_000;

export interface LmdbStoreOptions {
  /** A directory; made if it is missing. */
  readonly path: string;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Rises with every announcement: what this thread reads was then read anew. */
  readonly visibleEpoch: () => number;
  /** Told of what has changed, once it is on disk and can be read, and before it is acknowledged. Must not throw. */
  readonly onVisible: (changes: readonly VisibleChange[]) => void;
  /** Knows the secrets of lots; without it no lot with check tags can be written to. */
  readonly lotTags?: LotTags;
  readonly observer: Observer;
  /** Milliseconds of a clock that does not step, by which transactions are kept short; left out: the system's. */
  readonly stopwatch?: () => number;
}

/**
 * Opens a store, or makes one. Throws `STORE_FORMAT` if the file there is damaged, foreign or newer (it is left as it
 * was), and `STORE_UNAVAILABLE` if another process has it open or it cannot be opened; both say how to mend it.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<RegistryStore & TallyKeeper> {
  const environment = openEnvironment(options.path);
  try {
    return storeOver(environment, options);
  } catch (cause) {
    await environment.close();
    throw cause;
  }
}

function storeOver(environment: LmdbEnvironment, options: LmdbStoreOptions): RegistryStore & TallyKeeper {
  const { clock, visibleEpoch, onVisible, observer, lotTags = NO_LOT_KEY } = options;
  const stopwatch = options.stopwatch ?? (() => performance.now());
  const view = openView(environment, visibleEpoch);
  const announce = (changes: readonly VisibleChange[]): void => {
    view.snapshot.release();
    onVisible(changes);
  };
  const committer = new LmdbCommitter({ environment, clock, lotTags, onVisible: announce, observer, stopwatch });
  const deadReaders = setInterval(() => environment.root.readerCheck(), DEAD_READERS_CHECK_MS).unref();
  return {
    ...readersOf(view),
    statistics: (query) => readStatistics(view, query),
    commit: (request) => committer.commit(request),
    addResolutions: (tallies) => committer.addResolutions(tallies),
    stats: () => ({
      ...readTotals(view),
      sizeBytes: environment.sizeBytes(),
      readOnlyReason: committer.readOnlyReason,
    }),
    close: async () => {
      clearInterval(deadReaders);
      committer.close();
      view.snapshot.close();
      await environment.close();
    },
  };
}
