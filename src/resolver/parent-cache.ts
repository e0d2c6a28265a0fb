// Lineages of parents: read from the store once, kept while they hold. A parent lives in the same store and under the
// same prefix as its child (the store sees to that), so no responsibility is asked here and nobody else.

import { bytesOfJson, bytesOfValues } from '../cache/answer-size.ts';
import { type EpochTable, olderEpoch } from '../cache/epoch-table.ts';
import { createMemoryCache, type MemoryCache } from '../cache/memory-cache.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { MAX_INHERITANCE_DEPTH } from '../domain/limits.ts';
import type { Observer } from '../domain/observer.ts';
import type { Awaitable, RecordReader } from '../store/registry-store.ts';
import { type Lineage, lineageOf, missingLineage } from './lineage.ts';

export interface ParentCacheOptions {
  readonly store: Pick<RecordReader, 'get'>;
  readonly epochs: EpochTable;
  readonly clock: () => number;
  readonly observer: Observer;
  readonly bytes: number;
  /** Bounds how late a change elsewhere shows, and how far an epoch can lie behind (see EpochTable). */
  readonly maxAgeSeconds: number;
}

interface Kept {
  readonly lineage: Lineage;
  readonly until: number;
}

/** Objects around a lineage, and its key. */
const LINEAGE_BYTES = 600;

export class ParentCache {
  readonly #options: ParentCacheOptions;
  readonly #kept: MemoryCache<Kept>;

  constructor(options: ParentCacheOptions) {
    this.#options = options;
    this.#kept = createMemoryCache(options.bytes);
  }

  /** What `parent` hands down to a child; null if the child would stand deeper than MAX_INHERITANCE_DEPTH. */
  lineageOf(parent: Handle, bypassCache: boolean): Awaitable<Lineage | null> {
    return this.#lineageOf(parent, bypassCache, 1);
  }

  /** `below`: how many records of the chain stand below `parent`. Grows with each step up, so a cycle ends too. */
  #lineageOf(parent: Handle, bypassCache: boolean, below: number): Awaitable<Lineage | null> {
    if (below >= MAX_INHERITANCE_DEPTH) return null;
    const kept = bypassCache ? undefined : this.#get(parent);
    if (kept === undefined) return this.#read(parent, bypassCache, below);
    return below + kept.ancestors.length > MAX_INHERITANCE_DEPTH ? null : kept;
  }

  #read(parent: Handle, bypassCache: boolean, below: number): Awaitable<Lineage | null> {
    const epoch = this.#options.epochs.current(); // before the read: what changes meanwhile ends the lineage
    const record = this.#options.store.get(parent);
    const climb = (found: HandleRecord | null) => this.#climb({ parent, epoch, bypassCache, below }, found);
    return record instanceof Promise ? record.then(climb) : climb(record);
  }

  #climb(step: Step, record: HandleRecord | null): Awaitable<Lineage | null> {
    if (record === null) return this.#set(step, missingLineage(step.parent, step.epoch));
    if (record.status === 'revoked' || record.parent === null) {
      return this.#set(step, lineageOf(record, step.epoch, null));
    }
    const above = this.#lineageOf(record.parent, step.bypassCache, step.below + 1);
    const join = (upper: Lineage | null) =>
      upper === null ? null : this.#set(step, lineageOf(record, olderEpoch(step.epoch, upper.epoch), upper));
    return above instanceof Promise ? above.then(join) : join(above);
  }

  #get(parent: Handle): Lineage | undefined {
    const { epochs, clock, observer } = this.#options;
    const kept = this.#kept.get(parent);
    if (kept === undefined) {
      observer.cacheEvent('parent', 'miss', 1);
      return undefined;
    }
    const { lineage } = kept;
    const epoch = epochs.current(); // before the slots: the lineage holds under this epoch, not under a later one
    if (clock() < kept.until && (epoch === lineage.epoch || epochs.holds(lineage))) {
      lineage.epoch = epoch;
      observer.cacheEvent('parent', 'hit', 1);
      return lineage;
    }
    this.#kept.delete(parent);
    observer.cacheEvent('parent', 'stale', 1);
    return undefined;
  }

  #set(step: Step, lineage: Lineage): Lineage {
    if (step.bypassCache) return lineage;
    const { clock, maxAgeSeconds, observer } = this.#options;
    const bytes = bytesOfLineage(lineage);
    const evicted = this.#kept.set(step.parent, { lineage, until: clock() + maxAgeSeconds * 1000 }, bytes);
    if (evicted > 0) observer.cacheEvent('parent', 'evicted', evicted);
    observer.cacheSize('parent', this.#kept.bytes, this.#kept.entries);
    return lineage;
  }
}

interface Step {
  readonly parent: Handle;
  readonly epoch: number;
  readonly bypassCache: boolean;
  readonly below: number;
}

/** The nearest ancestor in full; those above are counted with their own lineages. What is handed down counts as text. */
function bytesOfLineage(lineage: Lineage): number {
  const values = lineage.ancestors[0]?.values ?? [];
  return LINEAGE_BYTES + bytesOfValues(values) + bytesOfJson(lineage.inherited);
}
