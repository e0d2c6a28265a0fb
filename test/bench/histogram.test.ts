import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../bench/driver/histogram.ts';

function filled(samples: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const sample of samples) histogram.record(sample);
  return histogram;
}

describe('a histogram of latencies', () => {
  it('answers zeros when nothing was recorded', () => {
    expect(new Histogram().summary()).toMatchObject({ count: 0, meanMs: 0, p99Ms: 0, maxMs: 0 });
  });

  it('keeps count, mean and maximum exactly', () => {
    expect(filled([1, 2, 3, 10]).summary()).toMatchObject({ count: 4, meanMs: 4, maxMs: 10 });
  });

  it('is never below the true percentile and never a hundredth above it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.9, 0.99, 0.999),
        (micros, share) => {
          const sorted = [...micros].sort((a, b) => a - b);
          const truth = (sorted[Math.ceil(share * sorted.length) - 1] as number) / 1000;
          const told = filled(micros.map((one) => one / 1000)).percentileMs(share);
          expect(told).toBeGreaterThanOrEqual(truth);
          expect(told).toBeLessThanOrEqual(truth * 1.01);
        },
      ),
    );
  });

  it('takes latencies of hours and below zero without losing them', () => {
    expect(filled([-1, 20_000_000]).summary()).toMatchObject({ count: 2, maxMs: 20_000_000 });
  });
});
