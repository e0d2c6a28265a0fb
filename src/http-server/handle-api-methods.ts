// One path of the Handle API with the methods it offers; the others are told which those are, as the reference server does.

import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { EMPTY_BYTES } from '../domain/bytes.ts';
import type { ApiReply } from './handle-api-reply.ts';

export type SendReply = (request: FastifyRequest, reply: FastifyReply, what: ApiReply) => void;

export interface OfferedPath {
  readonly url: string;
  readonly methods: readonly HTTPMethods[];
  readonly answer: (request: FastifyRequest) => ApiReply | Promise<ApiReply>;
}

export function offerPath(scope: FastifyInstance, send: SendReply, { url, methods, answer }: OfferedPath): void {
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
}

/** Bodies of any type are taken as they are: what is wrong with one is told in the reference server's words. */
export function acceptAnyBody(scope: FastifyInstance, maxBytes: number): void {
  scope.removeAllContentTypeParsers();
  const bodyLimit = Math.min(scope.initialConfig.bodyLimit ?? maxBytes, maxBytes);
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
}

/** The body of a request, empty if it has none. */
export function bodyOf({ body }: FastifyRequest): Buffer {
  return body instanceof Buffer ? body : Buffer.alloc(0);
}
