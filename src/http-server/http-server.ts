// The HTTP door: puts the groups of routes together, starts and stops. What each group answers stands in its own file.

import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AuditTrail } from '../domain/audit.ts';
import type { ErrorCode } from '../domain/error.ts';
import type { Observer } from '../domain/observer.ts';
import type { Homed } from '../domain/prefix.ts';
import type { Tracer } from '../domain/tracer.ts';
import type { ImportService } from '../imports/import-service.ts';
import type { Sampled } from '../logbook/resolution-sample.ts';
import { AuthenticationGuard } from '../registry/authentication-guard.ts';
import type { LotRegistry } from '../registry/lot-registry.ts';
import type {
  Authenticator,
  ChangeFeed,
  ChildMoves,
  ChildReader,
  Directory,
  HistoryReader,
  IdentifierRegistry,
  Preserver,
  ReadAccess,
  TemplateElements,
  TemplateRegistry,
} from '../registry/registry.ts';
import type { Searcher } from '../registry/search.ts';
import type { Statistics } from '../registry/statistics.ts';
import { Asker, type Recognise } from '../resolver/asker.ts';
import type { PastResolver } from '../resolver/past.ts';
import type { CacheKeeper, Resolver } from '../resolver/resolver.ts';
import { admitting, InFlight } from './admission.ts';
import { type ApiWriter, createApiWriter } from './api-writer.ts';
import type { AuditSearch } from './audit.ts';
import { RequestAuthentication } from './authentication.ts';
import { ChangeStreams } from './change-streams.ts';
import { certificateSubjectOf } from './client-certificate.ts';
import { createClientAddress, createClientNetwork } from './client-network.ts';
import type { CorsOrigins } from './cors.ts';
import { type DocsOptions, registerDocs } from './docs.ts';
import { type HandleApi, isPlainResolution } from './handle-api.ts';
import { answerUnroutable, isHandleApiPath } from './handle-api-routes.ts';
import { createHandleInterface, type HandleInterfaceOptions } from './handle-interface.ts';
import { ImportEvents } from './import-events.ts';
import {
  answerClientError,
  closeServer,
  createLimitedServer,
  type Holder,
  listen,
  renewSecureContext,
} from './limited-server.ts';
import { type AnswerPage, createPages, isPage, registerPages } from './pages.ts';
import { originForm } from './percent-decoding.ts';
import { createPlainDoor } from './plain-door.ts';
import { createPlainLog } from './plain-log.ts';
import { LeadingOn } from './proxy.ts';
import { addRequestHooks, sanitizedRequestId } from './request-hooks.ts';
import { addSpanHooks, createPlainSpans } from './request-spans.ts';
import { registerService, type ServiceOptions } from './service.ts';
import type { TlsMaterial } from './tls.ts';
import { registerV1 } from './v1.ts';
import { createProblemHandler } from './v1-frame.ts';

/** What a denial is to the audit trail. */
export interface Denied {
  /** `RATE_LIMITED` only of those who tried to say who they are. */
  readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'RATE_LIMITED';
  readonly reason: string;
  readonly principalId: string | null;
}

/** Told of each request but the plain resolutions that nobody wants to know of. */
export type RequestLog = (entry: {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern. */
  readonly route: string;
  /** What was asked for, percent-encoded as it came. */
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  /** The address it came from. */
  readonly client: string;
  readonly principalId?: string;
  readonly code?: ErrorCode;
  /** Why somebody was not let in, or an item of a batch refused to them; whose key it was, if that is known. */
  readonly denial?: Denied;
  /** What a defect threw; for the log alone. */
  readonly cause?: unknown;
  /** Of a plain resolution, which is here because the sample fell on it, or because it is to be kept, or both. */
  readonly plain?: Sampled;
}) => void;

export interface HttpServerOptions extends ServiceOptions, DocsOptions, HandleInterfaceOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly reusePort: boolean;
  readonly resolver: Resolver;
  readonly cacheKeeper: CacheKeeper;
  /** How this node calls itself to others, in `Via`. */
  readonly nodeName: string;
  /** Reads texts of other schemes than handles; null where nobody answers for them. */
  readonly recognise: Recognise | null;
  /** Resolves as of an instant. */
  readonly past: PastResolver;
  readonly identifiers: IdentifierRegistry;
  readonly directory: Directory;
  readonly authenticator: Authenticator;
  readonly readAccess: ReadAccess;
  readonly histories: HistoryReader;
  readonly children: ChildReader;
  readonly searcher: Searcher;
  readonly feed: ChangeFeed;
  readonly moves: ChildMoves;
  /** Rises with every commit that can be read on this machine. */
  readonly commitEpoch: () => number;
  /** How often a stream of changes shows that it lives; a default without it. */
  readonly heartbeatMs?: number;
  readonly preserver: Preserver;
  readonly lots: LotRegistry;
  readonly templates: TemplateRegistry;
  readonly templateElements: TemplateElements;
  readonly imports: ImportService;
  readonly homed: Homed;
  readonly clock: () => number;
  readonly observer: Observer;
  readonly log: RequestLog;
  /** For acts of the door's own. Denials get there by the log, changes by the store. */
  readonly trail: AuditTrail;
  readonly searchAudit: AuditSearch;
  /** Null if nothing is traced. */
  readonly tracer: Tracer | null;
  readonly statistics: Statistics;
  /** One of how many plain resolutions is logged; 0 or nothing for none. */
  readonly resolutionSample?: number;
  /** Asked for each plain resolution: whether it is to be kept. */
  readonly keepsResolution?: () => boolean;
  readonly newRequestId: () => string;
  readonly limits: {
    readonly bodyBytes: number;
    readonly connections: number;
    readonly inFlight: number;
    /** For each client network; 0 for no limit. */
    readonly missesPerSecond: number;
    readonly missBurst: number;
    readonly tripsPerSecond: number;
    readonly tripBurst: number;
    readonly headersTimeoutMs: number;
    readonly requestTimeoutMs: number;
    readonly keepAliveTimeoutMs: number;
  };
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: CorsOrigins;
  /** In which somebody in front says what country a client is in; null if nobody does. */
  readonly countryHeader: string | null;
  /** Null for plain HTTP. */
  readonly tls: TlsMaterial | null;
}

export interface HttpServer {
  readonly address: { readonly host: string; readonly port: number };
  /** What is answered, as `METHOD /path`; routes that only refuse other methods are left out. */
  readonly routes: readonly string[];
  /** For connections from now on; those that are open stay as they are. Only where `tls` was given at the start. */
  renewTls(material: TlsMaterial): void;
  /** Goes on answering, and keeps no connection: clients come back elsewhere. */
  drain(): void;
  /** Refuses new connections, finishes what is in flight within a bounded time. A second call waits for the first. */
  close(): Promise<void>;
}

/** Resolves when the port is open. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { observer, limits } = options;
  let closing: Promise<void> | null = null;
  let isDraining = false;
  const isClosing = () => isDraining || closing !== null;
  const inFlight = new InFlight(limits.inFlight, observer);
  const networkOf = createClientNetwork(options.trustedProxies);
  const asker = new Asker({ ...options, networkOf });
  const guard = new AuthenticationGuard({ networkOf, clock: options.clock, observer });
  const authentication = new RequestAuthentication(options.authenticator, guard);
  const writer = createApiWriter(options.corsOrigins, isClosing);
  const addressOf = createClientAddress(options.trustedProxies);
  const { sample, sampleBare, onDefect } = createPlainLog(options, addressOf);
  const traced = options.tracer === null ? null : createPlainSpans(options.tracer, options.newRequestId);
  const shared = { asker, authentication, guard, networkOf, writer, inFlight, onDefect };
  const { api, register: registerHandle } = createHandleInterface(options, shared);

  const isMutual = options.tls !== null && options.tls.clientCa !== null;
  // A certificate, or a trace, is of the request's connection and headers: then every request is read in full.
  const door = isMutual || traced !== null ? null : createPlainDoor({ api, sample: sampleBare, isClosing }, options);
  const unroutable = answerEachUnroutable({ api, writer, observer, answerPage: (...visit) => answerPage(...visit) });
  const { app, server } = createApp(options, { door, answerUnroutable: unroutable }, (framework) => {
    const admitted = admitting(inFlight, framework);
    return (request, response) => {
      request.url = originForm(request.url ?? '');
      if (!isPlainResolution(request) || (isMutual && certificateSubjectOf(request) !== null)) {
        admitted(request, response);
        return;
      }
      traced?.(request, response);
      sample?.(request, response);
      api.answerPlain(request, response);
    };
  });
  if (options.tracer !== null) addSpanHooks(app, options.tracer);
  addRequestHooks(app, { ...options, isClosing, addressOf });
  const routes = listRoutes(app);
  registerService(app, options);
  const { countryHeader, randomBytes } = options;
  const proxy = new LeadingOn({ asker, clock: options.clock, randomBytes, countryHeader });
  const answerPage = createPages({ asker, proxy, observer, templateElements: options.templateElements });
  registerHandle(app, answerPage);
  const streams = new ChangeStreams({ ...options, authentication });
  const importEvents = new ImportEvents(options.imports);
  registerV1(app, { ...options, authentication, streams, importEvents }, asker);
  registerDocs(app, options);
  registerPages(app, answerPage);
  await app.ready();
  await listen(server, options);

  const { address: host, port } = server.address() as AddressInfo;
  return {
    address: { host, port },
    routes,
    renewTls: (material) => renewSecureContext(server, material),
    drain() {
      isDraining = true;
    },
    close() {
      streams.close();
      importEvents.close();
      closing ??= closeServer(server, door).then(() => app.close());
      return closing;
    },
  };
}

/** Filled as routes are added. */
function listRoutes(app: FastifyInstance): readonly string[] {
  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.refuses !== true) routes.push(...[method].flat().map((one) => `${one} ${url}`));
  });
  return routes;
}

type Unroutable = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void;

/** Whoever scans a label sees what is wrong with it in words of their own, programs in the form of their interface. */
function answerEachUnroutable(parts: {
  readonly api: HandleApi;
  readonly writer: ApiWriter;
  readonly observer: Observer;
  readonly answerPage: AnswerPage;
}): Unroutable {
  const answerApi = answerUnroutable(parts.api, parts.writer);
  const answerProblem = createProblemHandler(parts.observer);
  return (error, request, reply) => {
    if (isHandleApiPath(request.url)) answerApi(error, request, reply);
    else if (isPage(request)) void parts.answerPage(request, reply);
    else answerProblem(error, request, reply);
  };
}

function createApp(
  options: HttpServerOptions,
  { door, answerUnroutable }: { readonly door: Holder | null; readonly answerUnroutable: Unroutable },
  route: (framework: RequestListener) => RequestListener,
): { app: FastifyInstance; server: Server } {
  const { limits, observer, newRequestId, tls } = options;
  const app = Fastify({
    bodyLimit: limits.bodyBytes,
    // The first reader of a path is pathText: the router must not judge what it cannot read.
    routerOptions: { maxParamLength: 4096 },
    genReqId: (request) => sanitizedRequestId(request.headers['x-request-id']) ?? newRequestId(),
    clientErrorHandler: answerClientError,
    serverFactory: (framework) =>
      createLimitedServer(route(framework as RequestListener), { limits, observer, tls, holder: door }),
    frameworkErrors: answerUnroutable,
  });
  return { app, server: app.server };
}
