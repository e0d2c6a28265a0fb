// Wires what runs import jobs: a registry of its own over the store it is given.

import type { EpochTable } from '../cache/epoch-table.ts';
import { MIN_SHARED_CHECK_BYTES } from '../domain/import-limits.ts';
import { homeOf } from '../domain/prefix.ts';
import { JobFiles } from '../imports/job-files.ts';
import type { JobContext } from '../imports/job-run.ts';
import { createRegistry } from '../registry/create-registry.ts';
import { followHomes } from '../registry/live-homes.ts';
import { LotSecrets } from '../store/lot-secrets.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { DoorTimes } from './door-times.ts';
import { startImportChecker } from './import-checker.ts';

export interface JobContextOptions extends Pick<JobContext, 'clock' | 'sleep' | 'isStopping'> {
  readonly config: Config;
  readonly directory: string;
  readonly store: RegistryStore;
  readonly epochs: EpochTable;
  readonly counters: Counters;
  readonly randomBytes: (size: number) => Buffer;
}

export function jobContextOf(options: JobContextOptions): JobContext {
  const { config, store, epochs, counters, clock, randomBytes } = options;
  const { prefix: ownPrefix } = config.node;
  const homed = followHomes({ store, epochs, configured: config.node.homed });
  const { identifiers } = createRegistry({
    store,
    epochs,
    clock,
    randomBytes,
    // Imports register no lots.
    lotSecrets: new LotSecrets([]),
    ownPrefix,
    homed,
    observer: counters,
  });
  const doors = new DoorTimes(() => performance.now());
  return {
    ...options,
    serving: () => doors.times(),
    files: new JobFiles(options.directory),
    identifiers,
    maxUnpackedBytes: config.imports.maxUnpackedBytes,
    startChecker: (task, bytes) =>
      bytes < MIN_SHARED_CHECK_BYTES ? null : startImportChecker({ ...task, homed: homed() }),
    foldsCase: (prefix) => homeOf(prefix, homed())?.foldsCase ?? false,
    observer: counters,
    random: Math.random,
  };
}
