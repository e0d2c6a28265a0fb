// `jiabiao recall`: a model, a batch or an item, with all that inherits from it; and taking it back.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { handlePath, parseCount, pathOf, type SharedFlags, sharedFlagsOf } from './options.ts';
import type { Terminal } from './terminal.ts';
import { printWritten, type Written } from './written.ts';

interface SharedRecallFlags {
  readonly ifMatch?: number;
  readonly dryRun?: true;
}

interface RecallFlags extends SharedRecallFlags {
  readonly reason: string;
  readonly notice: string;
}

const IF_MATCH = ['--if-match <revision>', 'only if this is its revision now', parseCount] as const;
const DRY_RUN = ['--dry-run', 'check everything, change nothing'] as const;

export function addRecallCommand(program: Command, terminal: Terminal): void {
  const recall = program
    .command('recall')
    .description(
      'Recall an identifier and all that inherits from it, or take a recall back. `recall HANDLE` issues one.',
    );
  recall
    .command('issue', { isDefault: true })
    .description('Recall an identifier and all that inherits from it: they stay found, and show the notice.')
    .argument('<handle>', 'a batch, a model or an item')
    .requiredOption('--reason <text>', 'why; shown to keys only')
    .requiredOption('--notice <text>', 'what people read who scan the product')
    .option(...IF_MATCH)
    .option(...DRY_RUN)
    .action(async (handle: string, flags: RecallFlags, command: Command) => {
      const { reason, notice } = flags;
      await send(command, terminal, { method: 'POST', handle, flags, body: { reason, notice } });
    });
  recall
    .command('lift')
    .description('Take the recall of an identifier back. Recalls of what it inherits from stay.')
    .argument('<handle>')
    .option(...IF_MATCH)
    .option(...DRY_RUN)
    .action(async (handle: string, flags: SharedRecallFlags, command: Command) => {
      await send(command, terminal, { method: 'DELETE', handle, flags });
    });
}

interface RecallRequest {
  readonly method: 'POST' | 'DELETE';
  readonly handle: string;
  readonly flags: SharedRecallFlags;
  readonly body?: object;
}

async function send(
  command: Command,
  terminal: Terminal,
  { method, handle, flags, body }: RecallRequest,
): Promise<void> {
  const shared: SharedFlags = sharedFlagsOf(command);
  const path = pathOf(`${handlePath('/v1/identifiers', handle)}/recall`, { dryRun: flags.dryRun });
  const headers = flags.ifMatch === undefined ? {} : { 'if-match': `"r${flags.ifMatch}"` };
  const answer = await new ApiClient(shared).call({ method, path, headers, body, signed: true });
  printWritten(answer.body as Written, shared.json === true, terminal);
}
