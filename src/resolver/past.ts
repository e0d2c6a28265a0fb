// Resolution as of an instant: the record, and every ancestor, as each stood then. A way of its own beside the chain, so
// that the chain pays nothing for it; it passes by every cache, and nothing it answers may be kept by anyone.

import type { EpochTable } from '../cache/epoch-table.ts';
import type { Answer } from '../domain/answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { LotTags } from '../domain/lot.ts';
import { SILENT_OBSERVER } from '../domain/observer.ts';
import type { Homed } from '../domain/prefix.ts';
import { recordsAt } from '../store/past-records.ts';
import type { LotReader, RecordReader } from '../store/registry-store.ts';
import { InheritingResolver } from './inheriting.ts';
import { OriginResolver } from './origin.ts';
import { ParentCache } from './parent-cache.ts';
import { lotsAt } from './past-lots.ts';
import { FREE, type Question } from './resolver.ts';

export interface PastResolverOptions {
  readonly store: Pick<RecordReader, 'get' | 'history'>;
  readonly lots: Pick<LotReader, 'lots' | 'lotVersions'>;
  readonly tags: LotTags;
  readonly epochs: EpochTable;
  readonly clock: () => number;
  readonly homed: Homed;
}

/** As `Resolver`, of an instant in epoch milliseconds; the answer's TTL means nothing. */
export interface PastResolver {
  resolveAt(handle: Handle, atMs: number): Promise<Answer>;
}

/** Asked with `bypassCache` only, so it never holds anything. */
const NO_CACHE = { observer: SILENT_OBSERVER, bytes: 0, maxAgeSeconds: 0 };

export function createPastResolver({ store, lots, tags, epochs, clock, homed }: PastResolverOptions): PastResolver {
  return {
    async resolveAt(handle, atMs) {
      const records = recordsAt(store, atMs);
      const sources = { store: records, lots: lotsAt(lots, tags, atMs), observer: SILENT_OBSERVER };
      const inner = new OriginResolver({ ...sources, epochs, clock, homed, elsewhere: null, served: null });
      const parents = new ParentCache({ store: records, epochs, clock, ...NO_CACHE });
      const question: Question = { handle, bypassCache: true, delegated: null, via: '', tier: 'none', ...FREE };
      return new InheritingResolver({ inner, parents, epochs, clock }).resolve(question);
    },
  };
}
