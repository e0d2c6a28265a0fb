// Reports once a second how a thread is: delay of its event loop and its heap. It writes only to the thread's counters.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import v8 from 'node:v8';
import type { Counters } from './counters.ts';

const INTERVAL_MS = 1000;
/** The histogram samples by a timer of this period: cheap enough to run always. */
const RESOLUTION_MS = 10;
const NANOSECONDS = 1e9;

/** Starts reporting; the returned function ends it. `alsoEachSecond` is for what else this thread reports. */
export function reportVitals(counters: Counters, alsoEachSecond: () => void = () => {}): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const report = (): void => {
    // The histogram measures the period itself too: what is above it is delay.
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000);
    counters.eventLoopDelayed(late(delay.percentile(50)), late(delay.percentile(99)), late(delay.max));
    delay.reset();
    counters.set('heapUsed', v8.getHeapStatistics().used_heap_size);
    alsoEachSecond();
  };
  const timer = setInterval(report, INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}
