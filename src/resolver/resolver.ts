// The one interface of the read path. A cache is a resolver that wraps a resolver; chain.ts shows the order.

import type { Answer, Learned, Tier } from '../domain/answer.ts';
import type { Handle } from '../domain/handle.ts';

/** `refer`: say where to ask. `recurse`: ask there, and hand on the answer. `absent`: say that it is not here. */
export type Delegated = 'refer' | 'recurse' | 'absent';

/** One resolution on its way through the chain: what is asked, and who answered. */
export interface Question {
  readonly handle: Handle;
  /** True to pass by every cache (the Handle protocol's authoritative flag). */
  readonly bypassCache: boolean;
  /** For prefixes that others answer for: null as the settings say, else as who asks wants it. Passes by every cache. */
  readonly delegated: Delegated | null;
  /** Nodes it has passed on its way here, as `Via` names them, for whoever it is handed on to. */
  readonly via: string;
  /**
   * Called before anything is asked that is outside this thread. Throws `RATE_LIMITED` if who asks has had enough of what
   * is not known here, but for a trickle: a guess is refused before it costs anything.
   */
  payForLook(): void;
  /** Called before another node is asked on its behalf. Throws `RATE_LIMITED` if who asks has had enough of that. */
  payForTrip(): void;
  /** Out-parameter: the resolver that answers writes its own tier here. */
  tier: Tier;
}

/** Of a question that the node asks for itself, or for who has shown a key: nobody pays. */
export const FREE: Pick<Question, 'payForLook' | 'payForTrip'> = { payForLook() {}, payForTrip() {} };

/** What a cache holds of an answer that another node gave. */
export interface Remembered {
  readonly kind: Answer['kind'];
  readonly values: number;
  readonly learned: Learned;
  readonly state: 'fresh' | 'stale';
}

/** By where it is held: this thread's memory, what nodes share, this node's disk. */
export interface Inspected {
  readonly memory: Remembered | null;
  readonly shared: Remembered | null;
  readonly disk: Remembered | null;
}

/** Looks into the caches on the read path, and empties them of one handle. */
export interface CacheKeeper {
  /** Null where nothing is. */
  inspect(handle: Handle): Promise<Inspected>;
  /** Done when no thread of this node gives what it had. Throws `UPSTREAM_UNAVAILABLE` if that cannot be said. */
  purge(handle: Handle): Promise<void>;
}

/**
 * Finds what is registered under a handle. Absence is an `Answer`; "could not find out" is an exception and never
 * cached: `NOT_RESPONSIBLE` (the prefix is not homed here, and no route leads elsewhere), `OVERLOADED`,
 * `STORE_UNAVAILABLE`, `UPSTREAM_UNAVAILABLE` (another node answers for it and could not be asked). What is at hand is
 * answered at once, without a promise. The answer holds values of every permission: the door selects.
 */
export interface Resolver {
  resolve(question: Question): Answer | Promise<Answer>;
}
