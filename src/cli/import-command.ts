// `jiabiao import FILE`: registers every row of a file. Running it again changes nothing.

import { statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { REGISTRATION_OUTCOMES } from '../domain/observer.ts';
import { dryRunTarget } from '../registry/import-dry-run.ts';
import type { ImportCounts, ReportRow } from '../registry/import-loop.ts';
import { type BatchOptions, batchTarget } from './batch-target.ts';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { FORMATS, formatOf, importFile, preservedFormatOf, STANDARD_INPUT } from './import-file.ts';
import { showProgress } from './import-progress.ts';
import { type SharedFlags, sharedFlagsOf } from './options.ts';
import { openReport } from './row-report.ts';
import { withoutControls } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Flags {
  readonly format?: string;
  readonly mapping?: string;
  readonly mode: BatchOptions['mode'];
  readonly dryRun?: true;
  readonly report?: string;
  readonly preserve?: true;
}

/** Refused rows that are shown at once; the report has them all. */
const SHOWN_REFUSALS = 10;

export function addImportCommand(program: Command, terminal: Terminal): void {
  program
    .command('import')
    .description(
      'Register every row of a file (NDJSON, CSV with a mapping, dumps of other systems). Again changes nothing.',
    )
    .argument('<file>', 'the file, or - for standard input')
    .addOption(new Option('--format <format>', 'if the name does not tell').choices([...FORMATS]))
    .option('--mapping <file>', 'JSON file that says what the columns of a CSV file mean')
    .addOption(
      new Option('--mode <mode>', 'create refuses what exists, update what does not')
        .choices(['create', 'update', 'upsert'])
        .default('upsert'),
    )
    .option('--preserve', 'an export of another node: with its revisions, instants and histories (operators only)')
    .option('--dry-run', 'check every row, change nothing')
    .option('--report <file>', 'CSV file that gets a line for each row: what became of it, and why')
    .addHelpText('after', '\nParents (models, batches) must stand before what inherits from them.')
    .action(async (file: string, flags: Flags, command: Command) => {
      const shared = sharedFlagsOf(command);
      const counts = await runImport(file, { ...flags, ...shared }, terminal);
      terminal.print(shared.json === true ? JSON.stringify(counts) : summaryOf(counts, flags.dryRun === true));
      if (counts.refused > 0) {
        const where = flags.report === undefined ? '--report FILE lists them all' : `${flags.report} lists them all`;
        throw new CommandFailure(EXIT.partly, `${counts.refused} of ${counts.rows} rows were refused; ${where}.`);
      }
    });
}

async function runImport(file: string, flags: Flags & SharedFlags, terminal: Terminal): Promise<ImportCounts> {
  const preserve = flags.preserve === true;
  if (preserve && flags.dryRun === true) {
    throw new CommandFailure(EXIT.usage, 'A dry run cannot be preserved: leave out --dry-run or --preserve.');
  }
  const format = preserve ? preservedFormatOf(flags.format) : formatOf(file, flags.format, flags.mapping);
  const source = { file, format };
  const size = sizeOf(file);
  const client = new ApiClient(flags);
  // Asked first: a wrong key or address must not look like a slow import.
  await client.call({ method: 'GET', path: '/v1/me', signed: true });
  const report = flags.report === undefined ? null : await openReport(flags.report);
  const progress = showProgress(size, terminal);
  const refusals: ReportRow[] = [];
  let rows = 0;
  try {
    const isDryRun = flags.dryRun === true;
    const node = batchTarget(client, { mode: flags.mode, dryRun: isDryRun, preserve });
    return await importFile(source, isDryRun ? dryRunTarget(node) : node, {
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
    const stand = flags.dryRun === true ? '' : ', which stand. Import the file again to go on';
    if (rows > 0) terminal.note(`Stopped after ${rows} rows${stand}.`);
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

function sizeOf(file: string): number {
  if (file === STANDARD_INPUT) return 0;
  try {
    return statSync(file).size;
  } catch (cause) {
    throw new CommandFailure(EXIT.usage, `${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

function summaryOf(counts: ImportCounts, dryRun: boolean): string {
  const said = REGISTRATION_OUTCOMES.filter((outcome) => counts[outcome] > 0).map(
    (outcome) => `${counts[outcome]} ${outcome}`,
  );
  const text = said.length === 0 ? 'no rows' : said.join(', ');
  return dryRun ? `${text} (dry run: nothing was changed)` : text;
}
