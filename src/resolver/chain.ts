// The read path: which resolver wraps which. This order is the whole of it; what each does stands in its own file.

import { AnswerCache } from '../cache/answer-cache.ts';
import type { EpochTable } from '../cache/epoch-table.ts';
import type { SecondTier } from '../cache/second-tier.ts';
import type { ForeignReader } from '../domain/foreign-answer.ts';
import type { Observer } from '../domain/observer.ts';
import type { Homed } from '../domain/prefix.ts';
import type { Route } from '../domain/route.ts';
import type { RecordReader } from '../store/registry-store.ts';
import { Abroad } from './abroad.ts';
import { CachingResolver } from './caching.ts';
import { CoalescingResolver } from './coalescing.ts';
import { Delegations } from './delegation.ts';
import { Elsewhere } from './elsewhere.ts';
import { InheritingResolver } from './inheriting.ts';
import { createKeeper } from './keeper.ts';
import { type LotFinderOptions, RememberedLots } from './lot-finder.ts';
import { OriginResolver } from './origin.ts';
import { ParentCache } from './parent-cache.ts';
import type { CacheKeeper, Delegated, Resolver } from './resolver.ts';
import { ServedPrefixes, type ServedPrefixesOptions } from './served-prefixes.ts';

export interface ResolverOptions {
  readonly store: Pick<RecordReader, 'get'>;
  /** Where lots are read, and who makes their check tags; null if there are none. */
  readonly lots: Pick<LotFinderOptions, 'reader' | 'tags'> | null;
  readonly epochs: EpochTable;
  readonly clock: () => number;
  readonly observer: Observer;
  readonly homed: Homed;
  /** Who is asked for what is not ours; null if nobody is. */
  readonly foreign: ForeignOptions | null;
  /** What prefix records are made of that nobody has registered; without it there are none of these. */
  readonly served?: Omit<ServedPrefixesOptions, 'homed'> | null;
  readonly cache: {
    readonly l1Bytes: number;
    readonly negativeBytes: number;
    readonly parentBytes: number;
    /** No answer is kept longer in this thread. */
    readonly maxAgeSeconds: number;
  };
}

export interface ForeignOptions {
  readonly reader: ForeignReader;
  /** What is shared with other threads and nodes; null if nothing is. */
  readonly tier: SecondTier | null;
  readonly routes: readonly Route[];
  /** What happens with prefixes below ours that their enterprises answer for; `off`: they are not looked for. */
  readonly delegation: Delegated | 'off';
  readonly ownAddresses: readonly string[];
  readonly staleSeconds: number;
}

/** caching( coalescing( inheriting( origin( store, lots, elsewhere( delegations, abroad ) ), parents( store ) ) ) ) */
export function createResolver(options: ResolverOptions): Resolver & { readonly keeper: CacheKeeper } {
  const { store, epochs, clock, observer, homed } = options;
  const lots = options.lots === null ? null : new RememberedLots({ ...options.lots, epochs });
  const { l1Bytes, negativeBytes, parentBytes, maxAgeSeconds } = options.cache;
  const cache = new AnswerCache({ epochs, observer, l1Bytes, negativeBytes, maxAgeSeconds });
  const parents = new ParentCache({ store, epochs, clock, observer, bytes: parentBytes, maxAgeSeconds });

  const elsewhere = createElsewhere(options);
  const served = options.served ? new ServedPrefixes({ ...options.served, homed }) : null;
  const origin = new OriginResolver({ store, lots, observer, epochs, clock, homed, elsewhere, served });
  const inheriting = new InheritingResolver({ inner: origin, parents, epochs, clock });
  const coalescing = new CoalescingResolver({ inner: inheriting, epochs });
  const caching = new CachingResolver({ inner: coalescing, cache, clock });
  return { resolve: (question) => caching.resolve(question), keeper: createKeeper(options, cache) };
}

function createElsewhere({ foreign, store, epochs, clock, cache }: ResolverOptions): Elsewhere | null {
  if (foreign === null) return null;
  const { reader, tier, routes, delegation, ownAddresses, staleSeconds } = foreign;
  const abroad = new Abroad({ reader, tier, clock, epochs, maxAgeSeconds: cache.maxAgeSeconds, staleSeconds });
  const delegations = delegation === 'off' ? null : new Delegations({ store, epochs, clock, ownAddresses });
  return new Elsewhere({ routes, abroad, delegations, usual: delegation === 'off' ? 'refer' : delegation });
}
