// `jiabiao import FILE`: has the node register every row of a file, and shows how it fares. Running it again changes
// nothing.

import { type Command, Option } from 'commander';
import { ERROR_CHOICES } from '../imports/job.ts';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { FORMATS, kindOf, readMappingJson, STANDARD_INPUT, sizeOf } from './import-file.ts';
import { followJob, type JobJson, sendFile } from './import-job.ts';
import { addJobCommands, saveReport } from './import-job-commands.ts';
import { runPreserved } from './import-preserved.ts';
import { addProfileCommands } from './import-profile-commands.ts';
import { countsText, firstProblems } from './import-results.ts';
import { pathOf, type SharedFlags, sharedFlagsOf } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface ImportFlags {
  readonly format?: string;
  readonly mapping?: string;
  readonly profile?: string;
  readonly mode: 'create' | 'update' | 'upsert';
  readonly onError: (typeof ERROR_CHOICES)[number];
  readonly parent?: string;
  readonly template?: string;
  readonly sheet?: string;
  readonly dryRun?: true;
  readonly report?: string;
  readonly preserve?: true;
  readonly wait: boolean;
}

export function addImportCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('import')
    .description('Register every row of a file: NDJSON, CSV or XLSX with a mapping, dumps of other systems.')
    .argument('<file>', 'the file, or - for standard input')
    .addOption(new Option('--format <format>', 'if the name does not tell').choices([...FORMATS]))
    .option('--mapping <file>', 'JSON file that says what the columns of a table mean')
    .option('--profile <name>', 'the same, saved at the node')
    .option('--sheet <name>', 'of a workbook; else its first')
    .addOption(
      new Option('--mode <mode>', 'create refuses what exists, update what does not')
        .choices(['create', 'update', 'upsert'])
        .default('upsert'),
    )
    .addOption(
      new Option('--on-error <choice>', 'stop: one refused row keeps all of them out')
        .choices([...ERROR_CHOICES])
        .default('continue'),
    )
    .option('--parent <handle>', 'of rows that name none')
    .option('--template <handle>', 'of rows that name none')
    .option('--dry-run', 'check every row, change nothing')
    .option('--report <file>', 'CSV file that gets a line for each refused row: where, why, how to mend it')
    .option('--no-wait', 'only hand the file over; "jiabiao import show" tells how it fares')
    .option('--preserve', 'an export of another node: with its revisions, instants and histories (operators only)')
    .addHelpText('after', '\nParents may stand anywhere in the file. Of equal identifiers the first row counts.')
    .action(async (file: string, flags: ImportFlags, command: Command) => {
      const shared = sharedFlagsOf(command);
      if (flags.preserve === true) await runPreserved(file, { ...flags, ...shared }, terminal);
      else await runImport(file, { ...flags, ...shared }, terminal);
    });
  addJobCommands(command, terminal);
  addProfileCommands(command, terminal);
}

async function runImport(file: string, flags: ImportFlags & SharedFlags, terminal: Terminal): Promise<void> {
  const path = pathFor(file, flags);
  const bytes = sizeOf(file);
  const client = new ApiClient(flags);
  const sent = await sendFile(client, { file, bytes, path }, terminal);
  if (!flags.wait) {
    terminal.print(flags.json === true ? JSON.stringify(sent) : sent.id);
    return;
  }
  terminal.note(`Import ${sent.id}: it goes on at the node whatever happens here ("jiabiao import show ${sent.id}").`);
  const job = await followJob(client, sent.id, terminal);
  const failure = failureOf(job, flags.report);
  if (flags.report !== undefined) {
    await saveReport(client, job.id, flags.report).catch((error: unknown) => {
      // An import that failed before its first row has no report, and why it failed is what has to be said.
      const isWithout = error instanceof CommandFailure && error.exitCode === EXIT.notFound;
      if (failure === null || !isWithout) throw error;
    });
  }
  for (const line of job.counts.refused > 0 ? await firstProblems(client, job.id) : []) terminal.note(line);
  terminal.print(flags.json === true ? JSON.stringify(job) : countsText(job));
  if (failure !== null) throw failure;
}

/** What is wrong with the flags is said before anything is sent. */
function pathFor(file: string, flags: ImportFlags): string {
  const { profile, mode, onError, parent, template, sheet } = flags;
  if (flags.mapping !== undefined && profile !== undefined) {
    throw new CommandFailure(EXIT.usage, 'A profile is a saved mapping: name one of --mapping and --profile.');
  }
  const format = kindOf(file, flags.format);
  const isTable = format === 'csv' || format === 'xlsx';
  if (isTable && flags.mapping === undefined && profile === undefined) {
    throw new CommandFailure(
      EXIT.usage,
      'A table needs --mapping FILE or --profile NAME, which says what its columns mean: see the examples in config/demo.',
    );
  }
  if (!isTable && (flags.mapping !== undefined || profile !== undefined)) {
    throw new CommandFailure(EXIT.usage, `${format} needs no mapping: its rows say everything themselves.`);
  }
  if (sheet !== undefined && format !== 'xlsx') {
    throw new CommandFailure(
      EXIT.usage,
      `Only a workbook (xlsx) has sheets, and this is ${format}: leave out --sheet.`,
    );
  }
  const mapping = flags.mapping === undefined ? undefined : JSON.stringify(readMappingJson(flags.mapping));
  const dryRun = flags.dryRun === true ? true : undefined;
  const fileName = file === STANDARD_INPUT ? undefined : (file.split(/[\\/]/).at(-1) ?? undefined);
  return pathOf('/v1/imports', {
    format,
    mode,
    dryRun,
    onError,
    profile,
    mapping,
    parent,
    template,
    sheet,
    fileName,
  });
}

function failureOf({ state, reason, counts, id }: JobJson, report: string | undefined): CommandFailure | null {
  if (state === 'failed') return new CommandFailure(EXIT.failed, reason ?? 'The import failed.');
  if (state === 'cancelled')
    return new CommandFailure(EXIT.failed, 'The import was cancelled; what was registered stands.');
  if (counts.refused === 0) return null;
  const where = report === undefined ? `"jiabiao import report ${id}" lists them all` : `${report} lists them all`;
  const why = state === 'stopped' && reason !== null ? ` ${reason}` : '';
  return new CommandFailure(EXIT.partly, `${counts.refused} of ${counts.rows} rows were refused; ${where}.${why}`);
}
