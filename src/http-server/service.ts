// For those who run the node: `/healthz` (the thread lives), `/readyz` (it should get traffic), `/metrics`.

import type { FastifyInstance } from 'fastify';

export interface Readiness {
  /** `degraded`: it should get traffic, and something does not work. */
  readonly status: 'ready' | 'degraded' | 'not ready';
  /** Why it is not ready, or what does not work although it is. */
  readonly reasons: readonly string[];
}

/** What `/readyz` answers, wherever it is asked: 200 as long as the node should get traffic. */
export function readinessReply(readiness: Readiness): { readonly code: number; readonly body: Readiness } {
  return { code: readiness.status === 'not ready' ? 503 : 200, body: readiness };
}

export interface ServiceOptions {
  readonly readiness: () => Readiness;
  /** The Prometheus text. */
  readonly metrics: () => Promise<string>;
}

/** Answered however full the node is, so that it can be seen to be full. */
export function isServicePath(url: string): boolean {
  return url === '/healthz' || url === '/readyz' || url === '/metrics';
}

export function registerService(app: FastifyInstance, options: ServiceOptions): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/healthz',
    handler: async (_request, reply) => {
      reply.header('Cache-Control', 'no-store');
      return { status: 'ok' };
    },
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/readyz',
    handler: async (_request, reply) => {
      const { code, body } = readinessReply(options.readiness());
      reply.code(code).header('Cache-Control', 'no-store');
      return body;
    },
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/metrics',
    handler: async (_request, reply) => {
      reply.header('Cache-Control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8');
      return options.metrics();
    },
  });
}
