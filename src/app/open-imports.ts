// Opens what runs import jobs: a thread of its own where the store is on disk; this thread where the store is its memory.

import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EpochBuffers, EpochTable } from '../cache/epoch-table.ts';
import type { Agreements } from '../peers/agreements.ts';
import { serveCommits } from '../store/commit-channel.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { type Imports, importDirectoryOf } from './import-directory.ts';
import type { Log } from './logs.ts';
import type { NodeNotices } from './notices.ts';
import { sessionsOf } from './postgres-servers.ts';

export interface ImportParts {
  readonly options: { readonly config: Config; readonly log: Log };
  readonly store: RegistryStore;
  readonly notices: NodeNotices;
  /** Null for a node whose store is its own. */
  readonly agreements: Agreements | null;
  readonly counters: Counters;
  readonly countersBuffer: SharedArrayBuffer;
  readonly epochs: EpochTable;
  readonly epochBuffers: EpochBuffers;
  /** 0 if the doors are in this thread. */
  readonly workers: number;
}

export async function openImports(parts: ImportParts, opened: (() => void | Promise<void>)[]): Promise<Imports> {
  const { options, store, countersBuffer, epochBuffers, workers } = parts;
  const { config, log } = options;
  const directory = importDirectoryOf(config);
  if (workers === 0) return openHere(parts, directory, opened);
  const { ImportKeeper } = await import('./import-keeper.ts');
  const start = (): Running =>
    new ImportKeeper({
      config,
      directory,
      epochs: epochBuffers,
      counters: countersBuffer,
      index: workers + 1,
      serveCommits: (port) => serveCommits(port, store),
      clock: systemClock,
      log,
    });
  const { agreements } = parts;
  const keeper = agreements === null ? start() : await openLed({ ...parts, agreements, directory }, start);
  opened.push(() => keeper.close());
  return keeper;
}

type Running = Imports & { close(): Promise<void> };

interface LedParts {
  readonly agreements: Agreements;
  readonly directory: string;
}

/** At one of the nodes with this store. */
async function openLed(parts: ImportParts & LedParts, start: () => Running): Promise<Running> {
  const { LedImports } = await import('./led-imports.ts');
  const { ImportPlace } = await import('./import-place.ts');
  const { options, counters, notices, agreements, directory } = parts;
  const { config, log } = options;
  const place = new ImportPlace({ directory, agreements, randomId: randomUUID, counters, log });
  const connect = sessionsOf(config, 'leader');
  const led = new LedImports({ connect, start, wakeOthers: () => notices.wake(), place, counters, log });
  notices.onWake(() => led.heard());
  return led;
}

/** What was registered is gone with the store that died, so its jobs are, too. */
async function openHere(
  parts: ImportParts,
  directory: string,
  opened: (() => void | Promise<void>)[],
): Promise<Imports> {
  const { jobContextOf } = await import('./job-context.ts');
  const { runJobs } = await import('../imports/import-runner.ts');
  rmSync(directory, { recursive: true, force: true });
  let running: Promise<void> | null = null;
  let isWoken = false;
  const stopping = new AbortController();
  const context = jobContextOf({
    ...parts,
    config: parts.options.config,
    directory,
    clock: systemClock,
    randomBytes,
    sleep: (ms) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {}), // woken early: that is all
    isStopping: () => stopping.signal.aborted,
  });
  const run = async (): Promise<void> => {
    while (isWoken) {
      isWoken = false;
      await runJobs(context);
    }
    running = null;
  };
  opened.push(async () => {
    stopping.abort();
    await running;
  });
  return {
    wake() {
      isWoken = true;
      running ??= run();
    },
  };
}
