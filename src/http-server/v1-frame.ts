// What all of `/v1` shares: JSON bodies, problem documents, and an answer for what is not offered.

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { Observer } from '../domain/observer.ts';
import { hasIdempotencyKey } from './idempotency.ts';
import { asHandleError, problemOf, retryAfterOf } from './problems.ts';
import { parseJsonBody } from './request-json.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True of a route that only says that its path offers other methods, or nothing at all. */
    refuses?: true;
  }
}

const REFUSES = { refuses: true } as const;

/** JSON and nothing else; an empty body is no body. */
export function acceptJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer;
    if (hasIdempotencyKey(request)) request.rawBody = bytes;
    try {
      done(null, bytes.length === 0 ? undefined : parseJsonBody(bytes));
    } catch (error) {
      done(error as Error);
    }
  });
}

export function createProblemHandler(observer: Observer) {
  return (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const error = asHandleError(thrown);
    observer.failed(error.code);
    request.failure = error;
    const problem = problemOf(error, request.id);
    const retryAfter = retryAfterOf(error);
    if (retryAfter !== null) reply.header('Retry-After', retryAfter);
    if (error.code === 'UNAUTHENTICATED') reply.header('WWW-Authenticate', 'Bearer');
    // The rest of a body that was too large is not read.
    if (error.code === 'PAYLOAD_TOO_LARGE') reply.header('Connection', 'close');
    reply.code(problem.status).header('Cache-Control', 'no-store').type('application/problem+json');
    reply.send(JSON.stringify(problem));
  };
}

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Gives every path of the scope an answer for the methods it does not offer. Call before the routes are added. */
export function refuseOtherMethods(scope: FastifyInstance): { finish(): void } {
  const offered = new Map<string, Set<string>>();
  scope.addHook('onRoute', ({ url, method }) => {
    const methods = offered.get(url) ?? new Set<string>();
    for (const one of [method].flat()) methods.add(one);
    offered.set(url, methods);
  });
  return {
    finish() {
      for (const [url, methods] of [...offered]) {
        const allow = [...methods].join(', ');
        const others = METHODS.filter((method) => !methods.has(method));
        scope.route({ method: others, url, config: REFUSES, handler: refuseMethod(allow) });
      }
      scope.all('/v1/*', { config: REFUSES }, () => {
        throw new HandleError('NOT_FOUND', 'There is nothing at this path of /v1: /docs shows what there is.');
      });
    },
  };
}

function refuseMethod(allow: string) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    reply.header('Allow', allow);
    if (request.method === 'OPTIONS') {
      reply.code(204).send();
      return;
    }
    throw new HandleError('UNSUPPORTED_METHOD', `This path does not offer ${request.method}: use ${allow}.`);
  };
}
