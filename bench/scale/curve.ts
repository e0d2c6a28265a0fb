// The shape of the curve: what was measured at each size, smallest first. Pure.

import type { Machine } from '../measure/machine.ts';

export interface FirstTouches {
  /** Reference CPU a request ÷ ours. */
  readonly cpuRatio: number;
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly p99Ms: number;
}

export interface ScaleRecord {
  readonly identifiers: number;
  readonly order: string;
  readonly at: string;
  readonly machine: Machine;
  readonly loadPerSecond: number;
  /** Records and every index; the change log is apart. */
  readonly bytesPerIdentifier: number;
  readonly changeLogBytesPerIdentifier: number;
  readonly startSeconds: number;
  /** Pages in memory; null where it was not measured. */
  readonly warm: FirstTouches | null;
  /** Right after a start with nothing of the file in memory. */
  readonly cold: FirstTouches | null;
  /** From the request to recall a batch to the notice on its last item. */
  readonly recallSeconds: number;
}

const COLUMNS = [
  'identifiers',
  'loaded',
  'rate',
  'bytes',
  'change log',
  'start',
  'first touch, warm',
  'first touch, cold',
  'recall of a batch',
] as const;

/** As a table in Markdown. */
export function curveOf(records: readonly ScaleRecord[]): string {
  const sorted = [...records].sort((a, b) => a.identifiers - b.identifiers || a.order.localeCompare(b.order));
  const rows = sorted.map((one) => [
    one.identifiers.toLocaleString('en'),
    one.order,
    `${Math.round(one.loadPerSecond).toLocaleString('en')}/s`,
    one.bytesPerIdentifier.toFixed(1),
    one.changeLogBytesPerIdentifier.toFixed(1),
    `${one.startSeconds.toFixed(2)} s`,
    touched(one.warm),
    touched(one.cold),
    `${(one.recallSeconds * 1000).toFixed(1)} ms`,
  ]);
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function touched(touches: FirstTouches | null): string {
  if (touches === null) return '–';
  const { cpuRatio, cpuMicros, perSecond, p99Ms } = touches;
  return `${cpuRatio.toFixed(2)} (${cpuMicros.toFixed(1)} µs, ${Math.round(perSecond).toLocaleString('en')}/s, p99 ${p99Ms.toFixed(1)} ms)`;
}
