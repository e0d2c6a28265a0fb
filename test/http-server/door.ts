// The HTTP door open on a real port over a store in memory, with the real resolver and registry behind it.

import { createHash, randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { announce } from '../../src/app/announce.ts';
import { createEpochBuffers, EpochTable } from '../../src/cache/epoch-table.ts';
import type { Answer } from '../../src/domain/answer.ts';
import { SILENT_TRAIL } from '../../src/domain/audit.ts';
import type { ErrorCode } from '../../src/domain/error.ts';
import type { AuthenticationScheme, Door, Observer, Refusal } from '../../src/domain/observer.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { type Homed, type HomedPrefix, parsePrefix } from '../../src/domain/prefix.ts';
import { recognise } from '../../src/domain/scheme.ts';
import { type HttpServerOptions, type RequestLog, startHttpServer } from '../../src/http-server/http-server.ts';
import type { TlsMaterial } from '../../src/http-server/tls.ts';
import { createRegistry, type Registry } from '../../src/registry/create-registry.ts';
import { createFirstOperator } from '../../src/registry/first-operator.ts';
import { followHomes } from '../../src/registry/live-homes.ts';
import type { Actor } from '../../src/registry/registration.ts';
import { createResolver, type ForeignOptions } from '../../src/resolver/chain.ts';
import { createPastResolver } from '../../src/resolver/past.ts';
import type { Question, Resolver } from '../../src/resolver/resolver.ts';
import { LotSecrets } from '../../src/store/lot-secrets.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import type { RegistryStore, TallyKeeper } from '../../src/store/registry-store.ts';
import { assertDescribed } from './described.ts';
import { openImports } from './door-imports.ts';

export const CHAIRS = '88.118.10001';
export const LAMPS = '88.118.10002';
export const FOLDED = '20.500.99999';

/** One for all doors of a file: its tables are large, and what one raises harms no other. */
const epochs = new EpochTable(createEpochBuffers());

export interface Seen {
  readonly resolved: { door: Door; outcome: string; tier: string }[];
  readonly failed: ErrorCode[];
  readonly refused: Refusal[];
  readonly authenticationFailed: AuthenticationScheme[];
  readonly log: Parameters<RequestLog>[0][];
}

export interface OpenDoor extends Registry {
  readonly resolver: Resolver;
  readonly homed: Homed;
  readonly observer: Observer;
  readonly epochs: EpochTable;
  readonly port: number;
  readonly routes: readonly string[];
  readonly store: RegistryStore & TallyKeeper;
  readonly clock: { nowMs: number };
  readonly seen: Seen;
  /** Tokens. */
  readonly operator: string;
  readonly chairs: string;
  readonly reader: string;
  readonly actor: Actor;
  /** Answers that the description of the interface does not allow fail the test. */
  ask(method: string, path: string, more?: Asked): Promise<Told>;
  renewTls(material: TlsMaterial): void;
  close(): Promise<void>;
}

export interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly key?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
}

export interface Told {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Buffer;
  /** Undefined if it is no JSON document. */
  readonly json: Record<string, unknown>;
}

export interface DoorSettings {
  readonly limits?: Partial<HttpServerOptions['limits']>;
  readonly options?: Partial<HttpServerOptions>;
  /** Stands before the real resolver; null lets the question through. */
  readonly interrupt?: (question: Question) => Answer | Promise<Answer> | null;
  /** False where `interrupt` fails as no real part does, so that the description need not know the answers. */
  readonly described?: false;
  /** Who is asked for what is not here. */
  readonly foreign?: ForeignOptions;
  /** What the clock says at first. */
  readonly startsAtMs?: number;
  /** Home to FOLDED alone, as its own prefix, without enterprises and their keys. */
  readonly isFoldedAlone?: boolean;
}

const LIMITS: HttpServerOptions['limits'] = {
  bodyBytes: 1_000_000,
  connections: 100,
  inFlight: 100,
  missesPerSecond: 0,
  missBurst: 0,
  tripsPerSecond: 0,
  tripBurst: 0,
  headersTimeoutMs: 5000,
  requestTimeoutMs: 5000,
  keepAliveTimeoutMs: 5000,
};

/** As where neither the Handle protocol nor TLS is on. */
const PLAIN = {
  site: null,
  answerMessage: null,
  sessionPeers: null,
  randomBytes,
  corsOrigins: '*',
  countryHeader: null,
  tls: null,
} as const;

export async function openDoor(settings: DoorSettings = {}): Promise<OpenDoor> {
  const clock = { nowMs: settings.startsAtMs ?? Date.UTC(2026, 10, 23, 3, 51, 48) };
  const tags = new LotSecrets([Buffer.alloc(32, 1)]);
  const onVisible = announce.bind(null, epochs);
  const store = openMemoryStore({ clock: () => clock.nowMs, lotTags: tags, onVisible });
  const seen: Seen = { resolved: [], failed: [], refused: [], authenticationFailed: [], log: [] };
  const observer = recorder(seen);
  const homed = followHomes({ store, epochs, configured: homesOf(settings) });
  const common = { store, epochs, clock: () => clock.nowMs, homed, observer };
  const ownPrefix = parsePrefix(settings.isFoldedAlone === true ? FOLDED : '88.118');
  const registry = createRegistry({ ...common, lotSecrets: tags, randomBytes: seededBytes(), ownPrefix });
  const operator = (await createFirstOperator({ store, randomBytes: seededBytes() })) ?? '';
  const actor: Actor = { principal: await registry.authenticator.authenticate(operator), requestId: 'test' };
  const cache = { l1Bytes: 1e7, negativeBytes: 1e6, parentBytes: 1e6, maxAgeSeconds: 3600 };
  const real = createResolver({ ...common, lots: { reader: store, tags }, foreign: settings.foreign ?? null, cache });
  const resolver: Resolver = { resolve: (question) => settings.interrupt?.(question) ?? real.resolve(question) };
  const { imports, removeImports } = openImports({ store, clock: common.clock, identifiers: registry.identifiers });
  const recogniser = settings.foreign === undefined ? null : recognise;
  const reading = { resolver, cacheKeeper: real.keeper, nodeName: 'jiabiao-88.118', recognise: recogniser };
  let requests = 0;
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    reusePort: false,
    ...reading,
    past: createPastResolver({ ...common, lots: store, tags }),
    ...registry,
    imports,
    commitEpoch: () => epochs.current(),
    homed,
    version: '0.0.0',
    clock: () => clock.nowMs,
    observer,
    log: (entry) => seen.log.push(entry),
    trail: SILENT_TRAIL,
    searchAudit: null,
    tracer: null,
    newRequestId: () => `request-${++requests}`,
    readiness: () => ({ status: 'ready', reasons: [] }),
    metrics: async () => 'jiabiao_up 1\n',
    limits: { ...LIMITS, ...settings.limits },
    ...PLAIN,
    trustedProxies: [],
    ...settings.options,
  });
  const { port } = server.address;
  const keyOf = async (principal: Parameters<Registry['directory']['createPrincipal']>[1]) =>
    settings.isFoldedAlone === true ? '' : issue(registry, actor, principal);
  for (const name of settings.isFoldedAlone === true ? [] : ['Chairs', 'Lamps']) {
    const enterprise = { prefix: null, name, state: 'active', contact: null, quota: null } as const;
    await registry.directory.createEnterprise(actor, enterprise);
  }
  return {
    ...{ ...registry, resolver, homed, observer, epochs },
    port,
    routes: server.routes,
    store,
    clock,
    seen,
    actor,
    operator,
    chairs: await keyOf({ name: 'chairs', role: 'enterprise', scope: CHAIRS }),
    reader: await keyOf({ name: 'reader', role: 'reader', scope: LAMPS }),
    ask: (method, path, more = {}) =>
      settings.described === false ? send(port, method, path, more) : ask(port, method, path, more),
    renewTls: (material) => server.renewTls(material),
    close: () => server.close().finally(removeImports),
  };
}

function homesOf({ isFoldedAlone = false }: DoorSettings): HomedPrefix[] {
  const folded = { prefix: parsePrefix(FOLDED), foldsCase: true };
  return isFoldedAlone ? [folded] : [{ prefix: parsePrefix('88.118'), foldsCase: false }, folded];
}

async function issue(
  registry: Registry,
  actor: Actor,
  principal: Parameters<Registry['directory']['createPrincipal']>[1],
): Promise<string> {
  const { id } = await registry.directory.createPrincipal(actor, principal);
  return (await registry.directory.issueKey(actor, { principalId: id, label: 'test', expiresAt: null })).token;
}

async function ask(port: number, method: string, path: string, more: Asked): Promise<Told> {
  const told = await send(port, method, path, more);
  assertDescribed(method, path, told);
  return told;
}

function send(port: number, method: string, path: string, more: Asked): Promise<Told> {
  const { promise, resolve, reject } = Promise.withResolvers<Told>();
  const body = more.json === undefined ? more.body : JSON.stringify(more.json);
  const headers: Record<string, string> = { ...more.headers };
  if (more.key !== undefined) headers.authorization = `Bearer ${more.key}`;
  if (more.json !== undefined) headers['content-type'] = 'application/json';
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const text = bytes.toString('utf8');
      const isJson =
        /json/.test(response.headers['content-type'] ?? '') && !/ndjson/.test(response.headers['content-type'] ?? '');
      const json = isJson && text !== '' ? JSON.parse(text) : undefined;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, bytes, json });
    });
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

function recorder(seen: Seen): Observer {
  return {
    ...SILENT_OBSERVER,
    resolved: (door, outcome, { tier }) => seen.resolved.push({ door, outcome, tier }),
    failed: (code) => seen.failed.push(code),
    refused: (reason) => seen.refused.push(reason),
    authenticationFailed: (scheme) => seen.authenticationFailed.push(scheme),
  };
}

/** Different bytes at every call, the same in every run. */
function seededBytes(): (size: number) => Buffer {
  let calls = 0;
  return (size) => createHash('sha512').update(`seed ${++calls}`).digest().subarray(0, size);
}
