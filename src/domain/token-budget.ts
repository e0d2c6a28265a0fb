// Bounds how often something may be done in the name of a client network or a prefix: a token bucket for each. What
// still trickles through when a bucket is empty is its rate. Pure.

import { setNewest } from './newest.ts';

/** Names remembered at once; beyond it the one that paid longest ago is forgotten. About 10 MB when full. */
const MAX_NAMES = 65_536;

interface Bucket {
  tokens: number;
  at: number;
}

export interface TokenBudgetOptions {
  /** Tokens a second for each name; 0 sets no limit. */
  readonly perSecond: number;
  /** Tokens of a full bucket. */
  readonly burst: number;
  readonly clock: () => number;
}

export class TokenBudget {
  readonly #options: TokenBudgetOptions;
  /** In order of last payment. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: TokenBudgetOptions) {
    this.#options = options;
  }

  get unlimited(): boolean {
    return this.#options.perSecond === 0;
  }

  /** Whether there is a token; takes none. */
  has(name: string): boolean {
    const bucket = this.#buckets.get(name);
    return bucket === undefined || this.unlimited || this.#waitOf(bucket) === 0;
  }

  /** Takes a token. 0 if there was one, else the seconds until there will be. */
  take(name: string): number {
    if (this.unlimited) return 0;
    const bucket = this.#bucketOf(name);
    const waitSeconds = this.#waitOf(bucket);
    if (waitSeconds === 0) bucket.tokens -= 1;
    return waitSeconds;
  }

  /** Takes as many tokens if there are, else none. */
  takeMany(name: string, tokens: number): boolean {
    const bucket = this.#bucketOf(name);
    this.#waitOf(bucket);
    if (bucket.tokens < tokens) return false;
    bucket.tokens -= tokens;
    return true;
  }

  /** Of a token that was taken for something that then succeeded. */
  giveBack(name: string): void {
    const bucket = this.#buckets.get(name);
    if (bucket !== undefined) bucket.tokens = Math.min(this.#options.burst, bucket.tokens + 1);
  }

  #waitOf(bucket: Bucket): number {
    const { perSecond, burst, clock } = this.#options;
    const now = clock();
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    return bucket.tokens < 1 ? Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond)) : 0;
  }

  #bucketOf(name: string): Bucket {
    const bucket = this.#buckets.get(name) ?? { tokens: this.#options.burst, at: this.#options.clock() };
    setNewest(this.#buckets, name, bucket, MAX_NAMES);
    return bucket;
  }
}
