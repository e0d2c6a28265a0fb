// Whether the store can be written to: remembers why not, and finds out when it can again, so that a node that is not
// ready for writes becomes ready by itself.

import { statfsSync } from 'node:fs';
import type { ByteString } from '../domain/bytes.ts';
import { encodeCounts } from './lmdb-counts.ts';
import type { LmdbEnvironment } from './lmdb-environment.ts';

const PROBE_INTERVAL_MS = 1000;

/** Free space below which a probe could only succeed by chance, on a page that happened to be free. */
const MIN_FREE_BYTES = 1 << 20;

/** In `meta`: rewritten by each probe. */
const META_PROBE = 'probe' as ByteString;

export class WriteHealth {
  readonly #environment: LmdbEnvironment;
  #reason: string | null;
  #timer: NodeJS.Timeout | null = null;
  #probes = 0;

  constructor(environment: LmdbEnvironment) {
    this.#environment = environment;
    this.#reason = environment.readOnlyReason;
  }

  /** Null if writes are possible, else why not. */
  get reason(): string | null {
    return this.#reason;
  }

  succeeded(): void {
    this.#reason = null;
    this.close();
  }

  failed(reason: string): void {
    this.#reason = reason;
    this.#timer ??= setInterval(() => this.#probe(), PROBE_INTERVAL_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #probe(): void {
    const { root, tables } = this.#environment;
    const space = statfsSync(this.#environment.path);
    if (space.bavail * space.bsize < MIN_FREE_BYTES) return;
    try {
      root.transactionSync(() => tables.meta.put(META_PROBE, encodeCounts([++this.#probes])));
    } catch {
      return; // still not writable: the reason that is remembered stands
    }
    this.succeeded();
  }
}
