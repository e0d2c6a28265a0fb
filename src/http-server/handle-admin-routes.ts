// The routes by which the Handle API is written to, and those of the prefixes it is home to. What they answer is
// handle-admin.ts's.

import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { EMPTY_BYTES } from '../domain/bytes.ts';
import { MAX_ROW_BYTES } from '../domain/limits.ts';
import type { HandleAdmin } from './handle-admin.ts';
import { type HandleApi, spelledIn } from './handle-api.ts';
import type { ApiReply } from './handle-api-reply.ts';
import { pathText } from './percent-decoding.ts';

const PREFIXES = '/api/prefixes';

export interface HandleAdminRoutes {
  readonly api: HandleApi;
  readonly admin: HandleAdmin;
  readonly send: (request: FastifyRequest, reply: FastifyReply, what: ApiReply) => void;
}

export function registerHandleAdmin(app: FastifyInstance, routes: HandleAdminRoutes): void {
  const { api, send } = routes;
  app.decorateRequest('requester', null);
  app.register(async (scope) => {
    // Bodies of any type are taken as they are: what is wrong with one is told in the reference server's words.
    scope.removeAllContentTypeParsers();
    const bodyLimit = Math.min(scope.initialConfig.bodyLimit ?? MAX_ROW_BYTES, MAX_ROW_BYTES);
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => send(request, reply, api.failure(request, error, null)));
    registerRecordRoutes(scope, routes);
    registerPrefixRoutes(scope, routes);
  });
}

function registerRecordRoutes(scope: FastifyInstance, { admin, send }: HandleAdminRoutes): void {
  for (const url of ['/api/handles', '/api/handles/*']) {
    scope.route({
      method: ['PUT', 'DELETE'],
      url,
      onRequest: async (request, reply) => {
        const refusal = await admin.refusal(request, spelledIn(request.url));
        if (refusal === null) return;
        send(request, reply, refusal);
      },
      handler: async (request, reply) => {
        const spelled = spelledIn(request.url);
        send(
          request,
          reply,
          await (request.method === 'PUT' ? admin.put(request, spelled) : admin.delete(request, spelled)),
        );
      },
    });
  }
}

function registerPrefixRoutes(scope: FastifyInstance, { admin, send }: HandleAdminRoutes): void {
  const offer = (
    url: string,
    methods: readonly HTTPMethods[],
    answer: (request: FastifyRequest) => Promise<ApiReply>,
  ): void => {
    const allow = [...methods, 'OPTIONS'].join(', ');
    const others = scope.supportedMethods.filter((method) => !methods.some((one) => one === method));
    scope.route({
      method: [...methods],
      url,
      handler: async (request, reply) => send(request, reply, await answer(request)),
    });
    scope.route({
      method: others as HTTPMethods[],
      url,
      handler: async (request, reply) => {
        const status = request.method === 'OPTIONS' ? 200 : 405;
        send(request, reply, { status, headers: ['Allow', allow, 'Content-Length', '0'], body: EMPTY_BYTES });
      },
    });
  };
  offer(PREFIXES, ['GET', 'HEAD', 'POST'], (request) => admin.prefixes(request));
  offer(`${PREFIXES}/*`, ['POST', 'DELETE'], (request) => {
    const prefix = pathText(request.url, PREFIXES.length + 1);
    return request.method === 'POST' ? admin.home(request, prefix) : admin.unhome(request, prefix);
  });
}
