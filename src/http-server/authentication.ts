// Who asks: the bearer token of a request turned into its principal, before any body is read.

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HandleError } from '../domain/error.ts';
import type { Principal } from '../domain/principal.ts';
import type { Actor } from '../registry/registration.ts';
import type { Authenticator } from '../registry/registry.ts';
import type { AuthenticationGuard } from './authentication-guard.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until authenticated. */
    principal: Principal | null;
  }
}

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1); null if it is no such header. */
function bearerTokenOf(header: string | undefined): string | null {
  return header === undefined ? null : (BEARER.exec(header)?.[1] ?? null);
}

/** Who sends a request, with the guessing of keys bounded. */
export class RequestAuthentication {
  readonly #authenticator: Authenticator;
  readonly #guard: AuthenticationGuard;

  constructor(authenticator: Authenticator, guard: AuthenticationGuard) {
    this.#authenticator = authenticator;
    this.#guard = guard;
  }

  /** Null if the request shows no key; throws `UNAUTHENTICATED` or `RATE_LIMITED` if it shows one that opens nothing. */
  principalOf(request: IncomingMessage): Principal | Promise<Principal> | null {
    const token = bearerTokenOf(request.headers.authorization);
    if (token === null) return null;
    return this.#guard.check(request, 'bearer', () => this.#authenticator.authenticate(token));
  }
}

/** Every route of the scope needs a key. */
export function requireKey(scope: FastifyInstance, authentication: RequestAuthentication): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    try {
      const principal = authentication.principalOf(request.raw);
      if (principal === null) {
        done(new HandleError('UNAUTHENTICATED', 'Send your key: "Authorization: Bearer jb_…".'));
        return;
      }
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
