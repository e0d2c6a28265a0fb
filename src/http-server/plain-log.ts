// The log of plain resolutions, which are too many for a line each: one of so many, and every defect.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HandleError } from '../domain/error.ts';
import type { ClientAddress } from './client-network.ts';
import type { HttpServerOptions } from './http-server.ts';

export interface PlainLog {
  /** To be called as a request comes; null if none is wanted. */
  readonly sample: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  readonly onDefect: (error: HandleError) => void;
}

const ROUTE = { method: 'GET', route: '/api/handles/*' } as const;

export function createPlainLog(
  options: Pick<HttpServerOptions, 'log' | 'newRequestId' | 'resolutionSample'>,
  addressOf: ClientAddress,
): PlainLog {
  const { log, newRequestId, resolutionSample = 0 } = options;
  let skipped = 0;
  const sample = (request: IncomingMessage, response: ServerResponse): void => {
    if (++skipped < resolutionSample) return;
    skipped = 0;
    const startedAt = performance.now();
    const client = addressOf(request); // a closed connection has none
    response.once('close', () => {
      const durationMs = performance.now() - startedAt;
      log({ ...ROUTE, requestId: newRequestId(), client, status: response.statusCode, durationMs, sampled: true });
    });
  };
  return {
    sample: resolutionSample === 0 ? null : sample,
    onDefect(error) {
      const { code, cause } = error;
      log({ ...ROUTE, requestId: newRequestId(), client: '', status: 500, durationMs: 0, code, cause });
    },
  };
}
