// The read path: which resolver wraps which. This order is the whole of it; what each does stands in its own file.

import { AnswerCache } from '../cache/answer-cache.ts';
import type { EpochTable } from '../cache/epoch-table.ts';
import type { Observer } from '../domain/observer.ts';
import type { Homed } from '../domain/prefix.ts';
import type { RecordReader } from '../store/registry-store.ts';
import { CachingResolver } from './caching.ts';
import { CoalescingResolver } from './coalescing.ts';
import { InheritingResolver } from './inheriting.ts';
import { OriginResolver } from './origin.ts';
import { ParentCache } from './parent-cache.ts';
import type { Resolver } from './resolver.ts';

export interface ResolverOptions {
  readonly store: Pick<RecordReader, 'get'>;
  readonly epochs: EpochTable;
  readonly clock: () => number;
  readonly observer: Observer;
  readonly homed: Homed;
  readonly cache: {
    readonly l1Bytes: number;
    readonly negativeBytes: number;
    readonly parentBytes: number;
    /** No answer is kept longer in this thread. */
    readonly maxAgeSeconds: number;
  };
}

/** caching( coalescing( inheriting( origin( store ), parents( store ) ) ) ) */
export function createResolver(options: ResolverOptions): Resolver {
  const { store, epochs, clock, observer, homed } = options;
  const { l1Bytes, negativeBytes, parentBytes, maxAgeSeconds } = options.cache;
  const cache = new AnswerCache({ epochs, observer, l1Bytes, negativeBytes, maxAgeSeconds });
  const parents = new ParentCache({ store, epochs, clock, observer, bytes: parentBytes, maxAgeSeconds });

  const origin = new OriginResolver({ store, epochs, clock, homed });
  const inheriting = new InheritingResolver({ inner: origin, parents, epochs, clock });
  const coalescing = new CoalescingResolver({ inner: inheriting, epochs });
  return new CachingResolver({ inner: coalescing, cache, clock });
}
