// `jiabiao history HANDLE`: what became of an identifier, revision by revision.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { listAll } from './listing.ts';
import { handlePath, parseCount, pathOf, sharedFlagsOf } from './options.ts';
import { withoutControls } from './table.ts';
import type { Terminal } from './terminal.ts';

interface ValueJson {
  readonly type: string;
  readonly data: { readonly value: unknown } | string;
}

interface DifferenceJson {
  readonly field: string;
  readonly index?: number;
  readonly hidden?: true;
  readonly before?: string | ValueJson | readonly number[] | null;
  readonly after?: string | ValueJson | readonly number[] | null;
}

interface RevisionJson {
  readonly revision: number;
  readonly at: string;
  readonly action: string;
  readonly principalId: string | null;
  readonly requestId: string | null;
  readonly changes: readonly DifferenceJson[];
}

export function addHistoryCommand(program: Command, terminal: Terminal): void {
  program
    .command('history')
    .description('What became of an identifier: who changed what, when, by which request. Newest first.')
    .argument('<handle>', 'an identifier, such as 88.118.10001/CHAIR-01')
    .option('--limit <count>', 'at most this many changes', parseCount, 1000)
    .action(async (handle: string, { limit }: { readonly limit: number }, command: Command) => {
      const shared = sharedFlagsOf(command);
      const path = pathOf(handlePath('/v1/identifiers', handle), { view: 'history' });
      const items = await listAll<RevisionJson>(new ApiClient(shared), path, limit);
      if (shared.json === true) return terminal.print(JSON.stringify(items));
      for (const item of items) printRevision(item, terminal);
    });
}

function printRevision(item: RevisionJson, terminal: Terminal): void {
  const cause = item.principalId === null ? '' : `  by ${item.principalId}  request ${item.requestId}`;
  terminal.print(withoutControls(`r${item.revision}  ${item.at}  ${item.action}${cause}`));
  for (const change of item.changes) terminal.print(withoutControls(`  ${lineOf(change)}`));
}

function lineOf({ field, index, hidden, before, after }: DifferenceJson): string {
  const name = field === 'value' ? String(index) : field;
  return hidden === true ? `${name}: not shown` : `${name}: ${textOf(before)} → ${textOf(after)}`;
}

function textOf(side: DifferenceJson['before']): string {
  if (side === null || side === undefined) return '-';
  if (typeof side === 'string') return side;
  if (!('type' in side)) return side.join(',');
  const data = typeof side.data === 'string' ? side.data : side.data.value;
  return `${side.type} ${typeof data === 'string' ? data : JSON.stringify(data)}`;
}
