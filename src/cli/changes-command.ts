// `jiabiao changes`: what happened, in pages or as it happens.

import type { Command } from 'commander';
import { followChanges } from './change-follower.ts';
import { ApiClient } from './client.ts';
import { listAll } from './listing.ts';
import { parseCount, pathOf, sharedFlagsOf } from './options.ts';
import { withoutControls } from './table.ts';
import type { Terminal } from './terminal.ts';

/** A row of the change log. */
export interface ChangeJson {
  readonly sequence: number;
  readonly at: string;
  readonly principalId: string;
  readonly requestId: string;
  readonly entries: readonly { readonly subject: string; readonly action: string; readonly name: string }[];
}

interface Flags {
  readonly after: number;
  readonly limit?: number;
  readonly prefix?: string;
  readonly follow?: true;
}

const DEFAULT_LIMIT = 1000;

export function addChangesCommand(program: Command, terminal: Terminal): void {
  program
    .command('changes')
    .description('What happened to your identifiers and enterprises, oldest first.')
    .option('--after <sequence>', 'only what follows this change', parseCount, 0)
    .option('--limit <count>', `at most this many (default ${DEFAULT_LIMIT}; with --follow: no limit)`, parseCount)
    .option('--prefix <prefix>', 'only of this prefix and what is below it')
    .option('--follow', 'go on as things happen; reconnects by itself and misses nothing')
    .action(async ({ after, limit, prefix, follow }: Flags, command: Command) => {
      const shared = sharedFlagsOf(command);
      const client = new ApiClient(shared);
      const show = (row: ChangeJson): void => {
        if (shared.json === true) terminal.print(JSON.stringify(row));
        else printRow(row, terminal);
      };
      if (follow === true) {
        await followChanges(client, { after, prefix, limit: limit ?? Number.POSITIVE_INFINITY, show });
        return;
      }
      const path = pathOf('/v1/changes', { prefix });
      const rows = await listAll<ChangeJson>(client, path, limit ?? DEFAULT_LIMIT, after);
      if (shared.json === true) terminal.print(JSON.stringify(rows));
      else for (const row of rows) printRow(row, terminal);
    });
}

function printRow({ sequence, at, principalId, requestId, entries }: ChangeJson, terminal: Terminal): void {
  terminal.print(withoutControls(`${sequence}  ${at}  by ${principalId}  request ${requestId}`));
  for (const { action, subject, name } of entries) terminal.print(withoutControls(`  ${action} ${subject} ${name}`));
}
