// What a shared cache of own records must do, where these lie in a store that costs more than the cache. It may be emptied,
// slow or gone at any moment.

import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';

/** A record, and when it was read from the store (epoch milliseconds). */
export interface KeptRecord {
  readonly record: HandleRecord;
  readonly readAt: number;
}

export interface RecordTier {
  /** Whether it is worth asking. */
  readonly isUp: boolean;
  /** Null if it is not there, or could not be asked: a failure is a miss. */
  get(handle: Handle): Promise<KeptRecord | null>;
  /** Returns at once; a record that was invalidated while it was on its way is not kept. */
  set(kept: KeptRecord): void;
  /** May be called twice. */
  close(): Promise<void>;
}
