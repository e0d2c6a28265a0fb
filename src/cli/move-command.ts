// `jiabiao move`: all children of one identifier to another, step by step.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import { pathOf, sharedFlagsOf } from './options.ts';
import { withoutControls } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Step {
  readonly moved: number;
  readonly refused: readonly { readonly handle: string; readonly code: string; readonly detail: string }[];
  readonly next: string | null;
}

interface Flags {
  readonly to?: string;
  readonly dryRun?: true;
}

/** Refused ones that are named one by one; the number tells the rest. */
const MAX_NAMED = 20;

export function addMoveCommand(program: Command, terminal: Terminal): void {
  program
    .command('move')
    .description('Give all children of an identifier (items of a batch, batches of a model) another parent.')
    .argument('<from>', 'whose children')
    .option('--to <handle>', 'their new parent; without it they get none')
    .option('--dry-run', 'check everything, change nothing')
    .action(async (from: string, { to, dryRun }: Flags, command: Command) => {
      const shared = sharedFlagsOf(command);
      const client = new ApiClient(shared);
      const refused: Step['refused'][number][] = [];
      let moved = 0;
      let after: string | null = null;
      do {
        const body = { from, to: to ?? null, ...(after === null ? {} : { after }) };
        const path = pathOf('/v1/moves', { dryRun });
        const answer = await client.call({ method: 'POST', path, body, signed: true });
        const step = answer.body as Step;
        moved += step.moved;
        refused.push(...step.refused);
        after = step.next;
      } while (after !== null);
      if (shared.json === true) terminal.print(JSON.stringify({ moved, refused }));
      else terminal.print(`${moved} moved${dryRun === true ? ' (dry run: nothing was changed)' : ''}`);
      if (refused.length === 0) return;
      for (const { detail } of refused.slice(0, MAX_NAMED)) terminal.note(withoutControls(detail));
      throw new CommandFailure(EXIT.partly, `${refused.length} were refused and stay where they are.`);
    });
}
