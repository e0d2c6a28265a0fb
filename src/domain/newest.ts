// Maps that remember a bounded number of things. Pure.

/** Puts an entry last, in place of an older one of that key; beyond `limit` the one put longest ago gives way. */
export function setNewest<K, V>(entries: Map<K, V>, key: K, value: V, limit: number): void {
  entries.delete(key);
  entries.set(key, value);
  if (entries.size <= limit) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
