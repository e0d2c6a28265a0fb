// What a case measured, and the arithmetic of repeated runs. Pure.

import type { DrivenReport } from '../driver/main.ts';

/** One number of a case, with what it is held against. */
export interface Measured {
  /** Which of the case's measurements, such as `1,000 paths`. */
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  /** The same of the reference; null where there is none. */
  readonly reference: number | null;
  /** Above 1: better than the reference. Null where the reference is not compared. */
  readonly ratio: number | null;
  readonly target: string;
  readonly met: boolean | null;
  readonly note: string | null;
}

export interface Measurement extends Measured {
  readonly case: string;
}

export interface Runs {
  readonly measure: string;
  readonly server: 'ours' | 'reference';
  readonly round: number;
  readonly report: DrivenReport;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Server CPU microseconds of one request. */
export function cpuMicrosOf(report: DrivenReport): number {
  return report.requests === 0 ? 0 : (report.serverCpuSeconds * 1e6) / report.requests;
}

/** Why a run does not count: wrong answers, broken connections or silence; null if it does. */
export function faultOf(report: DrivenReport): string | null {
  if (report.wrong > 0)
    return `${report.wrong} wrong answers (${JSON.stringify(report.statuses)}): ${report.firstFailure}`;
  if (report.errors > 0) return `${report.errors} broken connections: ${report.firstFailure}`;
  if (report.unanswered > 0) return `${report.unanswered} requests were never answered`;
  return report.requests === 0 ? 'no request was answered' : null;
}

export interface Pair {
  readonly ours: DrivenReport;
  readonly reference: DrivenReport;
}

export interface Comparison {
  readonly pairs: readonly Pair[];
  readonly oursCpuMicros: number;
  readonly referenceCpuMicros: number;
  /** Reference CPU per request ÷ ours, the median over the rounds. */
  readonly cpuRatio: number;
  readonly oursPerSecond: number;
  readonly referencePerSecond: number;
  readonly oursP99Ms: number;
  readonly referenceP99Ms: number;
}

/** Medians over rounds; the ratio is taken within each round, so that what slows the machine slows both. */
export function comparisonOf(pairs: readonly Pair[]): Comparison {
  const ours = pairs.map((pair) => pair.ours);
  const reference = pairs.map((pair) => pair.reference);
  return {
    pairs,
    oursCpuMicros: median(ours.map(cpuMicrosOf)),
    referenceCpuMicros: median(reference.map(cpuMicrosOf)),
    cpuRatio: median(pairs.map((pair) => cpuMicrosOf(pair.reference) / cpuMicrosOf(pair.ours))),
    oursPerSecond: median(ours.map((report) => report.perSecond)),
    referencePerSecond: median(reference.map((report) => report.perSecond)),
    oursP99Ms: median(ours.map((report) => report.latency.p99Ms)),
    referenceP99Ms: median(reference.map((report) => report.latency.p99Ms)),
  };
}

/** Least-squares slope of samples taken at even intervals, in units a sample. */
export function slopeOf(samples: readonly number[]): number {
  const n = samples.length;
  const meanX = (n - 1) / 2;
  const meanY = samples.reduce((sum, sample) => sum + sample, 0) / n;
  let above = 0;
  let below = 0;
  for (const [x, y] of samples.entries()) {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

/** The measurement that decides most cases: server CPU time a request, against a reference. */
export function cpuMeasurement(measure: string, comparison: Comparison, target: { readonly ratio: number }): Measured {
  return {
    measure,
    value: comparison.oursCpuMicros,
    unit: 'µs CPU/request',
    reference: comparison.referenceCpuMicros,
    ratio: comparison.cpuRatio,
    target: `ratio ≥ ${target.ratio.toFixed(2)}`,
    met: comparison.cpuRatio >= target.ratio,
    note: `${paceText('ours', comparison.oursPerSecond, comparison.oursP99Ms)}; ${paceText('reference', comparison.referencePerSecond, comparison.referenceP99Ms)}`,
  };
}

function paceText(who: string, perSecond: number, p99Ms: number): string {
  return `${who} ${Math.round(perSecond)}/s, p99 ${p99Ms.toFixed(2)} ms`;
}
