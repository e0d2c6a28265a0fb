// A client's promise that a repeat is the same request: the `Idempotency-Key` header, bound to the bytes of the body. The
// registry judges the key.

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { IdempotencyClaim } from '../registry/registration.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came, if it has to be compared; else null. */
    rawBody: Buffer | null;
  }
}

const NO_BODY = Buffer.alloc(0);

export function hasIdempotencyKey(request: FastifyRequest): boolean {
  return request.headers['idempotency-key'] !== undefined;
}

/** Null without the header. */
export function idempotencyClaimOf(request: FastifyRequest): IdempotencyClaim | null {
  const clientKey = request.headers['idempotency-key'];
  if (clientKey === undefined) return null;
  const body = request.rawBody ?? NO_BODY;
  return {
    clientKey: String(clientKey),
    method: request.method,
    path: request.url,
    bodyHash: createHash('sha256').update(body).digest('hex'),
  };
}
