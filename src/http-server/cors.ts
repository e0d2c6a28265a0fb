// Cross-origin answers, as the reference Handle server gives them: the origin reflected, never credentials.
//
// Written here rather than taken from @fastify/cors: the hot route answers before the framework's hooks, so a plugin
// would have to be doubled there, and hijacked replies drop the headers it sets.

import type { IncomingMessage } from 'node:http';

/** Origins that may read answers: all, or exactly these. */
export type CorsOrigins = '*' | readonly string[];

export function allowsOrigin(origins: CorsOrigins, origin: string): boolean {
  return origins === '*' || origins.includes(origin);
}

/** The headers with those a browser of another origin needs; `Vary` names the origin first. */
export function withCors(headers: readonly string[], origin: string, exposed: string): string[] {
  const result: string[] = ['Access-Control-Allow-Origin', origin];
  let varies = false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (name === 'Vary') varies = true;
    result.push(name, name === 'Vary' ? `Origin, ${value}` : value);
  }
  if (!varies) result.push('Vary', 'Origin');
  result.push('Access-Control-Expose-Headers', exposed);
  return result;
}

/** What the reference server exposes and allows; and what the rest of our surface needs. */
export const HANDLE_API_EXPOSED = 'Content-Length';
export const V1_EXPOSED = 'Content-Length, ETag, Retry-After, X-Request-Id';

export function isPreflight(request: IncomingMessage): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.headers.origin !== undefined &&
    request.headers['access-control-request-method'] !== undefined
  );
}

export function preflightHeaders(origin: string, path: string): Record<string, string> {
  const ofHandleApi = path.startsWith('/api');
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Max-Age': '86400',
    'Access-Control-Allow-Methods': ofHandleApi ? 'GET,POST,HEAD,PUT,DELETE' : 'GET,POST,HEAD,PUT,PATCH,DELETE',
    'Access-Control-Allow-Headers': ofHandleApi
      ? 'X-Requested-With,Authorization,Origin,Accept,Content-Type'
      : 'Authorization,Accept,Content-Type,If-Match,If-None-Match,Idempotency-Key,X-Request-Id',
  };
}
