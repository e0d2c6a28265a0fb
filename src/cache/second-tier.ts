// What a cache behind this thread's memory must do: hold what others told, for all threads and nodes that share it. It may
// be emptied, slow or gone at any moment, and nothing is asked of it that somebody waits long for.

import type { DelegatedSite, ForeignAnswer } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';

/** Under what an answer is held: another site's answer is another answer. */
export interface TierKey {
  readonly handle: Handle;
  readonly site: DelegatedSite | null;
}

export interface SecondTier {
  /** Null if it is not there, or could not be asked: a failure is a miss. Bounded to some 20 ms, once. */
  get(key: TierKey): Promise<ForeignAnswer | null>;
  /** Returns at once; an answer that was invalidated while it was on its way is not kept. */
  set(key: TierKey, answer: ForeignAnswer, forMs: number): void;
  /** The newest held under a handle, whoever told it; for who looks into the cache, so it counts nothing. */
  held(handle: Handle): Promise<ForeignAnswer | null>;
  /** Removes what is held under a handle, and keeps what is still on its way from being held. Never throws. */
  forget(handle: Handle): Promise<void>;
  /** May be called twice. */
  close(): Promise<void>;
}
