// Latencies in logarithmic buckets, under 1 % wide, so that a million samples cost 30 KB and percentiles stay honest.

const SUB_BUCKET_BITS = 7;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
/** Highest octave kept: 2^33 µs is over two hours. */
const OCTAVES = 33 - SUB_BUCKET_BITS;

export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Counts of microseconds: exact below 128, then 128 buckets an octave. */
export class Histogram {
  readonly #counts = new Float64Array((OCTAVES + 1) * SUB_BUCKETS);
  #count = 0;
  #sum = 0;
  #max = 0;

  record(milliseconds: number): void {
    const micros = milliseconds <= 0 ? 0 : Math.round(milliseconds * 1000);
    const bucket = bucketOf(micros);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sum += micros;
    if (micros > this.#max) this.#max = micros;
  }

  /** The least value that `share` of all samples do not exceed, rounded up to its bucket's end; 0 if there are none. */
  percentileMs(share: number): number {
    const wanted = Math.ceil(this.#count * share);
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted && seen > 0) return Math.min(endOf(bucket), this.#max) / 1000;
    }
    return 0;
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : this.#sum / this.#count / 1000,
      p50Ms: this.percentileMs(0.5),
      p90Ms: this.percentileMs(0.9),
      p99Ms: this.percentileMs(0.99),
      p999Ms: this.percentileMs(0.999),
      maxMs: this.#max / 1000,
    };
  }
}

function bucketOf(micros: number): number {
  if (micros < SUB_BUCKETS) return micros;
  const octave = Math.min(Math.floor(Math.log2(micros)) - SUB_BUCKET_BITS + 1, OCTAVES);
  const within = Math.min(Math.floor(micros / 2 ** (octave - 1)) - SUB_BUCKETS, SUB_BUCKETS - 1);
  return octave * SUB_BUCKETS + within;
}

function endOf(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const octave = Math.floor(bucket / SUB_BUCKETS);
  return (SUB_BUCKETS + (bucket % SUB_BUCKETS) + 1) * 2 ** (octave - 1) - 1;
}
