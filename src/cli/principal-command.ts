// `jiabiao principal …`: who may act, in which role, within which prefix.

import { type Command, Option } from 'commander';
import { ROLES } from '../domain/principal.ts';
import { ApiClient } from './client.ts';
import { listAll } from './listing.ts';
import { parseCount, sharedFlagsOf } from './options.ts';
import { listOf, tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface PrincipalJson {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly scope: string | null;
  readonly state: string;
}

interface CreateFlags {
  readonly name: string;
  readonly role: string;
  readonly scope?: string;
}

export function addPrincipalCommand(program: Command, terminal: Terminal): void {
  const principal = program.command('principal').description('Who may act on this node. Keys belong to principals.');
  principal
    .command('create')
    .description('A person or a system that will get keys.')
    .requiredOption('--name <name>')
    .addOption(new Option('--role <role>', 'what it may do').choices([...ROLES]).makeOptionMandatory())
    .option('--scope <prefix>', 'the prefix it is bound to; an enterprise needs one')
    .action(async ({ name, role, scope }: CreateFlags, command: Command) => {
      const request = { method: 'POST', path: '/v1/principals', body: { name, role, scope }, signed: true } as const;
      printOne(await new ApiClient(sharedFlagsOf(command)).call(request), command, terminal);
    });
  principal
    .command('list')
    .description('All principals.')
    .option('--limit <count>', 'at most this many', parseCount, 1000)
    .action(async ({ limit }: { readonly limit: number }, command: Command) => {
      const shared = sharedFlagsOf(command);
      const items = await listAll<PrincipalJson>(new ApiClient(shared), '/v1/principals', limit);
      if (shared.json === true) return terminal.print(JSON.stringify(items));
      const rows = items.map((item) => [item.id, item.role, item.scope, item.state, item.name]);
      for (const line of tableOf(['ID', 'ROLE', 'SCOPE', 'STATE', 'NAME'], rows)) terminal.print(line);
    });
  for (const [verb, state, meaning] of [
    ['disable', 'disabled', 'Close all keys of a principal at once.'],
    ['enable', 'active', 'Let a disabled principal act again.'],
  ] as const) {
    principal
      .command(verb)
      .description(meaning)
      .argument('<id>')
      .action(async (id: string, _flags: object, command: Command) => {
        const path = `/v1/principals/${encodeURIComponent(id)}`;
        const request = { method: 'PATCH', path, body: { state }, signed: true } as const;
        printOne(await new ApiClient(sharedFlagsOf(command)).call(request), command, terminal);
      });
  }
}

function printOne({ body }: { readonly body: unknown }, command: Command, terminal: Terminal): void {
  if (sharedFlagsOf(command).json === true) {
    terminal.print(JSON.stringify(body));
    return;
  }
  const { id, name, role, scope, state } = body as PrincipalJson;
  const lines = listOf([
    ['id', id],
    ['name', name],
    ['role', role],
    ['scope', scope],
    ['state', state],
  ]);
  for (const line of lines) terminal.print(line);
}
