// `jiabiao import profile …`: column mappings saved by name at the node.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { readMappingJson } from './import-file.ts';
import { sharedFlagsOf } from './options.ts';
import type { Terminal } from './terminal.ts';

interface ProfileJson {
  readonly name: string;
  readonly mapping: unknown;
}

export function addProfileCommands(parent: Command, terminal: Terminal): void {
  const profile = parent.command('profile').description('What the columns of your tables mean, saved by name.');
  profile
    .command('save')
    .description('Save a mapping under a name, in place of what had the name.')
    .argument('<name>')
    .argument('<file>', 'JSON file with the mapping')
    .action(async (name: string, file: string, _flags: object, command: Command) => {
      const body = readMappingJson(file);
      await new ApiClient(sharedFlagsOf(command)).call({ method: 'PUT', path: pathTo(name), body, signed: true });
      terminal.print(`${name}  saved`);
    });
  profile
    .command('list')
    .description('The names that are taken.')
    .action(async (_flags: object, command: Command) => {
      const shared = sharedFlagsOf(command);
      const request = { method: 'GET', path: '/v1/import-profiles', signed: true } as const;
      const { items } = (await new ApiClient(shared).call(request)).body as { readonly items: readonly ProfileJson[] };
      if (shared.json === true) terminal.print(JSON.stringify(items));
      else for (const { name } of items) terminal.print(name);
    });
  profile
    .command('show')
    .description('A mapping, as JSON.')
    .argument('<name>')
    .action(async (name: string, _flags: object, command: Command) => {
      const request = { method: 'GET', path: pathTo(name), signed: true } as const;
      const { mapping } = (await new ApiClient(sharedFlagsOf(command)).call(request)).body as ProfileJson;
      terminal.print(JSON.stringify(mapping, null, 2));
    });
  profile
    .command('delete')
    .description('Forget a mapping; imports that were begun with it keep it.')
    .argument('<name>')
    .action(async (name: string, _flags: object, command: Command) => {
      await new ApiClient(sharedFlagsOf(command)).call({ method: 'DELETE', path: pathTo(name), signed: true });
      terminal.print(`${name}  deleted`);
    });
}

function pathTo(name: string): string {
  return `/v1/import-profiles/${encodeURIComponent(name)}`;
}
