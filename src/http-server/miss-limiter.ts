// Bounds what a network can learn by guessing: a token bucket of misses for each. Hits are none of its business.

/** Networks remembered at once; beyond it the one that missed longest ago is forgotten. About 10 MB when full. */
const MAX_NETWORKS = 65_536;

interface Bucket {
  tokens: number;
  at: number;
}

export interface MissLimiterOptions {
  /** Tokens a second for each network; 0 sets no limit. */
  readonly missesPerSecond: number;
  /** Tokens of a full bucket. */
  readonly missBurst: number;
  readonly clock: () => number;
}

export class MissLimiter {
  readonly #options: MissLimiterOptions;
  /** In order of last miss. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: MissLimiterOptions) {
    this.#options = options;
  }

  get unlimited(): boolean {
    return this.#options.missesPerSecond === 0;
  }

  /** Takes a token. 0 if there was one, else the seconds until there will be. */
  take(network: string): number {
    const { missesPerSecond, missBurst, clock } = this.#options;
    if (missesPerSecond === 0) return 0;
    const now = clock();
    const bucket = this.#bucketOf(network, now);
    bucket.tokens = Math.min(missBurst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * missesPerSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / missesPerSecond));
    bucket.tokens -= 1;
    return 0;
  }

  #bucketOf(network: string, now: number): Bucket {
    const buckets = this.#buckets;
    const known = buckets.get(network);
    if (known !== undefined) {
      buckets.delete(network);
      buckets.set(network, known);
      return known;
    }
    if (buckets.size >= MAX_NETWORKS) {
      for (const oldest of buckets.keys()) {
        buckets.delete(oldest);
        break;
      }
    }
    const bucket = { tokens: this.#options.missBurst, at: now };
    buckets.set(network, bucket);
    return bucket;
  }
}
