// Nodes with one PostgreSQL as their store, as an operator sets them up: migrated, the same keys, a shared directory of jobs.

import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../cli/command-line.ts';
import { freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';

export interface SharedStore {
  /** The operator's token, once a node has been started. */
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

/** Keys that an operator copies to every node. */
const SHARED_KEYS = ['lot.key'];

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
  let first: string | null = null;
  const directoryOf = (name: string): string => join(place.path, name);
  return {
    settings,
    token: () => operatorToken(directoryOf(first ?? '')),
    async startNode(name, own = {}) {
      const directory = directoryOf(name);
      const port = ports.get(name) ?? (await freePort());
      ports.set(name, port);
      const { mkdirSync } = await import('node:fs');
      mkdirSync(directory, { recursive: true });
      for (const key of SHARED_KEYS) {
        const source = first === null ? null : join(directoryOf(first), key);
        if (source !== null && existsSync(source) && first !== name) copyFileSync(source, join(directory, key));
      }
      const node = await startNode({ directory, port, workers: 1, settings: { ...settings, ...own } });
      first ??= name;
      return { ...node, port };
    },
    remove: () => place.remove(),
  };
}
