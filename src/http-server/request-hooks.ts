// What happens around every request that goes through the framework: request id, origin, closing, log.

import type { FastifyInstance } from 'fastify';
import type { HandleError } from '../domain/error.ts';
import { allowsOrigin, type CorsOrigins, isPreflight, preflightHeaders, V1_EXPOSED } from './cors.ts';
import type { RequestLog } from './http-server.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request failed with; null while it has not. */
    failure: HandleError | null;
  }
}

const SANE_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** The client's own request id if it cannot harm a log; else null. */
export function sanitizedRequestId(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && SANE_ID.test(header) ? header : null;
}

export interface RequestHookOptions {
  readonly corsOrigins: CorsOrigins;
  readonly isClosing: () => boolean;
  readonly log: RequestLog;
}

export function addRequestHooks(app: FastifyInstance, options: RequestHookOptions): void {
  const { corsOrigins, isClosing, log } = options;
  app.decorateRequest('failure', null);

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id).header('X-Content-Type-Options', 'nosniff');
    const { origin } = request.headers;
    if (origin === undefined || !allowsOrigin(corsOrigins, origin)) {
      done();
      return;
    }
    if (isPreflight(request.raw)) {
      reply.code(200).headers(preflightHeaders(origin, request.url)).send('');
      return;
    }
    reply.header('Access-Control-Allow-Origin', origin).header('Access-Control-Expose-Headers', V1_EXPOSED);
    done();
  });

  // Last, as routes set what else their answers vary by, and the end may come while they work.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (isClosing()) reply.header('Connection', 'close');
    if (request.headers.origin !== undefined && corsOrigins !== '*') addVary(reply, 'Origin');
    else if (reply.hasHeader('Access-Control-Allow-Origin')) addVary(reply, 'Origin');
    done(null, payload);
  });

  app.addHook('onResponse', (request, reply, done) => {
    const { failure, principal } = request;
    log({
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.raw.statusCode,
      durationMs: reply.elapsedTime,
      ...(principal === null || principal === undefined ? {} : { principalId: principal.id }),
      ...(failure === null ? {} : { code: failure.code }),
      ...(failure?.code === 'INTERNAL' ? { cause: failure.cause } : {}),
    });
    done();
  });
}

function addVary(
  reply: { getHeader(name: string): unknown; header(name: string, value: string): unknown },
  name: string,
): void {
  const present = reply.getHeader('Vary');
  reply.header('Vary', present === undefined ? name : `${name}, ${String(present)}`);
}
