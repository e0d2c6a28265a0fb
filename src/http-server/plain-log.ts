// The log of plain resolutions, which are too many for a line each: those of a sample, those that are kept, every defect.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HandleError } from '../domain/error.ts';
import { createSample } from '../logbook/resolution-sample.ts';
import type { Caller, ClientAddress } from './client-network.ts';
import type { HttpServerOptions } from './http-server.ts';
import { pathOf, sanitizedRequestId } from './request-hooks.ts';

export interface PlainLog {
  /** To be called as a request comes; null if none is wanted. */
  readonly sample: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** As `sample`, without node:http: null for a request that is not logged, else to be told the status of its answer. */
  readonly sampleBare: ((url: string, caller: Caller) => ((status: number) => void) | null) | null;
  readonly onDefect: (error: HandleError) => void;
}

const ROUTE = { method: 'GET', route: '/api/handles/*' } as const;

export function createPlainLog(
  options: Pick<HttpServerOptions, 'log' | 'newRequestId' | 'resolutionSample' | 'keepsResolution'>,
  addressOf: ClientAddress,
): PlainLog {
  const { log, newRequestId } = options;
  const next = createSample(options);
  const sample = (request: IncomingMessage, response: ServerResponse): void => {
    const plain = next?.() ?? null;
    if (plain === null) return;
    const startedAt = performance.now();
    const client = addressOf(request); // a closed connection has none
    response.once('close', () => {
      const durationMs = performance.now() - startedAt;
      const requestId = sanitizedRequestId(request.headers['x-request-id']) ?? newRequestId();
      const path = pathOf(request.url);
      log({ ...ROUTE, requestId, path, client, status: response.statusCode, durationMs, plain });
    });
  };
  const sampleBare = (url: string, caller: Caller): ((status: number) => void) | null => {
    const plain = next?.() ?? null;
    if (plain === null) return null;
    const startedAt = performance.now();
    const client = addressOf(caller);
    return (status) => {
      const durationMs = performance.now() - startedAt;
      log({ ...ROUTE, requestId: newRequestId(), path: pathOf(url), client, status, durationMs, plain });
    };
  };
  return {
    sample: next === null ? null : sample,
    sampleBare: next === null ? null : sampleBare,
    onDefect(error) {
      const { code, cause } = error;
      log({ ...ROUTE, requestId: newRequestId(), path: '', client: '', status: 500, durationMs: 0, code, cause });
    },
  };
}
