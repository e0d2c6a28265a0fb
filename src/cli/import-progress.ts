// How far an import is: a bar on a terminal, now and then a plain line elsewhere.

import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

/** Between plain lines. */
const LINE_INTERVAL_MS = 10_000;

export interface ImportProgress {
  update(bytesRead: number, rows: number): void;
  stop(): void;
}

/** `totalBytes` is 0 where the size is unknown (standard input). */
export function showProgress(totalBytes: number, terminal: Terminal): ImportProgress {
  return terminal.showsNotes && totalBytes > 0 ? barOf(totalBytes) : linesOf(totalBytes, terminal);
}

function barOf(totalBytes: number): ImportProgress {
  const began = performance.now();
  const format = '{bar} {percentage}%  {rows} rows  {rate} rows/s  {eta_formatted} left';
  const bar = new SingleBar({ format, hideCursor: true, barsize: 30, etaBuffer: 100, stream: process.stderr });
  bar.start(totalBytes, 0, { rows: 0, rate: 0 });
  return {
    update: (bytesRead, rows) => bar.update(bytesRead, { rows, rate: rateOf(rows, began) }),
    stop: () => bar.stop(),
  };
}

function linesOf(totalBytes: number, terminal: Terminal): ImportProgress {
  const began = performance.now();
  let last = began;
  return {
    update(bytesRead, rows) {
      if (performance.now() - last < LINE_INTERVAL_MS) return;
      last = performance.now();
      const share = totalBytes > 0 ? `${Math.floor((100 * bytesRead) / totalBytes)}%, ` : '';
      terminal.note(`${share}${rows} rows, ${rateOf(rows, began)} rows/s`);
    },
    stop() {},
  };
}

function rateOf(rows: number, began: number): number {
  return Math.round((1000 * rows) / Math.max(1, performance.now() - began));
}
