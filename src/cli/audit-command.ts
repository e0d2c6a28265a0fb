// `jiabiao audit …` and `jiabiao log search`: what happened, who was not let in, and whether the trail is whole. `list` asks
// the node; `verify` and `search` read the files on this machine, whether or not a node runs.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { listAll } from './listing.ts';
import { parseCount, pathOf, sharedFlagsOf } from './options.ts';
import { tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface AuditJson {
  readonly at: string;
  readonly kind: string;
  readonly principalId: string | null;
  readonly requestId: string | null;
  readonly client: string | null;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

interface ListFlags {
  readonly requestId?: string;
  readonly principal?: string;
  readonly kind?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

interface PlaceFlags {
  readonly directory?: string;
  readonly config?: string;
}

export function addAuditCommand(program: Command, terminal: Terminal): void {
  const audit = program.command('audit').description('The audit trail: administrative acts and denials.');
  audit
    .command('list')
    .description('Lines of the trail, oldest first (operators and reviewers).')
    .option('--request-id <id>', 'of one request')
    .option('--principal <id>', 'of one principal')
    .option('--kind <kind>', 'of one kind, such as access-denied or key-created')
    .option('--from <instant>', 'not before, such as 2026-11-25T00:00:00+08:00')
    .option('--to <instant>', 'before')
    .option('--limit <count>', 'at most this many', parseCount, 100)
    .action(async ({ principal, limit, ...given }: ListFlags, command: Command) => {
      const shared = sharedFlagsOf(command);
      const path = pathOf('/v1/audit', { ...given, principalId: principal });
      const items = await listAll<AuditJson>(new ApiClient(shared), path, limit);
      if (shared.json === true) return terminal.print(JSON.stringify(items));
      for (const line of tableOf(AUDIT_HEAD, items.map(auditRow))) terminal.print(line);
    });
  const place = audit.command('verify').description('Check the chain of the trail’s files on this machine.');
  withPlace(place).action(async (flags: PlaceFlags, command: Command) => {
    await verify(await directoryOf(flags), sharedFlagsOf(command).json === true, terminal);
  });
}

export function addLogCommand(program: Command, terminal: Terminal): void {
  const log = program.command('log').description('The log files on this machine.');
  const search = log
    .command('search')
    .description('Lines of the request log and the audit trail, as JSON, compressed files included.')
    .requiredOption('--request-id <id>', 'what the answer had in X-Request-Id, or what the client sent there');
  withPlace(search).action(async ({ requestId, ...flags }: PlaceFlags & { readonly requestId: string }) => {
    const { searchLog } = await import('../logbook/search.ts');
    const directory = await directoryOf(flags);
    let found = 0;
    for (const stem of ['audit', 'requests'] as const) {
      for await (const { place, entry } of searchLog(directory, stem, { requestId })) {
        found += 1;
        terminal.print(JSON.stringify({ place, ...entry }));
      }
    }
    if (found === 0) throw new CommandFailure(EXIT.notFound, `Nothing of request ${requestId} is in ${directory}.`);
  });
}

function withPlace(command: Command): Command {
  return command
    .option('--directory <directory>', 'where the files are (default: where the settings say)')
    .option('--config <file>', 'JSON file of settings');
}

async function directoryOf({ directory, config: file }: PlaceFlags): Promise<string> {
  if (directory !== undefined) return directory;
  const { loadConfig } = await import('../app/config.ts');
  const { logDirectoryOf } = await import('../app/log-files.ts');
  const configured = logDirectoryOf(loadConfig({ file }));
  if (configured !== null) return configured;
  throw new CommandFailure(EXIT.usage, 'The settings keep no logs in files: name a directory with --directory.');
}

async function verify(directory: string, json: boolean, terminal: Terminal): Promise<void> {
  const { verifyChain } = await import('../logbook/chain.ts');
  const report = await verifyChain(directory);
  if (report.files === 0) throw new CommandFailure(EXIT.notFound, `There is no audit trail in ${directory}.`);
  const { broken } = report;
  if (json) terminal.print(JSON.stringify(report));
  else {
    terminal.print(`${report.lines} lines in ${report.files} files of ${directory}`);
    if (report.beginsWith !== null) terminal.print(`begins with ${report.beginsWith}; older files are gone`);
    for (const line of report.torn) terminal.print(`${line} was cut off by a crash`);
    if (broken === null) terminal.print(`The chain holds. Newest hash: ${report.newest}`);
  }
  if (broken === null) return;
  throw new CommandFailure(EXIT.failed, `The chain breaks at ${broken.file}, line ${broken.line}: ${broken.reason}.`);
}

const AUDIT_HEAD = ['AT', 'KIND', 'PRINCIPAL', 'SUBJECT', 'FROM', 'REQUEST', 'DETAIL'];

function auditRow(item: AuditJson): (string | null)[] {
  const detail = Object.entries(item.detail).map(([name, value]) => `${name}=${value}`);
  return [item.at, item.kind, item.principalId, item.subject, item.client, item.requestId, detail.join(' ')];
}
