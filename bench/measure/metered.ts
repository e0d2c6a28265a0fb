// What a request costs on a machine that also holds what the server asks: its own CPU time, that of its database or cache,
// and the driver's. Where others are at work beside a run, this says more than how many requests there was time for.

import { availableParallelism } from 'node:os';
import type { DrivenReport } from '../driver/main.ts';
import type { BenchContext } from './bench-context.ts';
import type { Server } from './children.ts';
import { cpuMicrosOf, median } from './measurement.ts';

export interface Costs {
  /** Microseconds of CPU a request, medians over the rounds: of the server, of what it asks, and of the driver. */
  readonly server: number;
  readonly asked: number;
  readonly driver: number;
}

export interface Meter {
  /** Loads run through it are metered. */
  readonly context: BenchContext;
  costsOf(server: Server): Costs;
}

/** `askedSeconds`: CPU seconds that what servers ask has used so far. */
export function metered(context: BenchContext, askedSeconds: () => number): Meter {
  const runs = new Map<number, { readonly report: DrivenReport; readonly asked: number }[]>();
  const run: BenchContext['driver']['run'] = async (job) => {
    const before = askedSeconds();
    const report = await context.driver.run(job);
    const asked = askedSeconds() - before;
    runs.set(job.pid, [...(runs.get(job.pid) ?? []), { report, asked }]);
    // It is part of what is measured, so it is nobody else's.
    const share = asked / (report.seconds * availableParallelism());
    return { ...report, foreignShare: Math.max(0, report.foreignShare - share) };
  };
  return {
    context: { ...context, driver: { run } },
    costsOf({ pid }) {
      const [, ...rounds] = runs.get(pid) ?? []; // the first warms up
      return {
        server: median(rounds.map(({ report }) => cpuMicrosOf(report))),
        asked: median(rounds.map(({ report, asked }) => (asked * 1e6) / report.requests)),
        driver: median(rounds.map(({ report }) => (report.driverCpuSeconds * 1e6) / report.requests)),
      };
    },
  };
}
