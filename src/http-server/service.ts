// For those who run the node: `/healthz` (the thread lives), `/readyz` (it should get traffic), `/metrics`.

import type { FastifyInstance } from 'fastify';

export interface ServiceOptions {
  readonly readiness: () => { readonly ready: boolean; readonly reasons: readonly string[] };
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
      const { ready, reasons } = options.readiness();
      reply.code(ready ? 200 : 503).header('Cache-Control', 'no-store');
      return { status: ready ? 'ready' : 'not ready', reasons };
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
