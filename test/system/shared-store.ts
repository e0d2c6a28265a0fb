// Nodes with one PostgreSQL as their store, as an operator sets them up: migrated, the same keys, a shared directory of jobs.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../cli/command-line.ts';
import { freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

export interface SharedStore {
  /** The operator's token, once a node has been started: it is at the one that was first. */
  token(): string;
  /** Each in a directory of its own. `name` tells them apart; the same one starts again where it was. */
  startNode(
    name: string,
    settings?: Readonly<Record<string, string>>,
  ): Promise<RunningNode & { readonly port: number }>;
  /** Of settings that all nodes share, as the environment calls them. */
  readonly settings: Readonly<Record<string, string>>;
  remove(): void;
}

/** Makes the tables too. */
export async function openSharedStore(
  urls: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<SharedStore> {
  const place = temporaryDirectory();
  const ports = new Map<string, number>();
  const settings = {
    STORE__KIND: 'postgres',
    POSTGRES__URLS: urls.join(','),
    IMPORTS__DIRECTORY: join(place.path, 'imports'),
    ...more,
  };
  const environment = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`JIABIAO_${name}`, value]));
  const migrated = await run(['migrate', '--partitions', '2'], { environment });
  if (migrated.code !== 0) throw new Error(`migrate failed: ${migrated.stderr}`);
  const lotKey = `${randomBytes(32).toString('hex')}\n`;
  const directoryOf = (name: string): string => join(place.path, name);
  return {
    settings,
    token() {
      const maker = [...ports.keys()].find((name) => existsSync(join(directoryOf(name), 'operator.key')));
      return operatorToken(directoryOf(maker ?? ''));
    },
    async startNode(name, own = {}) {
      const directory = directoryOf(name);
      const port = ports.get(name) ?? (await freePort());
      ports.set(name, port);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'lot.key'), lotKey, { mode: 0o600 });
      const node = await startNode({ directory, port, workers: 1, settings: { ...settings, ...own } });
      return { ...node, port };
    },
    remove: () => place.remove(),
  };
}
