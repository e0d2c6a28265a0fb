// Spans of requests for a tracer, where there is one. Says nothing of what was asked for.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { RequestSpan, Tracer } from '../domain/tracer.ts';
import { sanitizedRequestId } from './request-hooks.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null if this request is not traced. */
    span: RequestSpan | null;
  }
}

/** For requests that go through the framework. */
export function addSpanHooks(app: FastifyInstance, tracer: Tracer): void {
  app.decorateRequest('span', null);
  app.addHook('onRequest', (request, _reply, done) => {
    const { id: requestId, method, headers } = request;
    request.span = tracer.beginRequest({ requestId, method, headers });
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const principalId = request.principal?.id ?? null;
    request.span?.end({ route, status: reply.raw.statusCode, principalId });
    done();
  });
}

/** For those that pass by it; to be called as one comes. */
export function createPlainSpans(tracer: Tracer, newRequestId: () => string) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { headers } = request;
    const requestId = sanitizedRequestId(headers['x-request-id']) ?? newRequestId();
    const span = tracer.beginRequest({ requestId, method: 'GET', headers });
    if (span === null) return;
    headers['x-request-id'] = requestId; // for its line in the log, if it gets one
    response.once('close', () => span.end({ route: '/api/handles/*', status: response.statusCode, principalId: null }));
  };
}
