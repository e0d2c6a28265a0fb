// The file an import's report goes to; what its rows look like is registry/import-report.ts's.

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { ReportRow } from '../registry/import-loop.ts';
import { formatReportRow, REPORT_HEAD } from '../registry/import-report.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';

export interface RowReport {
  write(row: ReportRow): Promise<void>;
  close(): Promise<void>;
}

/** Replaces the file. */
export async function openReport(file: string): Promise<RowReport> {
  const stream = createWriteStream(file);
  try {
    await once(stream, 'open');
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new CommandFailure(EXIT.usage, `The report ${file} cannot be written: ${reason}.`, { cause });
  }
  await write(stream, REPORT_HEAD);
  return {
    write: (row) => write(stream, formatReportRow(row)),
    async close() {
      stream.end();
      await once(stream, 'close');
    },
  };
}

async function write(stream: WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}
