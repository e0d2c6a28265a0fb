// The main thread of a node: opens the store, commits for everyone, keeps the workers running, and closes all of it in
// reverse order. It answers no request itself, except with a store that lives in this thread's memory.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEpochBuffers, type EpochBuffers, EpochTable } from '../cache/epoch-table.ts';

import type { ForeignReader } from '../domain/foreign-answer.ts';
import { keepClientKey } from '../logbook/client-key.ts';
import { rememberHomes } from '../registry/remembered-homes.ts';
import { serveCommits } from '../store/commit-channel.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { serveForeignReader } from '../upstream/foreign-channel.ts';
import { systemClock } from './clock.ts';
import { type Config, settingsApart } from './config.ts';
import { Counters, createCountersBuffer } from './counters.ts';
import { asksOthers, openForeign } from './foreign.ts';
import { openHandleSite } from './handle-site.ts';
import { openInvalidation } from './invalidation.ts';
import { assertPortFree, workerCountOf } from './listening.ts';
import { logDirectoryOf, type Report } from './log-files.ts';
import type { Log } from './logs.ts';
import { type LotKeys, openLotKeys } from './lot-key.ts';
import { type NodeCertificate, openCertificate } from './node-certificate.ts';
import { type NodeNotices, openNotices } from './notices.ts';
import { openImports } from './open-imports.ts';
import { openRecord } from './open-record.ts';
import { openStore, type Visible } from './open-store.ts';
import { makeFirstKey, operatorKeyFileNameFor } from './operator-key.ts';
import { agreementsOf } from './postgres-servers.ts';
import { judgeReadiness } from './readiness.ts';
import { openRecordEnding } from './shared-records.ts';
import { type SiteWatch, watchSite } from './site-watch.ts';
import { reportVitals } from './vitals.ts';
import type { Address } from './worker-messages.ts';
import { WorkerPool } from './worker-pool.ts';

/** How long a worker may take to stop: longer than its HTTP server takes to end slow connections. */
const WORKER_GRACE_MS = 12_000;

export interface NodeOptions {
  readonly config: Config;
  readonly version: string;
  readonly log: Log;
  /** Where the first operator key goes; null for `operator.key` beside the store. */
  readonly operatorKeyFile: string | null;
}

export interface RunningNode {
  readonly address: Address;
  /** Where metrics are, if on a port of their own; else null: they are at `address`. */
  readonly metricsAddress: Address | null;
  /** Where the Handle protocol is answered, TCP and UDP; null if nowhere. */
  readonly handleAddress: Address | null;
  /** The operator key this start has made, because the store was empty; else null. */
  readonly firstKey: { readonly token: string; readonly file: string } | null;
  readonly operatorKeyFile: string;
  /** Refuses new work, finishes what is in flight, closes the store. A second call waits for the first. */
  close(): Promise<void>;
}

/** Something that was opened, and how to close it. */
type Closer = () => void | Promise<void>;

/** Starts a node and waits until it answers requests. Throws `INVALID_CONFIG`, `STORE_FORMAT`, `STORE_UNAVAILABLE`. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const opened: Closer[] = [];
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= closeInReverse(opened);
    return closing;
  };
  try {
    const started = await open(options, opened);
    return { ...started, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeInReverse(opened: readonly Closer[]): Promise<void> {
  for (const close of opened.toReversed()) await close();
}

async function open(options: NodeOptions, opened: Closer[]): Promise<Omit<RunningNode, 'close'>> {
  const { config, log } = options;
  if (config.http.port !== 0) await assertPortFree(config.http);
  const workers = config.store.kind === 'memory' ? 0 : workerCountOf(config.workers);
  // With workers, one more for the thread of imports.
  const countersBuffer = createCountersBuffer(workers === 0 ? 1 : workers + 2);
  const counters = new Counters(countersBuffer, 0);
  const epochBuffers = createEpochBuffers();
  const epochs = new EpochTable(epochBuffers);
  const lotKeys = openLotKeys(config);
  const visible: Visible = { epochs, also() {} };
  const bareStore = await openStore({ config, visible, counters, lotTags: lotKeys.secrets });
  opened.push(() => bareStore.close());
  const notices = await openNotices({ config, epochs, counters });
  opened.push(() => notices.close());
  visible.also = (changes) => notices.publish(changes);
  const { trail, store, receive, started } = openRecord({ config, counters, log, store: bareStore }, opened);
  opened.push(reportVitals(counters, watchStore(store, counters, log)));

  const agreements = await agreementsOf(config);
  counters.set('lotKeyMissing', (await lotKeys.settle(store, log, agreements)) ? 0 : 1);
  await rememberHomes({ store, configured: config.node.homed });
  const operatorKeyFile = options.operatorKeyFile ?? join(config.store.path, operatorKeyFileNameFor(config.store.kind));
  const token = await makeFirstKey({ store, file: operatorKeyFile, agreements, log });

  const certificate = await openCertificate({ config, log, counters, trail });
  opened.push(() => certificate.end());
  const foreign = asksOthers(config) ? await openForeign(config, counters, { epochs, log }) : null;
  if (foreign !== null) opened.push(() => foreign.close());
  const reader = await tellOthers({ config, epochs, counters, foreign, visible, notices, store: () => store }, opened);
  const imports = await openImports(
    { options, store, notices, agreements, counters, countersBuffer, epochs, epochBuffers, workers },
    opened,
  );
  const wakeImports = (): void => imports.wake();
  const common = { options, lotKeys, foreign: reader, store, counters, countersBuffer };
  const shared = { ...common, clientKey: clientKeyFor(config), receive, certificate, wakeImports };
  const opening = await openHandleSite(config, agreements);
  const site = watchSite({ config, site: opening, agreements, counters, log, trail });
  opened.push(() => site.end());
  const doors = { ...shared, site, runId: randomUUID() };
  const { address, drain } =
    workers === 0
      ? await openHere({ ...doors, epochs }, opened)
      : await openPool({ ...doors, epochBuffers, workers }, opened);
  const metricsAddress = await openMetrics(shared, opened);
  started({ version: options.version, ...settingsApart(config) });
  opened.push(async () => {
    counters.set('stopping', 1);
    if (config.http.drainMs === 0) return;
    drain();
    await sleep(config.http.drainMs);
  });
  log.info({ ...address, workers, store: config.store.kind, version: options.version }, 'listening');
  return {
    address,
    metricsAddress,
    handleAddress: addressOf(config, site),
    operatorKeyFile,
    firstKey: token === null ? null : { token, file: operatorKeyFile },
  };
}

function addressOf({ handle }: Config, site: SiteWatch): Address | null {
  const answered = site.current();
  return answered === null ? null : { host: handle.host, port: answered.port };
}

interface TellingParts {
  readonly config: Config;
  readonly epochs: EpochTable;
  readonly counters: Counters;
  readonly foreign: ForeignReader | null;
  readonly visible: Visible;
  readonly notices: NodeNotices;
  readonly store: () => RegistryStore;
}

/** Commits are told to the nodes of this store, and to those that have asked this one. Returns who asks others. */
async function tellOthers(parts: TellingParts, opened: Closer[]): Promise<ForeignReader | null> {
  const { visible, notices, counters: observer } = parts;
  const invalidation = await openInvalidation({ ...parts, observer });
  opened.push(() => invalidation.close());
  const ending = await openRecordEnding(parts.config, observer, () => notices.distrust());
  opened.push(() => ending.close());
  visible.also = (changes) => {
    ending.end(changes);
    notices.publish(changes);
    invalidation.publish(changes);
  };
  return invalidation.reader;
}

interface Parts {
  readonly options: NodeOptions;
  readonly store: RegistryStore;
  readonly foreign: ForeignReader | null;
  readonly counters: Counters;
  readonly countersBuffer: SharedArrayBuffer;
  readonly clientKey: string;
  readonly receive: (report: Report) => void;
  readonly certificate: NodeCertificate;
  readonly wakeImports: () => void;
  readonly lotKeys: LotKeys;
}

interface Opened {
  readonly address: Address;
  /** Requests are answered, connections are not kept. */
  readonly drain: () => void;
}

interface DoorParts extends Parts {
  readonly site: SiteWatch;
  readonly runId: string;
}

/** The doors in this thread: a store in memory cannot be shared. */
async function openHere(parts: DoorParts & { readonly epochs: EpochTable }, opened: Closer[]): Promise<Opened> {
  const { counters } = parts;
  // Loaded only where it is used: a supervisor of workers starts without the doors' code.
  const { openDoors } = await import('./node.ts');
  const { certificate, site } = parts;
  const { createRequestFacts } = await import('./request-facts.ts');
  const facts = createRequestFacts({ ...parts, ...parts.options, clock: systemClock, report: parts.receive });
  const lotSecrets = parts.lotKeys.secrets;
  const shared = { ...parts, ...parts.options, lotSecrets, facts };
  const handle = site.current();
  const doors = await openDoors({ ...shared, handle, reusePort: false, thread: 0, tls: certificate.current() });
  certificate.onRenewed((material) => doors.renewTls(material));
  site.onRenewed((renewed) => doors.renewSite(renewed));
  opened.push(async () => {
    await doors.close();
    facts.close();
  });
  counters.set('workers', 1);
  counters.set('workersListening', 1);
  return { address: doors.address, drain: () => doors.drain() };
}

async function openPool(
  parts: DoorParts & { readonly epochBuffers: EpochBuffers; readonly workers: number },
  opened: Closer[],
): Promise<Opened> {
  const { options, store, foreign, counters, countersBuffer, workers: count } = parts;
  const { config, version, log } = options;
  const pool = new WorkerPool({
    count,
    birth: {
      config,
      epochs: parts.epochBuffers,
      counters: countersBuffer,
      version,
      runId: parts.runId,
      clientKey: parts.clientKey,
      lotKeys: parts.lotKeys.current(),
      reusePort: count > 1,
    },
    receive: parts.receive,
    wakeImports: parts.wakeImports,
    tls: () => parts.certificate.current(),
    site: () => parts.site.current(),
    serveCommits: (port) => serveCommits(port, store),
    serveForeign: foreign === null ? null : (port) => serveForeignReader(port, foreign),
    counters,
    clock: systemClock,
    log,
    graceMs: WORKER_GRACE_MS,
  });
  parts.certificate.onRenewed((material) => pool.renewTls(material));
  parts.site.onRenewed((renewed) => pool.renewSite(renewed));
  opened.push(() => pool.close());
  return { address: await pool.start(), drain: () => pool.drain() };
}

async function openMetrics(parts: Parts, opened: Closer[]): Promise<Address | null> {
  const { store, countersBuffer: counters } = parts;
  const { host, metricsPort: port } = parts.options.config.http;
  if (port === null) return null;
  const { metricsText } = await import('./metrics-text.ts');
  const { startMetricsListener } = await import('./metrics-listener.ts');
  const sources = { counters, storeStats: () => store.stats(), clock: systemClock, version: parts.options.version };
  const listener = await startMetricsListener({
    host,
    port,
    metrics: () => metricsText(sources),
    readiness: () => judgeReadiness(counters),
  });
  opened.push(() => listener.close());
  return listener.address;
}

/** The key of the pseudonyms in logs; none where there are none. */
function clientKeyFor(config: Config): string {
  const directory = logDirectoryOf(config);
  return directory === null || config.log.clients !== 'pseudonym' ? '' : keepClientKey(directory);
}

/** Watches whether the store takes writes, for readiness and the log. */
function watchStore(store: RegistryStore, counters: Counters, log: Log): () => void {
  let before: string | null = null;
  return () => {
    const { readOnlyReason } = store.stats();
    if (readOnlyReason === before) return;
    before = readOnlyReason;
    counters.set('storeReadOnly', readOnlyReason === null ? 0 : 1);
    if (readOnlyReason === null) log.info('the store takes writes again');
    else log.error({ reason: readOnlyReason }, 'the store refuses writes; resolving goes on');
  };
}
