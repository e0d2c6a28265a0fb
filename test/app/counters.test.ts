import { describe, expect, test } from 'vitest';
import { Counters, createCountersBuffer, totalOf } from '../../src/app/counters.ts';
import { METRICS, type Metric } from '../../src/app/metrics.ts';
import { metricsText } from '../../src/app/metrics-text.ts';
import type { Handle } from '../../src/domain/handle.ts';

const HANDLE = '88.118.10023/A' as Handle;

const storeStats = () => ({ sizeBytes: 4096, records: 7, issued: 7, sequence: 9, readOnlyReason: null });

async function render(counters: SharedArrayBuffer): Promise<Map<string, number>> {
  const text = await metricsText({ counters, storeStats, clock: () => 1_750_000_000_000, version: '1.2.3' });
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('counters', () => {
  test('of all threads are summed', async () => {
    const buffer = createCountersBuffer(3);
    for (const thread of [0, 1, 2]) {
      const counters = new Counters(buffer, thread);
      counters.resolved('batch', 'not-found', { handle: HANDLE, tier: 'negative' }, 0.1);
      counters.registered('created', 10 * thread);
      counters.cacheSize('l1', 1000, 3);
      counters.cacheEvent('parent', 'evicted', 2);
      counters.refused('connections');
      counters.failed('INTERNAL');
    }
    const samples = await render(buffer);
    expect(samples.get('jiabiao_resolutions_total{door="batch",outcome="not-found",tier="negative"}')).toBe(3);
    expect(samples.get('jiabiao_resolutions_total{door="batch",outcome="not-found",tier="l1"}')).toBe(0);
    expect(samples.get('jiabiao_registrations_total{outcome="created"}')).toBe(30);
    expect(samples.get('jiabiao_cache_bytes{cache="l1"}')).toBe(3000);
    expect(samples.get('jiabiao_cache_entries{cache="l1"}')).toBe(9);
    expect(samples.get('jiabiao_cache_events_total{cache="parent",event="evicted"}')).toBe(6);
    expect(samples.get('jiabiao_refusals_total{reason="connections"}')).toBe(3);
    expect(samples.get('jiabiao_errors_total{code="INTERNAL"}')).toBe(3);
  });

  test('put a duration into its bucket, the bound included, and every later one', async () => {
    const buffer = createCountersBuffer(1);
    const counters = new Counters(buffer, 0);
    for (const ms of [0.25, 0.26, 1, 9_999, 10_001])
      counters.resolved('handle-api', 'found', { handle: HANDLE, tier: 'l1' }, ms);
    const samples = await render(buffer);
    const bucket = (le: string): number | undefined =>
      samples.get(`jiabiao_resolution_duration_seconds_bucket{le="${le}",door="handle-api"}`);
    expect(['0.00025', '0.0005', '0.001', '5', '10', '+Inf'].map(bucket)).toEqual([1, 2, 3, 3, 4, 5]);
    expect(samples.get('jiabiao_resolution_duration_seconds_count{door="handle-api"}')).toBe(5);
    expect(samples.get('jiabiao_resolution_duration_seconds_sum{door="handle-api"}')).toBeCloseTo(20.00151);
    expect(samples.get('jiabiao_resolution_duration_seconds_count{door="batch"}')).toBe(0);
  });

  test('of a group of commits say how many changes and how long', async () => {
    const buffer = createCountersBuffer(1);
    new Counters(buffer, 0).committed(64, 3);
    const samples = await render(buffer);
    expect(samples.get('jiabiao_committed_changes_total')).toBe(64);
    expect(samples.get('jiabiao_commit_duration_seconds_bucket{le="0.0025"}')).toBe(0);
    expect(samples.get('jiabiao_commit_duration_seconds_bucket{le="0.005"}')).toBe(1);
  });

  test("keep a dead thread's counts and forget what it held", async () => {
    const buffer = createCountersBuffer(2);
    const worker = new Counters(buffer, 1);
    worker.failed('NOT_FOUND');
    worker.cacheSize('negative', 50, 1);
    worker.eventLoopDelayed(0.001, 0.002, 0.003);
    worker.clearGauges();
    const samples = await render(buffer);
    expect(samples.get('jiabiao_errors_total{code="NOT_FOUND"}')).toBe(1);
    expect(samples.get('jiabiao_cache_bytes{cache="negative"}')).toBe(0);
    expect(samples.get('jiabiao_event_loop_delay_seconds{quantile="1",thread="worker-1"}')).toBe(0);
  });

  test('can be asked for one total without rendering', () => {
    const buffer = createCountersBuffer(2);
    new Counters(buffer, 1).set('workersListening', 1);
    new Counters(buffer, 0).set('storeReadOnly', 1);
    expect(totalOf(buffer, 'workersListening')).toBe(1);
    expect(totalOf(buffer, 'stopping')).toBe(0);
  });
});

describe('the metrics', () => {
  test('all appear in the text with help and type', async () => {
    const text = await metricsText({ counters: createCountersBuffer(2), storeStats, clock: () => 0, version: '1.2.3' });
    for (const { name, help, type } of Object.values(METRICS)) {
      expect(text).toContain(`# HELP ${name} ${help}`);
      expect(text).toContain(`# TYPE ${name} ${type}`);
    }
    expect(text).toContain('jiabiao_store_records 7');
    expect(text).toContain('jiabiao_change_sequence 9');
    expect(text).toMatch(/jiabiao_build_info\{version="1\.2\.3",node="\d+\.\d+\.\d+"\} 1/);
  });

  test('are named as Prometheus asks: units last, counters in _total', () => {
    const metrics: readonly Metric[] = Object.values(METRICS);
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
    for (const { name, type, help } of metrics) {
      expect(name).toMatch(/^(jiabiao|process)(_[a-z]+)+$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(help).toMatch(/\.$/);
    }
  });
});
