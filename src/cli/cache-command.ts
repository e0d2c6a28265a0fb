// `jiabiao cache show|purge HANDLE`: what a node remembers of identifiers that others answer for.

import type { Command } from 'commander';
import { ApiClient } from './client.ts';
import { handlePath, sharedFlagsOf } from './options.ts';
import { tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';

interface RememberedJson {
  readonly kind: string;
  readonly values: number;
  readonly state: string;
  readonly learnedAt: string;
  readonly freshUntil: string;
  readonly staleUntil: string;
}

interface CacheJson {
  readonly memory: RememberedJson | null;
  readonly shared: RememberedJson | null;
  readonly disk: RememberedJson | null;
}

const HEAD = ['WHERE', 'KIND', 'VALUES', 'STATE', 'LEARNED', 'FRESH UNTIL', 'STANDS IN UNTIL'];

export function addCacheCommand(program: Command, terminal: Terminal): void {
  const cache = program.command('cache').description('What the node remembers of identifiers that others answer for.');
  cache
    .command('show')
    .description('What one worker, the Redis it shares and the disk of the node remember of an identifier.')
    .argument('<handle>', 'an identifier of another node')
    .action(async (handle: string, _flags: object, command: Command) => {
      const shared = sharedFlagsOf(command);
      const path = handlePath('/v1/cache', handle);
      const answer = await new ApiClient(shared).call({ method: 'GET', path, signed: true });
      const body = answer.body as CacheJson;
      if (shared.json === true) return terminal.print(JSON.stringify(body));
      const { memory, shared: redis, disk } = body;
      const rows = Object.entries({ memory, redis, disk }).flatMap(([where, told]) => rowOf(where, told));
      if (rows.length === 0) return terminal.print('Nothing is remembered of it.');
      for (const line of tableOf(HEAD, rows)) terminal.print(line);
    });
  cache
    .command('purge')
    .description('Forget it: in every worker, in Redis, on disk, and at the nodes that listen.')
    .argument('<handle>', 'an identifier of another node')
    .action(async (handle: string, _flags: object, command: Command) => {
      const shared = sharedFlagsOf(command);
      await new ApiClient(shared).call({ method: 'DELETE', path: handlePath('/v1/cache', handle), signed: true });
      terminal.print(shared.json === true ? '{"purged":true}' : 'Forgotten: the next question asks the other node.');
    });
}

function rowOf(where: string, told: RememberedJson | null): (string | number)[][] {
  if (told === null) return [];
  return [[where, told.kind, told.values, told.state, told.learnedAt, told.freshUntil, told.staleUntil]];
}
