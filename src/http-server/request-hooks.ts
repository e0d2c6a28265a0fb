// What happens around every request that goes through the framework: request id, origin, closing, log.

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { ClientAddress } from './client-network.ts';
import { allowsOrigin, type CorsOrigins, isPreflight, preflightHeaders, V1_EXPOSED } from './cors.ts';
import type { Denied, RequestLog } from './http-server.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request failed with; null while it has not. */
    failure: HandleError | null;
    /** An item of a batch that was refused to its asker while others were not; null if there is none. */
    itemDenial: HandleError | null;
    /** Taken down as the request comes: a connection that is gone has no address. */
    client: string;
  }
}

const SANE_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** The client's own request id if it cannot harm a log; else null. */
export function sanitizedRequestId(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && SANE_ID.test(header) ? header : null;
}

/** Without the query, which may be long and says how to answer rather than what was asked. */
export function pathOf(url = ''): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

export interface RequestHookOptions {
  readonly corsOrigins: CorsOrigins;
  readonly isClosing: () => boolean;
  readonly log: RequestLog;
  readonly addressOf: ClientAddress;
}

export function addRequestHooks(app: FastifyInstance, options: RequestHookOptions): void {
  const { corsOrigins, isClosing, log, addressOf } = options;
  app.decorateRequest('failure', null);
  app.decorateRequest('itemDenial', null);
  app.decorateRequest('client', '');

  app.addHook('onRequest', (request, reply, done) => {
    request.client = addressOf(request.raw);
    reply.header('X-Request-Id', request.id).header('X-Content-Type-Options', 'nosniff');
    const coding = codingOf(request.raw);
    if (coding !== null) {
      done(new HandleError('UNSUPPORTED_MEDIA_TYPE', `The body is encoded as ${coding}: send it as it is.`));
      return;
    }
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
    const { failure, principal, client } = request;
    const denial = deniedBy(failure ?? request.itemDenial, request.headers.authorization !== undefined);
    log({
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      path: pathOf(request.url),
      status: reply.raw.statusCode,
      durationMs: reply.elapsedTime,
      client,
      ...(principal === null || principal === undefined ? {} : { principalId: principal.id }),
      ...(failure === null ? {} : { code: failure.code }),
      ...(failure?.code === 'INTERNAL' ? { cause: failure.cause } : {}),
      ...(denial === null ? {} : { denial }),
    });
    done();
  });
}

/** Of a body that would have to be decoded; null for one that is as it is. */
function codingOf({ headers }: IncomingMessage): string | null {
  const { 'content-encoding': content = 'identity', 'transfer-encoding': transfer = 'chunked' } = headers;
  if (content.toLowerCase() !== 'identity') return content;
  return transfer.toLowerCase() === 'chunked' ? null : transfer;
}

function deniedBy(error: HandleError | null, showsKey: boolean): Denied | null {
  const code = error?.code;
  if (error === null || (code !== 'UNAUTHENTICATED' && code !== 'FORBIDDEN' && code !== 'RATE_LIMITED')) return null;
  if (code === 'RATE_LIMITED' && !showsKey) return null;
  return { code, reason: error.message, principalId: error.principalId ?? null };
}

function addVary(
  reply: { getHeader(name: string): unknown; header(name: string, value: string): unknown },
  name: string,
): void {
  const present = reply.getHeader('Vary');
  reply.header('Vary', present === undefined ? name : `${name}, ${String(present)}`);
}
