// The routes below `/api` that need the framework: parameters, keys, HEAD, POST, OPTIONS, and what is no endpoint. What they
// answer is handle-api.ts's.

import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { EMPTY_BYTES } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_PARAMETERS_BYTES } from '../domain/limits.ts';
import type { ApiWriter } from './api-writer.ts';
import type { HandleAdmin } from './handle-admin.ts';
import { registerHandleAdmin } from './handle-admin-routes.ts';
import { type HandleApi, isHandlesPath, spelledIn } from './handle-api.ts';
import { type ApiReply, errorReply } from './handle-api-reply.ts';
import { type HandleSessionRoutes, registerHandleSessions } from './handle-session-routes.ts';
import { queryOf } from './percent-decoding.ts';
import { parseJsonBody } from './request-json.ts';

const METHODS = 'GET, HEAD, POST, PUT, DELETE, OPTIONS';
/** Written to in a scope of its own, which reads bodies otherwise. */
const WRITING = ['PUT', 'DELETE'] as const;

export function isHandleApiPath(url: string): boolean {
  return /^\/api(?:[/?]|$)/.test(url);
}

export interface HandleApiParts {
  readonly api: HandleApi;
  readonly admin: HandleAdmin;
  readonly writer: ApiWriter;
  readonly sessions: Omit<HandleSessionRoutes, 'api' | 'send'>;
}

export function registerHandleApi(app: FastifyInstance, { api, admin, writer, sessions }: HandleApiParts): void {
  const send = (request: FastifyRequest, reply: FastifyReply, what: ApiReply): void => {
    reply.hijack();
    writer.write(request.raw, reply.raw, { ...what, headers: [...what.headers, 'X-Request-Id', request.id] });
  };
  registerHandleAdmin(app, { api, admin, send });
  registerHandleSessions(app, { ...sessions, api, send });

  app.register(async (scope) => {
    acceptParameters(scope);
    scope.addHook('onRequest', (request, reply, done) => {
      const refusal = isHandlesPath(request.url) ? methodReply(request.method) : null;
      if (refusal === null) done();
      else send(request, reply, refusal);
    });
    scope.setErrorHandler((error, request, reply) => send(request, reply, api.failure(request, error, null)));
    for (const path of ['/api/handles', '/api/handles/*']) {
      const methods = scope.supportedMethods.filter((method) => !WRITING.some((one) => one === method));
      scope.route({
        method: methods as HTTPMethods[],
        url: path,
        handler: async (request, reply) => {
          const spelled = spelledIn(request.url);
          const parameters = parametersOf(request);
          const prefix = spelled === '' ? parameters.get('prefix') : null;
          const answer =
            prefix === null ? api.reply(request, spelled, parameters) : admin.list(request, prefix, parameters);
          send(request, reply, await answer);
        },
      });
    }
    for (const path of ['/api', '/api/*']) {
      scope.all(path, async (request, reply) => send(request, reply, unknownEndpoint(request)));
    }
  });
}

/** The answer to a path that the framework could not route. */
export function answerUnroutable(api: HandleApi, writer: ApiWriter) {
  return (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    writer.write(request.raw, reply.raw, api.failure(request, error, null));
  };
}

/** Null for the methods that resolve. */
function methodReply(method: string): ApiReply | null {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'POST':
      return null;
    case 'OPTIONS':
      return { status: 200, headers: ['Allow', METHODS, 'Content-Length', '0'], body: EMPTY_BYTES };
    default:
      return refused(`Unknown method ${method}`);
  }
}

function refused(message: string): ApiReply {
  return errorReply(new HandleError('UNSUPPORTED_METHOD', message), null);
}

function unknownEndpoint(request: FastifyRequest): ApiReply {
  const path = request.url.split('?')[0] ?? '';
  const error = new HandleError('INVALID_REQUEST', `Unknown HTTP API endpoint ${request.method} ${path}`);
  return { ...errorReply(error, null), status: 404 };
}

/** POST carries the parameters of a GET: as a form, or as a JSON object. */
function acceptParameters(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  const bodyLimit = Math.min(scope.initialConfig.bodyLimit ?? MAX_PARAMETERS_BYTES, MAX_PARAMETERS_BYTES);
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit },
    (_request, body, done) => {
      done(null, new URLSearchParams(String(body)));
    },
  );
  scope.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => {
    try {
      done(null, parametersFromJson(parseJsonBody(body as Buffer)));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parametersFromJson(input: unknown): URLSearchParams {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new HandleError('INVALID_REQUEST', 'Send the parameters as a JSON object, such as {"type":["URL"]}.');
  }
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(input)) {
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
  }
  return parameters;
}

function parametersOf(request: FastifyRequest): URLSearchParams {
  const parameters = queryOf(request.url);
  if (request.body instanceof URLSearchParams) for (const [name, value] of request.body) parameters.append(name, value);
  return parameters;
}
