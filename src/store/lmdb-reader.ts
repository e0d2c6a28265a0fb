// The LMDB store of every thread but the committing one: reads the shared file itself, hands writes to the committer.

import { joinEnvironment } from './lmdb-environment.ts';
import { openView, readersOf, readTotals } from './lmdb-reading.ts';
import { readStatistics } from './lmdb-statistics.ts';
import type { Committer, RegistryStore } from './registry-store.ts';

export interface LmdbReaderOptions {
  /** The directory that the committing thread of this process has open. */
  readonly path: string;
  readonly visibleEpoch: () => number;
  readonly committer: Committer;
}

/** Whether writes are possible is known to the committing thread alone: `readOnlyReason` is always null here. */
export function openLmdbReader({ path, visibleEpoch, committer }: LmdbReaderOptions): RegistryStore {
  const environment = joinEnvironment(path);
  const view = openView(environment, visibleEpoch);
  return {
    ...readersOf(view),
    statistics: (query) => readStatistics(view, query),
    commit: (request) => committer.commit(request),
    stats: () => ({ ...readTotals(view), sizeBytes: environment.sizeBytes(), readOnlyReason: null }),
    close: async () => {
      view.snapshot.close();
      await environment.close();
    },
  };
}
