// `jiabiao import FILE --preserve`: lines of another node's export, sent call by call, each taken in as it was.

import type { ImportCounts, ReportRow } from '../registry/import-loop.ts';
import { batchTarget } from './batch-target.ts';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import type { ImportFlags } from './import-command.ts';
import { importFile, preservedFormatOf, sizeOf } from './import-file.ts';
import { showProgress } from './import-progress.ts';
import { countsText } from './import-results.ts';
import type { SharedFlags } from './options.ts';
import { openReport } from './row-report.ts';
import { withoutControls } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Refused rows that are shown at once; the report has them all. */
const SHOWN_REFUSALS = 10;

export async function runPreserved(file: string, flags: ImportFlags & SharedFlags, terminal: Terminal): Promise<void> {
  if (flags.dryRun === true) {
    throw new CommandFailure(EXIT.usage, 'A dry run cannot be preserved: leave out --dry-run or --preserve.');
  }
  const counts = await importPreserved(file, flags, terminal);
  const text = countsText({ counts, settings: { fileName: null, dryRun: false, format: 'export' }, state: 'done' });
  terminal.print(flags.json === true ? JSON.stringify(counts) : text);
  if (counts.refused === 0) return;
  const where = flags.report === undefined ? '--report FILE lists them all' : `${flags.report} lists them all`;
  throw new CommandFailure(EXIT.partly, `${counts.refused} of ${counts.rows} rows were refused; ${where}.`);
}

async function importPreserved(
  file: string,
  flags: ImportFlags & SharedFlags,
  terminal: Terminal,
): Promise<ImportCounts> {
  const source = { file, format: preservedFormatOf(flags.format) };
  const size = sizeOf(file);
  const client = new ApiClient(flags);
  // Asked first: a wrong key or address must not look like a slow import.
  await client.call({ method: 'GET', path: '/v1/me', signed: true });
  const report = flags.report === undefined ? null : await openReport(flags.report);
  const progress = showProgress(size, terminal, 'rows');
  const refusals: ReportRow[] = [];
  let rows = 0;
  try {
    return await importFile(source, batchTarget(client, { mode: flags.mode, dryRun: false, preserve: true }), {
      report(row) {
        if (row.outcome === 'refused' && refusals.length < SHOWN_REFUSALS) refusals.push(row);
        return report?.write(row);
      },
      progress(counts, bytesRead) {
        rows = counts.rows;
        progress.update(bytesRead, rows);
      },
    });
  } catch (error) {
    if (rows > 0) terminal.note(`Stopped after ${rows} rows, which stand. Import the file again to go on.`);
    throw error;
  } finally {
    progress.stop();
    await report?.close();
    for (const row of refusals) terminal.note(refusalLine(row));
  }
}

function refusalLine({ at, handle, detail }: ReportRow): string {
  return withoutControls(`${at}: ${handle === '' ? '' : `${handle}: `}${detail}`);
}
