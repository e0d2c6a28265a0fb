// Wires one door thread: store → resolver → registry → HTTP server. It decides nothing and owns no thread.

import { randomBytes, randomUUID } from 'node:crypto';
import type { EpochTable } from '../cache/epoch-table.ts';
import { HandleError } from '../domain/error.ts';
import type { ForeignReader } from '../domain/foreign-answer.ts';
import type { Tracer } from '../domain/tracer.ts';
import { type HttpServer, type HttpServerOptions, startHttpServer } from '../http-server/http-server.ts';
import type { TlsMaterial } from '../http-server/tls.ts';
import { ImportService } from '../imports/import-service.ts';
import { searchLog } from '../logbook/search.ts';
import { createRegistry } from '../registry/create-registry.ts';
import { followHomes } from '../registry/live-homes.ts';
import { createResolver } from '../resolver/chain.ts';
import { createPastResolver } from '../resolver/past.ts';
import type { LotSecrets } from '../store/lot-secrets.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { foreignOptionsOf, nodeNameOf, recogniseFor } from './foreign.ts';
import type { HandleSite } from './handle-site.ts';
import { openHandleSystem } from './handle-system.ts';
import { importDirectoryOf } from './import-directory.ts';
import { LiveSite } from './live-site.ts';
import { logDirectoryOf } from './log-files.ts';
import { metricsText } from './metrics-text.ts';
import { judgeReadiness } from './readiness.ts';
import type { RequestFacts } from './request-facts.ts';
import { openRecordSource } from './shared-records.ts';
import { startSm2Checker } from './sm2-checker.ts';

export interface DoorOptions {
  readonly config: Config;
  /** Reads directly; writes go wherever the store sends them. */
  readonly store: RegistryStore;
  readonly epochs: EpochTable;
  readonly lotSecrets: LotSecrets;
  /** Asks other nodes; null if none are asked. */
  readonly foreign: ForeignReader | null;
  /** Region of all threads, and this thread's own counters in it. */
  readonly countersBuffer: SharedArrayBuffer;
  readonly counters: Counters;
  readonly version: string;
  /** Whether several threads listen on the same port. */
  readonly reusePort: boolean;
  readonly facts: RequestFacts;
  /** Null if the Handle protocol is off. */
  readonly handle: HandleSite | null;
  /** Of this run of the node: threads find each other by it. */
  readonly runId: string;
  /** Of this node, from 1; 0 where there is one. */
  readonly thread: number;
  /** Null for plain HTTP. */
  readonly tls: TlsMaterial | null;
  /** Called when import jobs are to be looked at. */
  readonly wakeImports: () => void;
}

export interface Doors extends HttpServer {
  /** For answers of the Handle protocol from now on. */
  renewSite(site: HandleSite): void;
}

/** Opens the doors; `close` on what comes back refuses new work and finishes what is in flight. */
export async function openDoors(options: DoorOptions): Promise<Doors> {
  const { endpoint, sampleRatio } = options.config.tracing;
  if (endpoint === null) return openDoorsOver({ ...options, tracer: null });
  // Loaded only where it is wanted.
  const { openTracing } = await import('./tracing.ts');
  const tracing = openTracing({ endpoint, sampleRatio, version: options.version, thread: randomUUID() });
  const { tracer } = tracing;
  const doors = await openDoorsOver({ ...options, store: tracing.traceCommits(options.store), tracer });
  return { ...doors, close: () => doors.close().then(() => tracing.close()) };
}

async function openDoorsOver(options: DoorOptions & { readonly tracer: Tracer | null }): Promise<Doors> {
  const { config, store, epochs, counters: observer, countersBuffer } = options;
  const { prefix: ownPrefix } = config.node;
  const homed = followHomes({ store, epochs, configured: config.node.homed });
  const clock = systemClock;
  const logDirectory = logDirectoryOf(config);
  const foreign = await foreignOptionsOf(config, options.foreign, observer);
  const { lotSecrets: tags } = options;
  const lots = { reader: store, tags };
  const source = await openRecordSource({ config, store, epochs, observer });
  const read = { store: source.reader, lots, foreign, cache: config.cache };
  const handle = options.handle === null ? null : { site: new LiveSite(options.handle), port: options.handle.port };
  const served = handle === null ? null : { directory: store, ownPrefix, site: handle.site };
  const resolver = createResolver({ ...read, epochs, clock, observer, homed, served });
  const past = createPastResolver({ store, lots: store, tags, epochs, clock, homed });
  const written = { lotSecrets: tags, ownPrefix, checkSm2: startSm2Checker() };
  const registry = createRegistry({ store, epochs, clock, randomBytes, homed, observer, ...written });
  const { thread, runId, reusePort } = options;
  const { log, keepsResolution } = options.facts;
  const asked = { config, resolver, recognise: recogniseFor(config), homed, clock, observer, ...registry };
  const system = await openHandleSystem({ ...asked, handle, thread, runId, reusePort, log, keepsResolution });
  const http = await startHttpServer({
    ...system.http,
    host: config.http.host,
    port: config.http.port,
    reusePort: options.reusePort,
    tls: options.tls,
    resolver,
    cacheKeeper: resolver.keeper,
    nodeName: nodeNameOf(config),
    recognise: recogniseFor(config),
    past,
    ...registry,
    imports: importServiceOf(options),
    commitEpoch: () => epochs.current(),
    homed,
    clock,
    observer,
    version: options.version,
    log: options.facts.log,
    trail: options.facts.trail,
    tracer: options.tracer,
    searchAudit: logDirectory === null ? null : (query) => searchLog(logDirectory, 'audit', query),
    resolutionSample: config.log.resolutionSample,
    ...(options.facts.keepsResolution === null ? {} : { keepsResolution: options.facts.keepsResolution }),
    newRequestId: randomUUID,
    readiness: () => judgeReadiness(countersBuffer),
    metrics: () => {
      if (config.http.metricsPort !== null) throw new HandleError('NOT_FOUND', 'Metrics are on a port of their own.');
      return metricsText({
        counters: countersBuffer,
        storeStats: () => store.stats(),
        clock,
        version: options.version,
      });
    },
    limits: httpLimitsOf(config),
    trustedProxies: config.http.trustedProxies,
    corsOrigins: config.http.corsOrigins,
    countryHeader: config.http.countryHeader,
  });
  const closeHttp = async (): Promise<void> => {
    await http.close();
    await foreign?.tier?.close();
    await source.close();
  };
  return { ...http, renewSite: (renewed) => system.renewSite(renewed), close: () => system.close().then(closeHttp) };
}

function importServiceOf({ config, wakeImports: wake }: DoorOptions): ImportService {
  const { maxFileBytes: fileBytes, minFreeBytes: freeBytes } = config.imports;
  const directory = importDirectoryOf(config);
  return new ImportService({ directory, limits: { fileBytes, freeBytes }, clock: systemClock, randomBytes, wake });
}

function httpLimitsOf(config: Config): HttpServerOptions['limits'] {
  return {
    bodyBytes: config.http.bodyLimitBytes,
    connections: config.http.maxConnections,
    inFlight: config.limits.inFlight,
    missesPerSecond: config.limits.missesPerSecond,
    missBurst: config.limits.missBurst,
    tripsPerSecond: config.limits.tripsPerSecond,
    tripBurst: config.limits.tripBurst,
    headersTimeoutMs: config.http.headersTimeoutMs,
    requestTimeoutMs: config.http.requestTimeoutMs,
    keepAliveTimeoutMs: config.http.keepAliveTimeoutMs,
  };
}
