// Metrics and probes on a port of their own, in the main thread: for nodes whose door is open to the world.

import { createServer, type ServerResponse } from 'node:http';
import { HandleError } from '../domain/error.ts';
import { type Readiness, readinessReply } from '../http-server/service.ts';

import type { Address } from './worker-messages.ts';

export interface MetricsListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: () => Promise<string>;
  readonly readiness: () => Readiness;
}

export interface MetricsListener {
  readonly address: Address;
  close(): Promise<void>;
}

/** Idle connections of a scraper; it comes again in 15 s or so. */
const KEEP_ALIVE_TIMEOUT_MS = 30_000;

export async function startMetricsListener(options: MetricsListenerOptions): Promise<MetricsListener> {
  const { host, port } = options;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS }, (request, response) => {
    answer(request.url ?? '', options).then(
      ([status, type, body]) => send(response, status, type, body),
      (error: unknown) => send(response, 500, 'text/plain', `${String(error)}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `Cannot listen on ${host} port ${port} for metrics: ${cause.message}. Choose another http.metricsPort.`;
      reject(new HandleError('INVALID_CONFIG', message, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
  const bound = server.address();
  return {
    address: { host, port: typeof bound === 'object' && bound !== null ? bound.port : port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Reply = readonly [status: number, type: string, body: string];

async function answer(url: string, { metrics, readiness }: MetricsListenerOptions): Promise<Reply> {
  switch (url.replace(/\?.*/, '')) {
    case '/metrics':
      return [200, 'text/plain; version=0.0.4; charset=utf-8', await metrics()];
    case '/healthz':
      return [200, 'application/json', '{"status":"ok"}'];
    case '/readyz': {
      const { code, body } = readinessReply(readiness());
      return [code, 'application/json', JSON.stringify(body)];
    }
    default:
      return [404, 'text/plain', 'Only /metrics, /healthz and /readyz are here.\n'];
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
