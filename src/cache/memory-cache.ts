// A map in this thread's memory, bounded in bytes, that gives up what was longest unused. Knows no freshness.

import { LRUCache } from 'lru-cache';

export interface MemoryCache<V> {
  /** Undefined if it is not there. Using an entry keeps it. */
  get(key: string): V | undefined;
  /** Replaces what was there; an entry larger than the whole cache is not kept. Returns how many entries gave way. */
  set(key: string, value: V, bytes: number): number;
  delete(key: string): void;
  readonly bytes: number;
  readonly entries: number;
}

/** No entry is counted smaller: bounds the tables that lru-cache lays out for `maxBytes`. */
const MIN_ENTRY_BYTES = 512;

/** `onGone` is told of every entry that leaves, replaced ones included. */
export function createMemoryCache<V extends object>(
  maxBytes: number,
  onGone: (key: string) => void = () => {},
): MemoryCache<V> {
  let evicted = 0;
  const entries = new LRUCache<string, V>({
    max: Math.max(1, Math.floor(maxBytes / MIN_ENTRY_BYTES)),
    maxSize: Math.max(1, maxBytes),
    dispose(_value, key, reason) {
      if (reason === 'evict') evicted++;
      onGone(key);
    },
  });
  return {
    get: (key) => entries.get(key),
    set(key, value, bytes) {
      evicted = 0;
      entries.set(key, value, { size: Math.max(MIN_ENTRY_BYTES, Math.ceil(bytes)) });
      return evicted;
    },
    delete(key) {
      entries.delete(key);
    },
    get bytes() {
      return entries.calculatedSize;
    },
    get entries() {
      return entries.size;
    },
  };
}
