// Who asks: the bearer token or client certificate of a request turned into its principal, before any body is read.

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HandleError, isHandleError } from '../domain/error.ts';
import type { AuthenticationScheme } from '../domain/observer.ts';
import type { Principal } from '../domain/principal.ts';
import type { AuthenticationGuard } from '../registry/authentication-guard.ts';
import type { Actor } from '../registry/registration.ts';
import type { Authenticator } from '../registry/registry.ts';
import { certificateObjectionOf, certificateSubjectOf } from './client-certificate.ts';

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
  readonly #guard: AuthenticationGuard<IncomingMessage>;

  constructor(authenticator: Authenticator, guard: AuthenticationGuard<IncomingMessage>) {
    this.#authenticator = authenticator;
    this.#guard = guard;
  }

  /**
   * Null if the request shows nothing. Throws `UNAUTHENTICATED` or `RATE_LIMITED` if it shows a key that opens nothing. A
   * certificate belongs to the connection rather than to what is asked: if it is nobody's, the request is anyone's.
   */
  principalOf(request: IncomingMessage): Principal | Promise<Principal | null> | null {
    const byKey = this.#byKey(request);
    if (byKey !== null) return byKey;
    const subject = certificateSubjectOf(request);
    if (subject === null) return null;
    try {
      const principal = this.#authenticator.authenticateCertificate(subject);
      return principal instanceof Promise ? principal.catch(nobody) : principal;
    } catch (error) {
      return nobody(error);
    }
  }

  /** The principal of a request that cannot do without. */
  require(request: IncomingMessage): Principal | Promise<Principal> {
    const byKey = this.#byKey(request);
    if (byKey !== null) return byKey;
    const subject = certificateSubjectOf(request);
    if (subject !== null) {
      return this.#guard.check(request, 'certificate', () => this.#authenticator.authenticateCertificate(subject));
    }
    const objection = certificateObjectionOf(request);
    const hint = objection === null ? '' : ` The client certificate does not count (${objection}).`;
    throw new HandleError('UNAUTHENTICATED', `Send your key: "Authorization: Bearer jb_…".${hint}`);
  }

  #byKey(request: IncomingMessage): Principal | Promise<Principal> | null {
    const token = bearerTokenOf(request.headers.authorization);
    if (token === null) return null;
    return this.#guard.check(request, 'bearer', () => this.#authenticator.authenticate(token));
  }
}

function nobody(error: unknown): null {
  if (isHandleError(error, 'UNAUTHENTICATED')) return null;
  throw error;
}

/** By what a request that has a principal showed who it is. */
export function schemeOf({ headers }: IncomingMessage): AuthenticationScheme {
  return bearerTokenOf(headers.authorization) === null ? 'certificate' : 'bearer';
}

/** Every route of the scope needs a key. */
export function requireKey(scope: FastifyInstance, authentication: RequestAuthentication): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    try {
      const principal = authentication.require(request.raw);
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
