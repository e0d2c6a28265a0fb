// Makes out of the settings what the read path and the thread that asks others need. It decides nothing itself.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EpochTable } from '../cache/epoch-table.ts';
import { HandleError } from '../domain/error.ts';
import type { ForeignReader } from '../domain/foreign-answer.ts';
import type { Observer } from '../domain/observer.ts';
import { foldAsciiCase } from '../domain/prefix.ts';
import type { Route } from '../domain/route.ts';
import { recognise } from '../domain/scheme.ts';
import type { Recognise } from '../resolver/asker.ts';
import type { ForeignOptions } from '../resolver/chain.ts';
import { HANDLE_PORT, siteOfHost } from '../upstream/handle-sites.ts';
import type { UpstreamRoute, Upstreams } from '../upstream/upstreams.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { siteAddressOf } from './config-handle.ts';
import type { Log } from './logs.ts';
import { openSecondTier } from './shared-cache.ts';
import { readSiteFile } from './site-file.ts';

const HANDLE_PATH = '/api/handles/{handle}';

/** Whether anybody else is ever asked. */
export function asksOthers({ upstream }: Config): boolean {
  return upstream.routes.length > 0 || upstream.delegation !== 'off';
}

/** How this node calls itself in `Via`: a token (RFC 9110 §5.6.2) that all nodes of one prefix share. */
export function nodeNameOf({ node }: Config): string {
  return `jiabiao-${node.prefix.replace(/[^A-Za-z0-9.-]/g, '_')}`;
}

type RouteSettings = Config['upstream']['routes'][number];

function routeFrom({ name, scheme = 'handle', prefixes = ['*'] }: RouteSettings): Route {
  return { name, scheme, prefixes: prefixes.map(foldAsciiCase) };
}

/** Throws `INVALID_CONFIG` if the file of a site cannot be read. */
function upstreamRouteOf(settings: RouteSettings): UpstreamRoute {
  const route = routeFrom(settings);
  if (settings.protocol !== 'handle') {
    const { endpoints = [], path = HANDLE_PATH, mapping = null } = settings;
    return { ...route, protocol: 'http', endpoints: endpoints.map((one) => one.replace(/\/+$/, '')), path, mapping };
  }
  const { host, port = HANDLE_PORT, site, root = false, transport = 'tcp', certified = false } = settings;
  const sites =
    site === undefined ? [siteOfHost(host ?? '', port)] : readSiteFile(site, `upstream.routes "${route.name}"`);
  return {
    ...route,
    protocol: 'handle',
    start: { kind: root ? 'root' : 'server', sites },
    transport: transport === 'tcp' ? 'TCP' : 'UDP',
    isCertified: certified,
  };
}

/** For the read path; null if nobody else is asked. */
export async function foreignOptionsOf(
  config: Config,
  reader: ForeignReader | null,
  observer: Observer,
): Promise<ForeignOptions | null> {
  if (reader === null) return null;
  const tier = await openSecondTier(config, observer);
  const { delegation, staleSeconds } = config.upstream;
  const routes = config.upstream.routes.map(routeFrom);
  return { reader, tier, routes, delegation, ownAddresses: ownAddressesOf(config), staleSeconds };
}

/** Where others find this node: what the settings say, and where its own site data says it answers the Handle protocol. */
function ownAddressesOf({ upstream, handle }: Config): readonly string[] {
  const address = handle.port === null ? null : siteAddressOf(handle);
  if (address === null) return upstream.ownAddresses;
  const host = address.includes(':') ? `[${address}]` : address;
  return [...upstream.ownAddresses, `${host}:${handle.port}`];
}

/** Null where every text is a handle. */
export function recogniseFor({ upstream }: Config): Recognise | null {
  const schemes = new Set(upstream.routes.map(({ scheme }) => scheme ?? 'handle'));
  if (schemes.size === 0) return null;
  return (text) => {
    const known = recognise(text);
    // What no route answers for stays what it was: the prefix of that name.
    return known === null || known.scheme === 'handle' || known.scheme === 'vaa' || schemes.has(known.scheme)
      ? known
      : null;
  };
}

/** In the one thread that asks: upstreams behind what this node remembers of them. Throws `INVALID_CONFIG`. */
export async function openForeign(
  config: Config,
  observer: Observer,
  { epochs, log }: { readonly epochs: EpochTable; readonly log: Pick<Log, 'warn'> },
): Promise<ForeignReader & { close(): Promise<void> }> {
  const reader = await openUpstreams(config, observer, failureLog(log));
  const { diskBytes: maxBytes, maxAgeSeconds } = config.cache;
  if (maxBytes === 0) return reader;
  const { DiskAnswers } = await import('../cache/disk-answers.ts');
  const { RememberingReader } = await import('../resolver/remembering.ts');
  const file = config.store.kind === 'memory' ? ':memory:' : join(config.store.path, 'learned.sqlite');
  const tier = new DiskAnswers({ file, maxBytes, clock: systemClock, observer });
  const { staleSeconds } = config.upstream;
  const trusts = (learnedAt: number): boolean => epochs.trusts(learnedAt);
  const policy = { maxAgeSeconds, staleSeconds };
  const remembering = new RememberingReader({ reader, tier, clock: systemClock, trusts, ...policy });
  return {
    fetch: (question) => remembering.fetch(question),
    forget: (handle) => remembering.forget(handle),
    held: (handle) => remembering.held(handle),
    close: () => reader.close().then(() => tier.close()),
  };
}

/** Throws `INVALID_CONFIG` if the file of authorities or of a site, or a network, cannot be read. */
async function openUpstreams(
  config: Config,
  observer: Observer,
  onFailure: (upstream: string, reason: string) => void,
): Promise<Upstreams> {
  const { upstream } = config;
  // Loaded only where somebody is asked.
  const { Upstreams } = await import('../upstream/upstreams.ts');
  return new Upstreams({
    routes: upstream.routes.map(upstreamRouteOf),
    deadlineMs: upstream.deadlineMs,
    maxConcurrent: upstream.maxConcurrent,
    connections: upstream.maxConcurrent,
    maxBodyBytes: upstream.maxAnswerBytes,
    allowedNetworks: upstream.allowedNetworks,
    ca: upstream.ca === null ? null : readCa(upstream.ca),
    nodeName: nodeNameOf(config),
    tripsPerPrefix: config.limits.tripsPerPrefix,
    clock: systemClock,
    observer,
    onFailure,
  });
}

/** Of one upstream one line in so long: the metrics count, the log says why. */
const FAILURES_TOLD_EVERY_MS = 10_000;
/** Delegated sites have names too; of who comes after so many nothing is told. */
const MAX_TOLD_OF = 1000;

function failureLog(log: Pick<Log, 'warn'>): (upstream: string, reason: string) => void {
  const told = new Map<string, { at: number; more: number }>();
  return (upstream, reason) => {
    const now = performance.now();
    const before = told.get(upstream);
    if (before !== undefined && now - before.at < FAILURES_TOLD_EVERY_MS) {
      before.more += 1;
      return;
    }
    if (before === undefined && told.size >= MAX_TOLD_OF) return;
    log.warn({ upstream, reason, failedSince: before?.more ?? 0 }, 'an upstream could not be asked');
    told.set(upstream, { at: now, more: 0 });
  };
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HandleError('INVALID_CONFIG', `upstream.ca cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
