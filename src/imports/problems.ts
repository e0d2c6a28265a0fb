// What was refused in an import, row by row: kept on disk as it is found, and told in the order of the file at the end.

import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { formatProblem, PROBLEMS_HEAD } from '../registry/import-report.ts';
import { MergedRows } from './merged-rows.ts';
import { RowFileWriter, RunGatherer } from './sorted-runs.ts';

export interface RowProblem {
  readonly line: number;
  /** '' if it could not be read. */
  readonly handle: string;
  readonly code: string;
  readonly detail: string;
  /** `line 3, column SKU`. */
  readonly at: string;
}

/** A file of problems, a line each, in the order they were found. */
export class ProblemWriter {
  readonly #writer: RowFileWriter;

  /** Goes on behind the first `from` bytes; what stood behind them is found again. */
  constructor(path: string, from: number) {
    this.#writer = new RowFileWriter(path, from);
  }

  get length(): number {
    return this.#writer.length;
  }

  add(problem: RowProblem): void {
    this.#writer.write(Buffer.from(`${JSON.stringify(problem)}\n`));
  }

  sync(): void {
    this.#writer.sync();
  }

  close(): void {
    this.#writer.close();
  }
}

/** The report: every problem in the order of the file. `scratch` names files that may be made and are left. */
export async function writeReport(
  problems: string,
  report: string,
  scratch: (number: number) => string,
): Promise<void> {
  const runs: string[] = [];
  const gatherer = new RunGatherer();
  const flush = (): Promise<void> => {
    runs.push(scratch(runs.length));
    return gatherer.writeTo(runs.at(-1) as string);
  };
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(problems) })) {
    number += 1;
    if (gatherer.isFull) await flush();
    // Several of one line keep their order; the number keeps them apart.
    const line = String((JSON.parse(text) as RowProblem).line).padStart(15, '0');
    gatherer.add({ handle: line, line: number, flags: 0, text });
  }
  if (!gatherer.isEmpty) await flush();
  const merged = new MergedRows(runs);
  const file = openSync(report, 'w');
  try {
    writeSync(file, PROBLEMS_HEAD);
    while (merged.next()) writeSync(file, formatProblem(JSON.parse(merged.text) as RowProblem));
  } finally {
    merged.close();
    closeSync(file);
  }
}
