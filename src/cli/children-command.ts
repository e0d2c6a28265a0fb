// `jiabiao children HANDLE`: what inherits from an identifier directly, page by page.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { listAll } from './listing.ts';
import { handlePath, parseCount, pathOf, sharedFlagsOf } from './options.ts';
import { printRecords, type RecordJson } from './record-lines.ts';
import { withoutControls } from './table.ts';
import type { Terminal } from './terminal.ts';

export function addChildrenCommand(program: Command, terminal: Terminal): void {
  program
    .command('children')
    .description('What inherits from an identifier directly, in the order of the suffixes.')
    .argument('<handle>', 'a batch or a model')
    .option('--after <handle>', 'only those behind this one')
    .option('--limit <count>', 'at most so many', parseCount, 1000)
    .action(async (handle: string, flags: { readonly after?: string; readonly limit: number }, command: Command) => {
      const shared = sharedFlagsOf(command);
      const path = pathOf(handlePath('/v1/identifiers', handle), { view: 'children' });
      const children = await listAll<RecordJson>(new ApiClient(shared), path, flags.limit, flags.after);
      printRecords(children, shared.json === true, terminal);
      if (children.length === 0) terminal.note(withoutControls(`Nothing inherits from ${handle} directly.`));
    });
}
