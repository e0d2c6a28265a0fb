// Who asks: the bearer token of a request turned into its principal, before any body is read.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { Principal } from '../domain/principal.ts';
import type { Actor } from '../registry/registration.ts';
import type { Authenticator } from '../registry/registry.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until authenticated. */
    principal: Principal | null;
  }
}

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1); null if it is no such header. */
export function bearerTokenOf(header: string | undefined): string | null {
  return header === undefined ? null : (BEARER.exec(header)?.[1] ?? null);
}

/** Every route of the scope needs a key. */
export function requireKey(scope: FastifyInstance, authenticator: Authenticator): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const token = bearerTokenOf(request.headers.authorization);
    if (token === null) {
      done(new HandleError('UNAUTHENTICATED', 'Send your key: "Authorization: Bearer jb_…".'));
      return;
    }
    try {
      const principal = authenticator.authenticate(token);
      if (!(principal instanceof Promise)) {
        request.principal = principal;
        done();
        return;
      }
      principal.then(
        (found) => {
          request.principal = found;
          done();
        },
        (error) => done(error),
      );
    } catch (error) {
      done(error as Error);
    }
  });
}

/** The actor of an authenticated request. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.principal === null) throw new HandleError('UNAUTHENTICATED', 'This request needs a key.');
  return { principal: request.principal, requestId: request.id };
}
