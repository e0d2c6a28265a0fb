// `jiabiao enterprise …`: prefixes for enterprises, and their states.

import { type Command, Option } from 'commander';
import { ApiClient } from './client.ts';
import { listAll } from './listing.ts';
import { parseCount, sharedFlagsOf } from './options.ts';
import { listOf, tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface EnterpriseJson {
  readonly prefix: string;
  readonly name: string;
  readonly state: string;
  readonly contact: string | null;
  readonly quota: number | null;
  readonly holder: string | null;
}

interface CreateFlags {
  readonly name: string;
  readonly prefix?: string;
  readonly state: string;
  readonly contact?: string;
  readonly quota?: number;
}

export function addEnterpriseCommand(program: Command, terminal: Terminal): void {
  const enterprise = program.command('enterprise').description('Enterprises and their prefixes.');
  enterprise
    .command('create')
    .description("Allocate the next enterprise code under the node's prefix, or take a given one.")
    .requiredOption('--name <name>')
    .option('--prefix <prefix>', 'take this prefix instead of the next free one')
    .addOption(new Option('--state <state>', 'state to begin in').choices(['pending', 'active']).default('pending'))
    .option('--contact <text>', 'whom to ask')
    .option('--quota <count>', 'how many identifiers it may hold', parseCount)
    .action(async (flags: CreateFlags, command: Command) => {
      const { name, prefix, state, contact, quota } = flags;
      const request = {
        method: 'POST',
        path: '/v1/enterprises',
        body: { name, prefix, state, contact, quota },
        signed: true,
      } as const;
      printOne(await new ApiClient(sharedFlagsOf(command)).call(request), command, terminal);
    });
  enterprise
    .command('list')
    .description('All enterprises, by prefix.')
    .option('--limit <count>', 'at most this many', parseCount, 1000)
    .action(async ({ limit }: { readonly limit: number }, command: Command) => {
      const shared = sharedFlagsOf(command);
      const items = await listAll<EnterpriseJson>(new ApiClient(shared), '/v1/enterprises', limit);
      if (shared.json === true) return terminal.print(JSON.stringify(items));
      const rows = items.map((item) => [item.prefix, item.state, item.quota, item.name]);
      for (const line of tableOf(['PREFIX', 'STATE', 'QUOTA', 'NAME'], rows)) terminal.print(line);
    });
  enterprise
    .command('show')
    .description('One enterprise.')
    .argument('<prefix>')
    .action(async (prefix: string, _flags: object, command: Command) => {
      const request = { method: 'GET', path: pathTo(prefix), signed: true } as const;
      printOne(await new ApiClient(sharedFlagsOf(command)).call(request), command, terminal);
    });
  enterprise
    .command('transfer')
    .description(
      'Give a prefix with all its identifiers to another enterprise, which alone writes under it from then on.',
    )
    .argument('<prefix>')
    .requiredOption('--to <prefix>', 'who gets it, by its own prefix; the prefix itself gives it back')
    .action(async (prefix: string, { to }: { readonly to: string }, command: Command) => {
      const request = { method: 'POST', path: `${pathTo(prefix)}/transfer`, body: { to }, signed: true } as const;
      printOne(await new ApiClient(sharedFlagsOf(command)).call(request), command, terminal);
    });
  enterprise
    .command('set-state')
    .description('Activate, suspend or close an enterprise. It keeps resolving; only active ones may write.')
    .argument('<prefix>')
    .argument('<state>', 'active, suspended or closed (closed is final)')
    .action(async (prefix: string, state: string, _flags: object, command: Command) => {
      const request = { method: 'PATCH', path: pathTo(prefix), body: { state }, signed: true } as const;
      printOne(await new ApiClient(sharedFlagsOf(command)).call(request), command, terminal);
    });
}

function pathTo(prefix: string): string {
  return `/v1/enterprises/${encodeURIComponent(prefix)}`;
}

function printOne({ body }: { readonly body: unknown }, command: Command, terminal: Terminal): void {
  if (sharedFlagsOf(command).json === true) {
    terminal.print(JSON.stringify(body));
    return;
  }
  const { prefix, name, state, contact, quota, holder } = body as EnterpriseJson;
  const lines = listOf([
    ['prefix', prefix],
    ['name', name],
    ['state', state],
    ['contact', contact],
    ['quota', quota],
    ['holder', holder],
  ]);
  for (const line of lines) terminal.print(line);
}
