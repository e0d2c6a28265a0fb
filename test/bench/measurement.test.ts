import { describe, expect, it } from 'vitest';
import type { DrivenReport } from '../../bench/driver/main.ts';
import { comparisonOf, cpuMeasurement, faultOf, median, slopeOf } from '../../bench/measure/measurement.ts';
import { disturbanceOf, jsonLineOf, tableOf } from '../../bench/report.ts';

function report(changes: Partial<DrivenReport> = {}): DrivenReport {
  const latency = { count: 100, meanMs: 1, p50Ms: 1, p90Ms: 1, p99Ms: 2, p999Ms: 3, maxMs: 4 };
  return {
    requests: 1000,
    seconds: 1,
    perSecond: 1000,
    bodyBytes: 0,
    serverCpuSeconds: 0.02,
    latency,
    statuses: { 200: 1000 },
    wrong: 0,
    firstFailure: null,
    errors: 0,
    unanswered: 0,
    driverCpuSeconds: 0.01,
    foreignShare: 0,
    ...changes,
  };
}

describe('the arithmetic of runs', () => {
  it('takes medians', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([5]), median([])]).toEqual([2, 2.5, 5, 0]);
  });

  it('takes the ratio within each round, so that a slow moment of the machine slows both', () => {
    const pairs = [1, 3, 1].map((slowness) => ({
      ours: report({ serverCpuSeconds: 0.02 * slowness }),
      reference: report({ serverCpuSeconds: 0.01 * slowness }),
    }));
    const comparison = comparisonOf(pairs);
    expect(comparison).toMatchObject({ oursCpuMicros: 20, referenceCpuMicros: 10, cpuRatio: 0.5 });
  });

  it('finds the slope of samples', () => {
    expect(slopeOf([1, 3, 5, 7])).toBeCloseTo(2);
    expect(slopeOf([4, 4, 4])).toBe(0);
    expect(slopeOf([4])).toBe(0);
  });

  it('does not count a run with a wrong answer, a broken connection, silence or nothing at all', () => {
    expect(faultOf(report())).toBeNull();
    expect(faultOf(report({ wrong: 1, firstFailure: 'HTTP 500' }))).toContain('1 wrong answers');
    expect(faultOf(report({ errors: 2, firstFailure: 'reset' }))).toBe('2 broken connections: reset');
    expect(faultOf(report({ unanswered: 3 }))).toContain('3 requests');
    expect(faultOf(report({ requests: 0 }))).toBe('no request was answered');
  });
});

describe('a run', () => {
  const run = (foreignShare: number) =>
    ({ measure: 'x', server: 'ours', round: 0, report: report({ foreignShare }) }) as const;

  it('is remarked on when somebody else was at work', () => {
    expect(disturbanceOf([run(0.01), run(0.02), run(0.5)])).toBeNull();
    expect(disturbanceOf([run(0.2), run(0.3), run(0.5)])).toContain('30 % of the machine');
  });
});

describe('a measurement', () => {
  const comparison = comparisonOf([{ ours: report(), reference: report({ serverCpuSeconds: 0.018 }) }]);

  it('is met from its target on, and missed below', () => {
    expect(cpuMeasurement('one path', comparison, { ratio: 0.9 })).toMatchObject({ met: true, target: 'ratio ≥ 0.90' });
    expect(cpuMeasurement('one path', comparison, { ratio: 0.91 })).toMatchObject({ met: false });
  });

  it('is a line of JSON for programs and a row for people', () => {
    const measurement = { case: 'resolve-l1', ...cpuMeasurement('one path', comparison, { ratio: 0.95 }) };
    expect(JSON.parse(jsonLineOf(measurement))).toMatchObject({
      case: 'resolve-l1',
      value: 20,
      unit: 'µs CPU/request',
      reference: 18,
      ratio: 0.9,
      target: 'ratio ≥ 0.95',
      met: false,
    });
    expect(tableOf([measurement])).toContain(
      '| resolve-l1 | one path | 20 µs CPU/request | 18 | 0.90 | ratio ≥ 0.95 | **no** |',
    );
  });
});
