// The two ends of a move: a registry in a directory, or in a PostgreSQL, with the node that serves it; read directly when
// everything stands still, so that both can be compared.

import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/app/config.ts';
import { openingOf } from '../../src/app/postgres-servers.ts';
import { visitStore } from '../../src/store/lmdb-visit.ts';
import { openPostgresReader } from '../../src/store/postgres-reader.ts';
import type {
  DirectoryReader,
  HomeReader,
  JournalReader,
  LotReader,
  RecordReader,
  RegistryScanner,
  SearchReader,
  TemplateReader,
} from '../../src/store/registry-store.ts';
import { type OurNode, startNode } from '../measure/children.ts';

export type ReadStore = RegistryScanner &
  RecordReader &
  DirectoryReader &
  HomeReader &
  TemplateReader &
  LotReader &
  SearchReader &
  Pick<JournalReader, 'changes' | 'counts'> & { close(): Promise<void> };

export interface House {
  readonly name: 'lmdb' | 'postgres';
  /** As `migrate-store` calls it. */
  readonly place: string;
  /** Settings of its node, as the environment has them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Of what belongs to its node alone. */
  readonly directory: string;
  start(): Promise<OurNode>;
  read(): Promise<ReadStore>;
}

export function lmdbHouse(directory: string): House {
  return {
    name: 'lmdb',
    place: `lmdb:${directory}`,
    settings: {},
    directory,
    start: () => startNode({ directory, workers: 1, profileFolder: null }),
    read: () => visitStore(directory),
  };
}

export function postgresHouse(directory: string, settings: Readonly<Record<string, string>>): House {
  const all = { ...settings, JIABIAO_STORE__PATH: directory };
  mkdirSync(directory, { recursive: true });
  return {
    name: 'postgres',
    place: 'postgres:',
    settings: all,
    directory,
    start: () => startNode({ directory, workers: 1, settings, profileFolder: null }),
    async read() {
      const committer = { commit: () => Promise.reject(new Error('It is only read.')) };
      const opening = await openingOf(loadConfig({ environment: all }));
      return openPostgresReader({ ...opening, clock: Date.now, committer });
    },
  };
}

/** What the operator does between two nodes. */
export function copyKeys(from: House, to: House): void {
  for (const name of ['lot.key', 'handle-site.key']) {
    const file = join(from.directory, name);
    if (existsSync(file)) copyFileSync(file, join(to.directory, name));
  }
}
