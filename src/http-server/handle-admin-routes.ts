// The routes by which the Handle API is written to, and those of the prefixes it is home to. What they answer is
// handle-admin.ts's.

import type { FastifyInstance } from 'fastify';
import { MAX_ROW_BYTES } from '../domain/limits.ts';
import type { HandleAdmin } from './handle-admin.ts';
import { type HandleApi, spelledIn } from './handle-api.ts';
import { acceptAnyBody, offerPath, type SendReply } from './handle-api-methods.ts';
import { pathText } from './percent-decoding.ts';

const PREFIXES = '/api/prefixes';

export interface HandleAdminRoutes {
  readonly api: HandleApi;
  readonly admin: HandleAdmin;
  readonly send: SendReply;
}

export function registerHandleAdmin(app: FastifyInstance, routes: HandleAdminRoutes): void {
  const { api, send } = routes;
  app.decorateRequest('requester', null);
  app.register(async (scope) => {
    acceptAnyBody(scope, MAX_ROW_BYTES);
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
  offerPath(scope, send, {
    url: PREFIXES,
    methods: ['GET', 'HEAD', 'POST'],
    answer: (request) => admin.prefixes(request),
  });
  offerPath(scope, send, {
    url: `${PREFIXES}/*`,
    methods: ['POST', 'DELETE'],
    answer: (request) => {
      const prefix = pathText(request.url, PREFIXES.length + 1);
      return request.method === 'POST' ? admin.home(request, prefix) : admin.unhome(request, prefix);
    },
  });
}
