// Every metric of the node in one table: name, meaning, type, labels, and where its cells lie in a thread's region of
// shared memory. It counts nothing (counters.ts does) and renders nothing (metrics-text.ts does).

import { OUTCOMES, TIERS } from '../domain/answer.ts';
import { SUSPICIONS } from '../domain/lot.ts';
import {
  AUTHENTICATION_SCHEMES,
  CACHE_EVENTS,
  CACHE_NAMES,
  DOORS,
  REFUSALS,
  REGISTRATION_OUTCOMES,
} from '../domain/observer.ts';
import { JOB_ENDS } from '../imports/job.ts';
import { ERROR_CODES } from './error-codes.ts';
import { NODE_METRICS } from './metrics-nodes.ts';
import { UPSTREAM_METRICS } from './metrics-upstream.ts';

/** The logs kept in files: the audit trail, and the request log with its resolutions. */
export const LOG_NAMES = ['audit', 'requests'] as const;

/** Upper bounds in seconds: 0.25 ms … 10 s. */
export const LATENCY_BUCKETS = [
  0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Closed sets of values by label; the last varies fastest in the cells. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** `sum`: over the threads' regions. `thread`: a series for each. `render`: read when somebody asks, without cells. */
  readonly from: 'sum' | 'thread' | 'render';
}

const sum = { from: 'sum', labels: {} } as const;
const thread = { from: 'thread', labels: {} } as const;
const render = { from: 'render', labels: {}, type: 'gauge' } as const;

/** Units are seconds and bytes; counters end in `_total`. Labels never hold a handle, a prefix or an address. */
export const METRICS = {
  resolutions: {
    ...sum,
    name: 'jiabiao_resolutions_total',
    type: 'counter',
    help: 'Identifiers asked for, by door, by how it ended and by who answered (l1 and negative are caches).',
    labels: { door: DOORS, outcome: OUTCOMES, tier: TIERS },
  },
  resolutionDuration: {
    ...sum,
    name: 'jiabiao_resolution_duration_seconds',
    type: 'histogram',
    help: 'Time from a request read to its answer handed to the socket, by door.',
    labels: { door: DOORS },
  },
  registrations: {
    ...sum,
    name: 'jiabiao_registrations_total',
    type: 'counter',
    help: 'Identifiers written or refused, by what became of them.',
    labels: { outcome: REGISTRATION_OUTCOMES },
  },
  commitDuration: {
    ...sum,
    name: 'jiabiao_commit_duration_seconds',
    type: 'histogram',
    help: 'Time one group of commits took until it was on disk.',
  },
  committedChanges: {
    ...sum,
    name: 'jiabiao_committed_changes_total',
    type: 'counter',
    help: 'Changes that reached the disk.',
  },
  cacheEvents: {
    ...sum,
    name: 'jiabiao_cache_events_total',
    type: 'counter',
    help: 'Hits, misses, entries found stale and entries evicted, by cache.',
    labels: { cache: CACHE_NAMES, event: CACHE_EVENTS },
  },
  cacheBytes: {
    ...sum,
    name: 'jiabiao_cache_bytes',
    type: 'gauge',
    help: 'Bytes held by a cache, over all workers.',
    labels: { cache: CACHE_NAMES },
  },
  cacheEntries: {
    ...sum,
    name: 'jiabiao_cache_entries',
    type: 'gauge',
    help: 'Entries held by a cache, over all workers.',
    labels: { cache: CACHE_NAMES },
  },
  refusals: {
    ...sum,
    name: 'jiabiao_refusals_total',
    type: 'counter',
    help: 'Requests or connections turned away before they were looked at.',
    labels: { reason: REFUSALS },
  },
  errors: {
    ...sum,
    name: 'jiabiao_errors_total',
    type: 'counter',
    help: 'Answers that were errors, by code.',
    labels: { code: ERROR_CODES },
  },
  authenticationFailures: {
    ...sum,
    name: 'jiabiao_authentication_failures_total',
    type: 'counter',
    help: 'Keys, secrets and certificates that opened nothing, those refused unchecked included.',
    labels: { scheme: AUTHENTICATION_SCHEMES },
  },
  ...UPSTREAM_METRICS,
  ...NODE_METRICS,
  eventLoopDelay: {
    ...thread,
    name: 'jiabiao_event_loop_delay_seconds',
    type: 'gauge',
    help: 'How late timers fired during the last second, by thread; quantile 1 is the worst.',
    labels: { quantile: ['0.5', '0.99', '1'] },
  },
  heapUsed: { ...thread, name: 'jiabiao_heap_used_bytes', type: 'gauge', help: 'JavaScript heap in use, by thread.' },
  workers: { ...sum, name: 'jiabiao_workers', type: 'gauge', help: 'Worker threads that should run.' },
  workersListening: {
    ...sum,
    name: 'jiabiao_workers_listening',
    type: 'gauge',
    help: 'Threads that answer requests now.',
  },
  workerRestarts: {
    ...sum,
    name: 'jiabiao_worker_restarts_total',
    type: 'counter',
    help: 'Workers that ended without being asked and were started again.',
  },
  changeStreams: {
    ...sum,
    name: 'jiabiao_change_streams',
    type: 'gauge',
    help: 'Streams of changes that are open, over all workers.',
  },
  importsRunning: { ...sum, name: 'jiabiao_imports_running', type: 'gauge', help: 'Import jobs that run now: 0 or 1.' },
  imports: {
    ...sum,
    name: 'jiabiao_imports_total',
    type: 'counter',
    help: 'Import jobs that ended, by how.',
    labels: { state: JOB_ENDS },
  },
  importSeconds: {
    ...sum,
    name: 'jiabiao_import_seconds_total',
    type: 'counter',
    help: 'Time between the start and the end of import jobs that ended.',
  },
  importRows: {
    ...sum,
    name: 'jiabiao_import_rows_total',
    type: 'counter',
    help: 'Rows of imports that reached the registry, by what became of them; dry runs do not count.',
    labels: { outcome: REGISTRATION_OUTCOMES },
  },
  suspicions: {
    ...sum,
    name: 'jiabiao_lot_suspicions_total',
    type: 'counter',
    help: 'Identifiers asked for that are no code of any lot of their prefix, by what is wrong with them; answers from a cache do not count.',
    labels: { reason: SUSPICIONS },
  },
  stopping: {
    ...sum,
    name: 'jiabiao_stopping',
    type: 'gauge',
    help: '1 while the node finishes what it has begun and takes no new work.',
  },
  storeReadOnly: {
    ...sum,
    name: 'jiabiao_store_read_only',
    type: 'gauge',
    help: '1 while the store refuses writes (disk full or not writable); resolving goes on.',
  },
  logLines: {
    ...sum,
    name: 'jiabiao_log_lines_total',
    type: 'counter',
    help: 'Lines of the audit trail and of the request log that were written, or lost because they could not be.',
    labels: { log: LOG_NAMES, outcome: ['written', 'lost'] },
  },
  logsFailing: {
    ...sum,
    name: 'jiabiao_logs_failing',
    type: 'gauge',
    help: 'How many of these two logs cannot be written now (disk full or not writable); everything else goes on.',
  },
  certificateStart: {
    ...sum,
    name: 'jiabiao_certificate_start_timestamp_seconds',
    type: 'gauge',
    help: 'When the TLS certificate in use becomes valid, in epoch seconds; 0 without TLS.',
  },
  certificateExpiry: {
    ...sum,
    name: 'jiabiao_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When the TLS certificate in use, or one it is vouched for by, expires, in epoch seconds; 0 without TLS.',
  },
  certificateRefused: {
    ...sum,
    name: 'jiabiao_certificate_refused',
    type: 'gauge',
    help: '1 while the TLS files on disk cannot be used and what was read before goes on serving.',
  },
  siteKeyRefused: {
    ...sum,
    name: 'jiabiao_site_key_refused',
    type: 'gauge',
    help: '1 while the file of the Handle site’s keys cannot be used and the keys read before go on signing.',
  },
  lotKeyMissing: {
    ...sum,
    name: 'jiabiao_lot_key_missing',
    type: 'gauge',
    help: '1 while the key that opens the secrets of lots is not at hand, so that codes with check tags are not resolved.',
  },
  storeSize: { ...render, name: 'jiabiao_store_size_bytes', help: 'Bytes of the store on disk.' },
  storeRecords: { ...render, name: 'jiabiao_store_records', help: 'Live records in the store.' },
  storeIdentifiers: {
    ...render,
    name: 'jiabiao_store_identifiers',
    help: 'Live identifiers: records and codes of lots.',
  },
  changeSequence: { ...render, name: 'jiabiao_change_sequence', help: 'Sequence of the newest row of the change log.' },
  residentMemory: {
    ...render,
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process; pages of the store that are mapped count too.',
  },
  cpuSeconds: {
    ...render,
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time of the process.',
  },
  startTime: { ...render, name: 'process_start_time_seconds', help: 'When the process started, in epoch seconds.' },
  uptime: { ...render, name: 'process_uptime_seconds', help: 'How long the process has been running.' },
  build: { ...render, name: 'jiabiao_build_info', help: 'Always 1; the labels say what runs.' },
} as const satisfies Record<string, Metric>;

export type MetricKey = keyof typeof METRICS;

/** Cells of one histogram: a count for each bucket, one above them all, and the sum. */
export const HISTOGRAM_CELLS = LATENCY_BUCKETS.length + 2;

/** First cell of each metric in a region, and the region's length. */
export const LAYOUT = layOut();

function layOut(): { readonly offsets: Readonly<Record<MetricKey, number>>; readonly cells: number } {
  const offsets: Partial<Record<MetricKey, number>> = {};
  let next = 0;
  for (const [key, metric] of Object.entries(METRICS) as [MetricKey, Metric][]) {
    offsets[key] = next;
    if (metric.from !== 'render') next += seriesOf(metric).length * (metric.type === 'histogram' ? HISTOGRAM_CELLS : 1);
  }
  // Whole cache lines, so that two threads never write to the same one.
  return { offsets: offsets as Record<MetricKey, number>, cells: Math.ceil(next / 8) * 8 };
}

/** The label sets of a metric, in the order of its cells. */
export function seriesOf(metric: Metric): readonly Readonly<Record<string, string>>[] {
  let series: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(metric.labels)) {
    series = series.flatMap((before) => values.map((value) => ({ ...before, [label]: value })));
  }
  return series;
}
