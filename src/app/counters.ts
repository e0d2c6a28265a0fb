// Counters in shared memory: each thread adds to a region of its own, any thread reads them all. No messages, no locks.

import { OUTCOMES, type Outcome, TIERS } from '../domain/answer.ts';
import type { ErrorCode } from '../domain/error.ts';
import { SUSPICIONS, type Suspicion } from '../domain/lot.ts';
import {
  type Asked,
  AUTHENTICATION_SCHEMES,
  type AuthenticationScheme,
  type BreakerState,
  CACHE_EVENTS,
  CACHE_NAMES,
  type CacheEvent,
  type CacheName,
  DOORS,
  type Door,
  type Observer,
  REFUSALS,
  REGISTRATION_OUTCOMES,
  type Refusal,
  type RegistrationOutcome,
  UPSTREAM_OUTCOMES,
  type UpstreamOutcome,
  type UpstreamPlace,
} from '../domain/observer.ts';
import { JOB_ENDS, type JobEnd } from '../imports/job.ts';
import type { ImportObserver } from '../imports/job-run.ts';
import type { PoolUsage } from '../store/postgres-pool.ts';
import { HISTOGRAM_CELLS, LATENCY_BUCKETS, LAYOUT, LOG_NAMES, METRICS, type MetricKey } from './metrics.ts';
import { UPSTREAMS } from './metrics-upstream.ts';
import type { ResolutionTallies } from './resolution-tallies.ts';

const BUCKETS_MS: readonly number[] = LATENCY_BUCKETS.map((seconds) => seconds * 1000);
const AT = LAYOUT.offsets;

const DOOR = positions(DOORS);
const OUTCOME = positions(OUTCOMES);
const TIER = positions(TIERS);
const REGISTRATION = positions(REGISTRATION_OUTCOMES);
const REFUSAL = positions(REFUSALS);
const CACHE = positions(CACHE_NAMES);
const EVENT = positions(CACHE_EVENTS);
const SCHEME = positions(AUTHENTICATION_SCHEMES);
const UPSTREAM_OUTCOME = positions(UPSTREAM_OUTCOMES);
const NOT_SENT: ReadonlySet<UpstreamOutcome> = new Set(['broken', 'overloaded', 'limited']);
const BREAKER_STATES: readonly BreakerState[] = ['closed', 'half-open', 'open'];
const ENDED = positions(JOB_ENDS);
const CODE = positions(METRICS.errors.labels.code);

function positions<T extends string>(names: readonly T[]): Readonly<Record<T, number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<T, number>;
}

/** Gauges without labels that a thread may set. */
type PlainGauge = Extract<
  MetricKey,
  | 'heapUsed'
  | 'workers'
  | 'workersListening'
  | 'stopping'
  | 'storeReadOnly'
  | 'logsFailing'
  | 'certificateStart'
  | 'certificateExpiry'
  | 'certificateRefused'
  | 'siteKeyRefused'
  | 'lotKeyMissing'
  | 'importsApart'
  | 'changeStreams'
  | 'redisDown'
  | 'invalidationDown'
  | 'noticesDown'
  | 'storeShared'
  | 'leads'
  | 'replicaLag'
  | 'storeWaiting'
  | 'sequences'
  | 'importsRunning'
>;
/** What a dead thread no longer has. */
const GAUGES = (Object.keys(METRICS) as MetricKey[]).filter(
  (key) => METRICS[key].type === 'gauge' && METRICS[key].from !== 'render',
);

/** Memory for `threads` regions: 0 is the main thread, workers follow. */
export function createCountersBuffer(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * LAYOUT.cells * Float64Array.BYTES_PER_ELEMENT);
}

export function threadsIn(buffer: SharedArrayBuffer): number {
  return buffer.byteLength / (LAYOUT.cells * Float64Array.BYTES_PER_ELEMENT);
}

export function regionOf(buffer: SharedArrayBuffer, thread: number): Float64Array {
  return new Float64Array(buffer, thread * LAYOUT.cells * Float64Array.BYTES_PER_ELEMENT, LAYOUT.cells);
}

/** A cell summed over every thread. */
export function totalOf(buffer: SharedArrayBuffer, key: MetricKey): number {
  let total = 0;
  for (let thread = 0; thread < threadsIn(buffer); thread++) total += regionOf(buffer, thread)[AT[key]] as number;
  return total;
}

/** The observer of one thread, which alone writes to its region. */
export class Counters implements Observer, ImportObserver {
  readonly #cells: Float64Array;
  #tallies: ResolutionTallies | null = null;

  constructor(buffer: SharedArrayBuffer, thread: number) {
    this.#cells = regionOf(buffer, thread);
  }

  /** Counts resolutions by prefix too, for the statistics. */
  countByPrefix(tallies: ResolutionTallies): void {
    this.#tallies = tallies;
  }

  resolved(door: Door, outcome: Outcome, asked: Asked, durationMs: number): void {
    this.#tallies?.count(asked.handle, outcome);
    const place = (DOOR[door] * OUTCOMES.length + OUTCOME[outcome]) * TIERS.length + TIER[asked.tier];
    this.#add(AT.resolutions + place, 1);
    this.#time(AT.resolutionDuration + DOOR[door] * HISTOGRAM_CELLS, durationMs);
  }

  registered(outcome: RegistrationOutcome, count: number): void {
    this.#add(AT.registrations + REGISTRATION[outcome], count);
  }

  committed(changes: number, durationMs: number): void {
    this.#add(AT.committedChanges, changes);
    this.#time(AT.commitDuration, durationMs);
  }

  cacheEvent(cache: CacheName, event: CacheEvent, count: number): void {
    this.#add(AT.cacheEvents + CACHE[cache] * CACHE_EVENTS.length + EVENT[event], count);
  }

  cacheSize(cache: CacheName, bytes: number, entries: number): void {
    this.#cells[AT.cacheBytes + CACHE[cache]] = bytes;
    this.#cells[AT.cacheEntries + CACHE[cache]] = entries;
  }

  streamsOpen(count: number): void {
    this.set('changeStreams', count);
  }

  refused(reason: Refusal): void {
    this.#add(AT.refusals + REFUSAL[reason], 1);
  }

  failed(code: ErrorCode): void {
    this.#add(AT.errors + CODE[code], 1);
  }

  authenticationFailed(scheme: AuthenticationScheme): void {
    this.#add(AT.authenticationFailures + SCHEME[scheme], 1);
  }

  upstreamAsked(upstream: UpstreamPlace, outcome: UpstreamOutcome, durationMs: number): void {
    const place = upstream === 'delegated' ? UPSTREAMS.length - 1 : upstream;
    this.#add(AT.upstreamQuestions + place * UPSTREAM_OUTCOMES.length + UPSTREAM_OUTCOME[outcome], 1);
    if (NOT_SENT.has(outcome)) return;
    this.#time(AT.upstreamDuration + place * HISTOGRAM_CELLS, durationMs);
  }

  suspected(suspicion: Suspicion): void {
    this.#add(AT.suspicions + SUSPICIONS.indexOf(suspicion), 1);
  }

  breakerIs(upstream: number, state: BreakerState): void {
    this.#cells[AT.upstreamBreaker + upstream] = BREAKER_STATES.indexOf(state);
  }

  invalidationIs(state: 'up' | 'down'): void {
    this.set('invalidationDown', state === 'down' ? 1 : 0);
  }

  /** Whether this node hears the others of its store. */
  noticesAre(state: 'up' | 'down'): void {
    this.set('noticesDown', state === 'down' ? 1 : 0);
  }

  storeUses({ busy, idle, waiting }: PoolUsage, sequences: boolean): void {
    this.#cells.set([busy, idle], AT.storeConnections);
    this.set('storeWaiting', waiting);
    this.set('sequences', sequences ? 1 : 0);
  }

  /** Null: it cannot be told. */
  replicaLags(lagMs: number | null): void {
    this.set('replicaLag', lagMs === null ? -1 : lagMs / 1000);
  }

  redisIs(state: 'up' | 'down'): void {
    this.set('redisDown', state === 'down' ? 1 : 0);
  }

  logLines(log: (typeof LOG_NAMES)[number], outcome: 'written' | 'lost', lines: number): void {
    this.#add(AT.logLines + LOG_NAMES.indexOf(log) * 2 + (outcome === 'lost' ? 1 : 0), lines);
  }

  importRunning(running: boolean): void {
    this.set('importsRunning', running ? 1 : 0);
  }

  importEnded(state: JobEnd, seconds: number): void {
    this.#add(AT.imports + ENDED[state], 1);
    this.#add(AT.importSeconds, seconds);
  }

  importedRows(outcome: RegistrationOutcome, count: number): void {
    this.#add(AT.importRows + REGISTRATION[outcome], count);
  }

  workerRestarted(): void {
    this.#add(AT.workerRestarts, 1);
  }

  /** Seconds: median, 99th percentile and worst of the last interval. */
  eventLoopDelayed(median: number, p99: number, worst: number): void {
    this.#cells.set([median, p99, worst], AT.eventLoopDelay);
  }

  set(gauge: PlainGauge, value: number): void {
    this.#cells[AT[gauge]] = value;
  }

  /** For the successor of a dead thread: what was counted stays, what it held is gone. */
  clearGauges(): void {
    for (const key of GAUGES) this.#cells.fill(0, AT[key], endOf(key));
  }

  #add(cell: number, amount: number): void {
    this.#cells[cell] = (this.#cells[cell] as number) + amount;
  }

  #time(histogram: number, durationMs: number): void {
    let bucket = 0;
    while (bucket < BUCKETS_MS.length && durationMs > (BUCKETS_MS[bucket] as number)) bucket++;
    this.#add(histogram + bucket, 1);
    this.#add(histogram + HISTOGRAM_CELLS - 1, durationMs / 1000);
  }
}

function endOf(key: MetricKey): number {
  const labels: Readonly<Record<string, readonly string[]>> = METRICS[key].labels;
  return AT[key] + Object.values(labels).reduce((product, values) => product * values.length, 1);
}
