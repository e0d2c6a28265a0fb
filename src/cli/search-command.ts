// `jiabiao search`: own identifiers by code, by a searchable element, by state and by time.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { listAll } from './listing.ts';
import { parseCount, pathOf, sharedFlagsOf } from './options.ts';
import { printRecords, type RecordJson } from './record-lines.ts';
import type { Terminal } from './terminal.ts';

interface Flags {
  readonly prefix?: string;
  readonly code?: string;
  readonly element?: string;
  readonly begins?: true;
  readonly status?: string;
  readonly createdFrom?: string;
  readonly createdTo?: string;
  readonly updatedFrom?: string;
  readonly updatedTo?: string;
  readonly limit: number;
}

const ELEMENT = /^([^=]+)=(.+)$/s;

export function addSearchCommand(program: Command, terminal: Terminal): void {
  program
    .command('search')
    .description('Find own identifiers. All that is named must hold.')
    .option('--prefix <prefix>', "the prefix they stand under (default: the key's own)")
    .option('--code <code>', 'what stands behind the prefix')
    .option('--element <type=text>', 'a value that its template marks searchable, such as "SKU=OAK-100"')
    .option('--begins', 'code and text may go on behind what is given')
    .option('--status <status>', 'active, reserved, revoked or recalled')
    .option('--created-from <instant>', 'such as 2026-01-31T00:00:00+08:00')
    .option('--created-to <instant>', 'exclusive')
    .option('--updated-from <instant>')
    .option('--updated-to <instant>', 'exclusive')
    .option('--limit <count>', 'at most so many', parseCount, 1000)
    .action(async (flags: Flags, command: Command) => {
      const shared = sharedFlagsOf(command);
      const { prefix, code, status, createdFrom, createdTo, updatedFrom, updatedTo, limit } = flags;
      const match = flags.begins === true ? 'prefix' : 'exact';
      const times = { createdFrom, createdTo, updatedFrom, updatedTo };
      const path = pathOf('/v1/search', { prefix, code, ...elementOf(flags.element), match, status, ...times });
      const found = await listAll<RecordJson>(new ApiClient(shared), path, limit);
      if (found.length === 0) terminal.note(`Nothing is found.${flags.element === undefined ? '' : SEARCHABLE}`);
      printRecords(found, shared.json === true, terminal);
    });
}

/** What a search by an element that is none finds is nothing, too. */
const SEARCHABLE = ' Elements are found where their template marks them searchable: "jiabiao template show HANDLE".';

function elementOf(text: string | undefined): { readonly element?: string; readonly value?: string } {
  if (text === undefined) return {};
  const [, element, value] = ELEMENT.exec(text) ?? [];
  if (element !== undefined && value !== undefined) return { element, value };
  throw new CommandFailure(EXIT.usage, `"${text}" is not type=text: write one such as "SKU=OAK-100".`);
}
