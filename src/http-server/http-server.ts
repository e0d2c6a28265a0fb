// The HTTP door: puts the groups of routes together, starts and stops. What each group answers stands in its own file.

import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { ErrorCode } from '../domain/error.ts';
import { HandleError } from '../domain/error.ts';
import type { Observer } from '../domain/observer.ts';
import type { HomedPrefix } from '../domain/prefix.ts';
import type { Authenticator, Directory, IdentifierRegistry } from '../registry/registry.ts';
import type { Resolver } from '../resolver/resolver.ts';
import { createApiWriter } from './api-writer.ts';
import { requireKey } from './authentication.ts';
import type { CorsOrigins } from './cors.ts';
import { registerEnterprises } from './enterprises.ts';
import { HandleApi, isHandleApiPath, isPlainResolution } from './handle-api.ts';
import { registerIdentifierBatch } from './identifier-batch.ts';
import { registerIdentifiers } from './identifiers.ts';
import { InFlight } from './in-flight.ts';
import { registerKeys, registerPrincipals } from './keys.ts';
import { answerClientError, closeServer, createLimitedServer, listen } from './limited-server.ts';
import { registerPages } from './pages.ts';
import { problemOf } from './problems.ts';
import { addRequestHooks, sanitizedRequestId } from './request-hooks.ts';
import { Asker } from './resolution.ts';
import { registerResolveBatch } from './resolve-batch.ts';
import { isServicePath, registerService, type ServiceOptions } from './service.ts';
import { acceptJson, createProblemHandler, refuseOtherMethods } from './v1-frame.ts';

/** One line for each request but the plain resolutions that were not sampled. Names no handle. */
export type RequestLog = (entry: {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, never the path. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly principalId?: string;
  readonly code?: ErrorCode;
  /** What a defect threw; for the log alone. */
  readonly cause?: unknown;
}) => void;

export interface HttpServerOptions extends ServiceOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly reusePort: boolean;
  readonly resolver: Resolver;
  readonly identifiers: IdentifierRegistry;
  readonly directory: Directory;
  readonly authenticator: Authenticator;
  readonly homed: readonly HomedPrefix[];
  readonly clock: () => number;
  readonly observer: Observer;
  readonly log: RequestLog;
  /** One of how many plain resolutions is logged; 0 or nothing for none. */
  readonly resolutionSample?: number;
  readonly newRequestId: () => string;
  readonly limits: {
    readonly bodyBytes: number;
    readonly connections: number;
    readonly inFlight: number;
    /** For each client network; 0 for no limit. */
    readonly missesPerSecond: number;
    readonly missBurst: number;
    readonly headersTimeoutMs: number;
    readonly requestTimeoutMs: number;
    readonly keepAliveTimeoutMs: number;
  };
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: CorsOrigins;
}

export interface HttpServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Refuses new connections, finishes what is in flight within a bounded time. A second call waits for the first. */
  close(): Promise<void>;
}

/** Resolves when the port is open. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { observer, limits } = options;
  let closing: Promise<void> | null = null;
  const isClosing = () => closing !== null;
  const inFlight = new InFlight(limits.inFlight, observer);
  const asker = new Asker(options);
  const writer = createApiWriter(options.corsOrigins, isClosing);
  const handleApi = new HandleApi({ asker, authenticator: options.authenticator, observer, writer, inFlight });
  const sample = createSampler(options);

  const { app, server } = createApp(options, handleApi, (framework) => (request, response) => {
    if (!isPlainResolution(request)) {
      admit(inFlight, request, response, framework);
      return;
    }
    sample?.(response);
    handleApi.answerPlain(request, response);
  });
  addRequestHooks(app, { ...options, isClosing });
  registerService(app, options);
  handleApi.register(app);
  registerV1(app, options, asker);
  registerPages(app, { asker, observer });
  await app.ready();
  await listen(server, options);

  const { address: host, port } = server.address() as AddressInfo;
  return {
    address: { host, port },
    close() {
      closing ??= closeServer(server).then(() => app.close());
      return closing;
    },
  };
}

/** Logs one of so many plain resolutions, as those that go through the framework; null if none is wanted. */
function createSampler(options: HttpServerOptions): ((response: ServerResponse) => void) | null {
  const { log, newRequestId, resolutionSample = 0 } = options;
  if (resolutionSample === 0) return null;
  let skipped = 0;
  return (response) => {
    if (++skipped < resolutionSample) return;
    skipped = 0;
    const startedAt = performance.now();
    response.once('close', () => {
      const durationMs = performance.now() - startedAt;
      const { statusCode: status } = response;
      log({ requestId: newRequestId(), method: 'GET', route: '/api/handles/*', status, durationMs });
    });
  };
}

type Framework = (request: IncomingMessage, response: ServerResponse) => void;

function createApp(
  options: HttpServerOptions,
  handleApi: HandleApi,
  route: (framework: Framework) => RequestListener,
): { app: FastifyInstance; server: Server } {
  const { limits, observer, newRequestId } = options;
  const answerProblem = createProblemHandler(observer);
  const app = Fastify({
    bodyLimit: limits.bodyBytes,
    // The first reader of a path is pathText: the router must not judge what it cannot read.
    routerOptions: { maxParamLength: 4096 },
    genReqId: (request) => sanitizedRequestId(request.headers['x-request-id']) ?? newRequestId(),
    clientErrorHandler: answerClientError,
    serverFactory: (framework) => createLimitedServer(route(framework as Framework), limits, observer),
    frameworkErrors: (error, request, reply) => {
      if (isHandleApiPath(request.url)) handleApi.answerFrameworkError(error, request, reply);
      else answerProblem(error, request, reply);
    },
  });
  return { app, server: app.server };
}

/** Above the cap only the probes are let in. */
function admit(inFlight: InFlight, request: IncomingMessage, response: ServerResponse, framework: Framework): void {
  if (isServicePath(request.url ?? '')) {
    framework(request, response);
    return;
  }
  try {
    inFlight.enter();
  } catch (error) {
    const body = JSON.stringify(problemOf(error as HandleError, ''));
    const head = { 'Content-Type': 'application/problem+json', 'Retry-After': '1', Connection: 'close' };
    response.writeHead(503, { ...head, 'Content-Length': Buffer.byteLength(body) }).end(body);
    return;
  }
  response.once('close', () => inFlight.leave());
  framework(request, response);
}

function registerV1(app: FastifyInstance, options: HttpServerOptions, asker: Asker): void {
  const { authenticator, directory, identifiers, observer } = options;
  app.decorateRequest('principal', null);
  app.decorateRequest('rawBody', null);
  app.setErrorHandler(createProblemHandler(observer));
  app.setNotFoundHandler(() => {
    throw new HandleError('NOT_FOUND', 'There is nothing at this path: see the README for what there is.');
  });
  app.register(async (scope) => {
    acceptJson(scope);
    const others = refuseOtherMethods(scope);
    scope.register(async (open) => registerResolveBatch(open, { asker, authenticator, observer }));
    scope.register(async (closed) => {
      requireKey(closed, authenticator);
      registerEnterprises(closed, directory);
      registerPrincipals(closed, directory);
      registerKeys(closed, directory);
      registerIdentifiers(closed, { identifiers, observer });
      closed.register(async (batch) => registerIdentifierBatch(batch, identifiers));
    });
    scope.register(async () => others.finish());
  });
}
