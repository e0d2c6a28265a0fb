// Renders what all threads counted in Prometheus' text format. Any thread can do it; nothing here is on a hot path.

import promClient from 'prom-client';
import type { StoreStats } from '../store/registry-store.ts';
import { regionOf, threadsIn, totalOf } from './counters.ts';
import { HISTOGRAM_CELLS, LATENCY_BUCKETS, LAYOUT, METRICS, type Metric, type MetricKey, seriesOf } from './metrics.ts';

export interface MetricsSources {
  readonly counters: SharedArrayBuffer;
  readonly storeStats: () => StoreStats;
  readonly clock: () => number;
  readonly version: string;
}

/** A metric in the form prom-client aggregates (`Registry.getMetricsAsJSON`). */
interface MetricJson {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: 'sum';
  readonly values: readonly Sample[];
}

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

const ENTRIES = Object.entries(METRICS) as readonly [MetricKey, Metric][];

/** Everything of the table METRICS, summed over the threads. */
export function metricsText(sources: MetricsSources): Promise<string> {
  const { counters } = sources;
  const threads = Array.from({ length: threadsIn(counters) }, (_, thread) => thread);
  const workers = totalOf(counters, 'workers');
  const nameOf = (thread: number): string => {
    if (thread === 0) return 'main';
    return workers > 0 && thread > workers ? 'imports' : `worker-${thread}`;
  };
  const counted = threads.map((thread) => countedBy(thread, regionOf(counters, thread), nameOf));
  return promClient.AggregatorRegistry.aggregate([...counted, renderedNow(sources)]).metrics();
}

function countedBy(thread: number, cells: Float64Array, nameOf: (thread: number) => string): MetricJson[] {
  return ENTRIES.filter(([, metric]) => metric.from !== 'render').map(([key, metric]) => {
    const size = metric.type === 'histogram' ? HISTOGRAM_CELLS : 1;
    const threadLabel = metric.from === 'thread' ? { thread: nameOf(thread) } : {};
    const values = seriesOf(metric).flatMap((series, i): readonly Sample[] => {
      const labels = { ...series, ...threadLabel };
      const start = LAYOUT.offsets[key] + i * size;
      if (metric.type === 'histogram')
        return histogramSamples(metric.name, labels, cells.subarray(start, start + size));
      return [{ labels, value: cells[start] as number }];
    });
    return jsonOf(metric, values);
  });
}

function histogramSamples(name: string, labels: Readonly<Record<string, string>>, cells: Float64Array): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  for (const [i, bound] of [...LATENCY_BUCKETS, '+Inf'].entries()) {
    count += cells[i] as number;
    samples.push({ metricName: `${name}_bucket`, labels: { le: bound, ...labels }, value: count });
  }
  samples.push({ metricName: `${name}_sum`, labels, value: cells[HISTOGRAM_CELLS - 1] as number });
  samples.push({ metricName: `${name}_count`, labels, value: count });
  return samples;
}

function renderedNow({ storeStats, clock, version }: MetricsSources): MetricJson[] {
  const { sizeBytes, records, issued, sequence } = storeStats();
  const { user, system } = process.cpuUsage();
  const uptime = process.uptime();
  const plain = (key: MetricKey, value: number): MetricJson => jsonOf(METRICS[key], [{ labels: {}, value }]);
  return [
    plain('storeSize', sizeBytes),
    plain('storeRecords', records),
    plain('storeIdentifiers', issued),
    plain('changeSequence', sequence),
    plain('residentMemory', process.memoryUsage.rss()),
    plain('cpuSeconds', (user + system) / 1e6),
    plain('startTime', Math.round(clock() / 1000 - uptime)),
    plain('uptime', uptime),
    jsonOf(METRICS.build, [{ labels: { version, node: process.versions.node }, value: 1 }]),
  ];
}

function jsonOf({ name, help, type }: Metric, values: readonly Sample[]): MetricJson {
  return { name, help, type, aggregator: 'sum', values };
}
