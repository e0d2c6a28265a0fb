// The log of plain resolutions, which are too many for a line each: one of so many, and every defect.

import type { ServerResponse } from 'node:http';
import type { HandleError } from '../domain/error.ts';
import type { HttpServerOptions } from './http-server.ts';

export interface PlainLog {
  /** To be called as a request comes; null if none is wanted. */
  readonly sample: ((response: ServerResponse) => void) | null;
  readonly onDefect: (error: HandleError) => void;
}

const ROUTE = { method: 'GET', route: '/api/handles/*' } as const;

export function createPlainLog(
  options: Pick<HttpServerOptions, 'log' | 'newRequestId' | 'resolutionSample'>,
): PlainLog {
  const { log, newRequestId, resolutionSample = 0 } = options;
  let skipped = 0;
  const sample = (response: ServerResponse): void => {
    if (++skipped < resolutionSample) return;
    skipped = 0;
    const startedAt = performance.now();
    response.once('close', () => {
      const durationMs = performance.now() - startedAt;
      log({ ...ROUTE, requestId: newRequestId(), status: response.statusCode, durationMs, sampled: true });
    });
  };
  return {
    sample: resolutionSample === 0 ? null : sample,
    onDefect(error) {
      const { code, cause } = error;
      log({ ...ROUTE, requestId: newRequestId(), status: 500, durationMs: 0, code, cause });
    },
  };
}
