// How measurements are shown: a table for people, a line of JSON for programs, a file for the record.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './measure/machine.ts';
import { cpuMicrosOf, type Measurement, median, type Runs } from './measure/measurement.ts';

const COLUMNS = ['case', 'measured', 'ours', 'reference', 'ratio', 'target', 'met'] as const;

/** One line a measurement, in Markdown, with the remarks below. */
export function tableOf(measurements: readonly Measurement[]): string {
  const rows = measurements.map((one) => [
    one.case,
    one.measure,
    `${shown(one.value)} ${one.unit}`,
    one.reference === null ? '–' : shown(one.reference),
    one.ratio === null ? '–' : one.ratio.toFixed(2),
    one.target,
    one.met === null ? '–' : one.met ? 'yes' : '**no**',
  ]);
  const lines = [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const notes = measurements.flatMap((one) =>
    one.note === null ? [] : [`- ${one.case}, ${one.measure}: ${one.note}`],
  );
  return [...lines, '', ...notes].join('\n');
}

/** `{case, value, unit, reference, ratio, target, met}`, and which measurement it is. */
export function jsonLineOf(measurement: Measurement): string {
  return JSON.stringify({
    case: measurement.case,
    measure: measurement.measure,
    value: rounded(measurement.value),
    unit: measurement.unit,
    reference: measurement.reference === null ? null : rounded(measurement.reference),
    ratio: measurement.ratio === null ? null : rounded(measurement.ratio),
    target: measurement.target,
    met: measurement.met,
    note: measurement.note,
  });
}

/** Above this share of the machine in other hands the numbers say little. */
const MAX_FOREIGN_SHARE = 0.05;

/** A remark if somebody else was at work while the case ran; null if the machine was ours. */
export function disturbanceOf(runs: readonly Runs[]): string | null {
  const share = median(runs.map(({ report }) => report.foreignShare));
  if (share <= MAX_FOREIGN_SHARE) return null;
  return `other processes used ${Math.round(share * 100)} % of the machine meanwhile: measure again when it is idle`;
}

export interface CaseRecord {
  readonly name: string;
  readonly machine: Machine;
  readonly at: string;
  readonly quick: boolean;
  readonly workers: number;
  readonly measurements: readonly Measurement[];
  readonly runs: readonly Runs[];
}

/** Writes `<folder>/<case>.json`. */
export function writeRecord(folder: string, record: CaseRecord): void {
  mkdirSync(folder, { recursive: true });
  const runs = record.runs.map(({ measure, server, round, report }) => ({
    measure,
    server,
    round,
    cpuMicrosPerRequest: rounded(cpuMicrosOf(report)),
    ...report,
  }));
  writeFileSync(join(folder, `${record.name}.json`), `${JSON.stringify({ ...record, runs }, rounding, 1)}\n`);
}

function rounding(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? rounded(value) : value;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
