// `jiabiao import list | show | cancel | report`: imports that were handed over.

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import type { JobJson } from './import-job.ts';
import { countsText } from './import-results.ts';
import { listAll } from './listing.ts';
import { parseCount, sharedFlagsOf } from './options.ts';
import { listOf, tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

export function addJobCommands(parent: Command, terminal: Terminal): void {
  parent
    .command('list')
    .description('Imports, the newest first.')
    .option('--limit <count>', 'at most this many', parseCount, 20)
    .action(async ({ limit }: { readonly limit: number }, command: Command) => {
      const shared = sharedFlagsOf(command);
      const jobs = await listAll<JobJson>(new ApiClient(shared), '/v1/imports', limit);
      if (shared.json === true) return terminal.print(JSON.stringify(jobs));
      const rows = jobs.map((job) => [job.id, job.createdAt, job.state, countsText(job), job.settings.fileName]);
      for (const line of tableOf(['ID', 'BEGUN', 'STATE', 'ROWS', 'FILE'], rows)) terminal.print(line);
    });
  parent
    .command('show')
    .description('How an import fares.')
    .argument('<id>')
    .action(async (id: string, _flags: object, command: Command) => {
      const request = { method: 'GET', path: pathTo(id), signed: true } as const;
      printJob((await new ApiClient(sharedFlagsOf(command)).call(request)).body as JobJson, command, terminal);
    });
  parent
    .command('cancel')
    .description('End an import; what it has registered stands.')
    .argument('<id>')
    .action(async (id: string, _flags: object, command: Command) => {
      const request = { method: 'DELETE', path: pathTo(id), signed: true } as const;
      printJob((await new ApiClient(sharedFlagsOf(command)).call(request)).body as JobJson, command, terminal);
    });
  parent
    .command('report')
    .description('What an import refused, row by row, as CSV in Chinese and English.')
    .argument('<id>')
    .option('--out <file>', 'the file to write; without it, standard output')
    .action(async (id: string, { out }: { readonly out?: string }, command: Command) => {
      const client = new ApiClient(sharedFlagsOf(command));
      if (out !== undefined) return saveReport(client, id, out);
      let text = '';
      for await (const piece of await client.pieces(`${pathTo(id)}/report`)) text += piece;
      terminal.print(text.trimEnd());
    });
}

/** Replaces the file. */
export async function saveReport(client: ApiClient, id: string, file: string): Promise<void> {
  const pieces = await client.pieces(`${pathTo(id)}/report`);
  try {
    await pipeline(Readable.from(pieces), createWriteStream(file));
  } catch (cause) {
    if (cause instanceof CommandFailure) throw cause;
    const reason = (cause as Error).message;
    throw new CommandFailure(EXIT.usage, `The report ${file} cannot be written: ${reason}.`, { cause });
  }
}

function pathTo(id: string): string {
  return `/v1/imports/${encodeURIComponent(id)}`;
}

function printJob(job: JobJson, command: Command, terminal: Terminal): void {
  if (sharedFlagsOf(command).json === true) {
    terminal.print(JSON.stringify(job));
    return;
  }
  const { progress } = job;
  const lines = listOf([
    ['id', job.id],
    ['file', job.settings.fileName],
    ['format', job.settings.format],
    ['encoding', job.encoding],
    ['begun', job.createdAt],
    ['ended', job.endedAt],
    ['state', job.state],
    ['rows', countsText(job)],
    ['done', progress === null ? null : `${Math.floor(100 * progress.share)} %`],
    ['seconds left', progress?.secondsLeft ?? null],
    ['reason', job.reason],
  ]);
  for (const line of lines) terminal.print(line);
}
