// How far an import is: a bar on a terminal, now and then a plain line elsewhere.

import { SingleBar } from 'cli-progress';
import type { JobJson } from './import-job.ts';
import type { Terminal } from './terminal.ts';

/** Between plain lines. */
const LINE_INTERVAL_MS = 10_000;
/** Parts of a job that its bar tells apart. */
const JOB_PARTS = 1000;

export interface ImportProgress {
  update(bytesRead: number, rows: number): void;
  stop(): void;
}

const FORMATS = {
  rows: '{bar} {percentage}%  {rows} rows  {rate} rows/s  {eta_formatted} left',
  sent: '{bar} {percentage}%  sending  {eta_formatted} left',
} as const;

/** `totalBytes` is 0 where the size is unknown (standard input). `sent`: of bytes alone. */
export function showProgress(totalBytes: number, terminal: Terminal, what: keyof typeof FORMATS): ImportProgress {
  if (terminal.showsNotes && totalBytes > 0) return barOf(totalBytes, FORMATS[what]);
  const say = sayingSeldom(terminal);
  const began = performance.now();
  return {
    update(bytesRead, rows) {
      const share = totalBytes > 0 ? `${Math.floor((100 * bytesRead) / totalBytes)}%` : `${bytesRead} bytes`;
      say(() => (what === 'sent' ? `${share} sent` : `${share}, ${rows} rows, ${rateOf(rows, began)} rows/s`));
    },
    stop() {},
  };
}

function barOf(totalBytes: number, format: string): ImportProgress {
  const began = performance.now();
  const bar = newBar(format);
  bar.start(totalBytes, 0, { rows: 0, rate: 0 });
  return {
    update: (bytesRead, rows) => bar.update(bytesRead, { rows, rate: rateOf(rows, began) }),
    stop: () => bar.stop(),
  };
}

/** Of a job at the node, by what the node tells of it. */
export function showJobProgress(terminal: Terminal): { update(job: JobJson): void; stop(): void } {
  if (!terminal.showsNotes) {
    const say = sayingSeldom(terminal);
    return { update: (job) => say(() => jobLine(job)), stop() {} };
  }
  const bar = newBar('{bar} {percentage}%  {stage}  {rows} rows  {rate} rows/s  {left}');
  const nothing = { stage: 'waiting', rows: 0, rate: 0, left: '' };
  bar.start(JOB_PARTS, 0, nothing);
  return {
    update({ state, progress, counts }) {
      if (progress === null) {
        const isDone = state === 'done';
        bar.update(isDone ? JOB_PARTS : 0, { ...nothing, stage: state, rows: counts.rows });
        return;
      }
      const { stage, share, rows, rowsPerSecond: rate, secondsLeft } = progress;
      const left = secondsLeft === null ? '' : `${secondsLeft} s left`;
      bar.update(Math.floor(share * JOB_PARTS), { stage, rows, rate, left });
    },
    stop: () => bar.stop(),
  };
}

function jobLine({ state, progress }: JobJson): string {
  if (progress === null) return state;
  const left = progress.secondsLeft === null ? '' : `, ${progress.secondsLeft} s left`;
  return `${Math.floor(100 * progress.share)}%, ${progress.stage}, ${progress.rows} rows, ${progress.rowsPerSecond} rows/s${left}`;
}

function newBar(format: string): SingleBar {
  return new SingleBar({ format, hideCursor: true, barsize: 30, etaBuffer: 100, stream: process.stderr });
}

function sayingSeldom(terminal: Terminal): (line: () => string) => void {
  let last = performance.now();
  return (line) => {
    if (performance.now() - last < LINE_INTERVAL_MS) return;
    last = performance.now();
    terminal.note(line());
  };
}

function rateOf(rows: number, began: number): number {
  return Math.round((1000 * rows) / Math.max(1, performance.now() - began));
}
