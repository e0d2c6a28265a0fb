// Stores as a move between them needs them: one to read, which may be in use, and one to take everything in. It opens them
// as the command line names them and decides nothing.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createEpochBuffers, EpochTable } from '../cache/epoch-table.ts';
import { HandleError } from '../domain/error.ts';
import type { LotTags } from '../domain/lot.ts';
import { SILENT_OBSERVER } from '../domain/observer.ts';
import type { ChangedOptions } from '../registry/changed-lines.ts';
import { createRegistry } from '../registry/create-registry.ts';
import { followHomes } from '../registry/live-homes.ts';
import type { Preserver } from '../registry/registry.ts';
import { LOT_KEY_FILE } from '../store/key-files.ts';
import { LotSecrets } from '../store/lot-secrets.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { announce } from './announce.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { readLotKeys } from './lot-key.ts';
import { openingOf } from './postgres-servers.ts';

export type StorePlace = { readonly kind: 'lmdb'; readonly path: string } | { readonly kind: 'postgres' };

/** `lmdb:DIRECTORY`, or `postgres:` for that of the settings. Throws `INVALID_REQUEST`. */
export function parseStorePlace(text: string): StorePlace {
  if (/^lmdb:./.test(text)) return { kind: 'lmdb', path: text.slice('lmdb:'.length) };
  if (/^postgres:$/.test(text)) return { kind: 'postgres' };
  const said = `"${text}" names no store: write lmdb:DIRECTORY, or postgres: for the one that postgres.urls of the settings names.`;
  throw new HandleError('INVALID_REQUEST', said);
}

/** What a move reads. */
export type SourceStore = ChangedOptions['store'] & Pick<RegistryStore, 'counts'>;

export interface Source {
  readonly store: SourceStore;
  readonly records: number;
  /** The newest log row of what is seen. */
  readonly sequence: number;
  /** Whether nothing that is committed from now on is seen. */
  readonly isFixed: boolean;
  close(): Promise<void>;
}

/** A look at it: of a directory one state, of a PostgreSQL what is there by then. Throws what opening throws. */
export async function openSource(place: StorePlace, config: Config): Promise<Source> {
  if (place.kind === 'lmdb') {
    const { visitStore } = await import('../store/lmdb-visit.ts');
    const visited = await visitStore(place.path);
    const { records, sequence } = visited;
    return { store: visited, records, sequence, isFixed: true, close: () => visited.close() };
  }
  const { openPostgresReader } = await import('../store/postgres-reader.ts');
  const committer = {
    commit: () => Promise.reject(new HandleError('STORE_READ_ONLY', 'A move reads its source only.')),
  };
  const store = await openPostgresReader({ ...(await openingOf(config)), clock: systemClock, committer });
  const { records, sequence } = store.stats();
  return { store, records, sequence, isFixed: false, close: () => store.close() };
}

export interface Target {
  readonly store: RegistryStore;
  readonly preserver: Preserver;
  close(): Promise<void>;
}

/**
 * Of a directory the only one that writes. Codes of lots with check tags count once, whatever is registered under them,
 * so the keys of both stores are read. Throws what opening throws.
 */
export async function openTarget(place: StorePlace, config: Config, from: StorePlace = place): Promise<Target> {
  const epochs = new EpochTable(createEpochBuffers());
  const directories = new Set([from, place].map((each) => (each.kind === 'lmdb' ? each.path : config.store.path)));
  const lotTags = new LotSecrets([...directories].flatMap((path) => readLotKeys(join(path, LOT_KEY_FILE))));
  const seams = {
    lotTags,
    clock: systemClock,
    visibleEpoch: () => epochs.current(),
    onVisible: (changes: Parameters<typeof announce>[1]) => announce(epochs, changes),
    observer: SILENT_OBSERVER,
  };
  const store = place.kind === 'lmdb' ? await openLmdb(place.path, seams) : await openPostgres(config, seams);
  const homed = followHomes({ store, epochs, configured: config.node.homed });
  const { preserver } = createRegistry({
    store,
    epochs,
    clock: systemClock,
    randomBytes,
    lotSecrets: lotTags,
    ownPrefix: config.node.prefix,
    homed,
    observer: SILENT_OBSERVER,
  });
  return { store, preserver, close: () => store.close() };
}

interface Seams {
  readonly clock: () => number;
  readonly visibleEpoch: () => number;
  readonly onVisible: (changes: Parameters<typeof announce>[1]) => void;
  readonly observer: typeof SILENT_OBSERVER;
  readonly lotTags: LotTags;
}

async function openLmdb(path: string, seams: Seams): Promise<RegistryStore> {
  const { openLmdbStore } = await import('../store/lmdb-store.ts');
  return openLmdbStore({ path, ...seams });
}

async function openPostgres(config: Config, seams: Seams): Promise<RegistryStore> {
  const { openPostgresStore } = await import('../store/postgres-store.ts');
  return openPostgresStore({ ...(await openingOf(config)), ...seams });
}
