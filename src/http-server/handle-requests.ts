// Who asks the Handle API, and how it is told to say so: keys everywhere, HTTP Basic only where nobody can listen, as the
// reference server has it.

import type { IncomingMessage } from 'node:http';
import { EMPTY_BYTES } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import type { AuthenticationGuard } from '../registry/authentication-guard.ts';
import type { HandleAuthenticator } from '../registry/handle-authentication.ts';
import type { Requester } from '../registry/handle-requester.ts';
import type { RequestAuthentication } from './authentication.ts';
import { basicCredentialOf } from './basic-credentials.ts';
import type { SecureCheck } from './client-network.ts';
import type { ApiReply } from './handle-api-reply.ts';

export interface HandleRequestersOptions {
  readonly authentication: RequestAuthentication;
  readonly handleAuthenticator: HandleAuthenticator;
  readonly guard: AuthenticationGuard<IncomingMessage>;
  readonly isSecure: SecureCheck;
}

const CHALLENGE = 'Basic realm="handle"';
const FAILED = `${CHALLENGE}, error="Authentication failed"`;

export class HandleRequesters {
  readonly #options: HandleRequestersOptions;

  constructor(options: HandleRequestersOptions) {
    this.#options = options;
  }

  /** Null if the request shows nothing; throws `UNAUTHENTICATED` or `RATE_LIMITED` if it shows what opens nothing. */
  async requesterOf(request: IncomingMessage): Promise<Requester | null> {
    const { authentication, handleAuthenticator, guard } = this.#options;
    const principal = await authentication.principalOf(request);
    if (principal !== null) return { kind: 'key', principal };
    const credential = this.#credentialOf(request);
    if (credential === null) return null;
    const identity =
      handleAuthenticator.remembered(credential) ??
      (await guard.check(request, 'basic', () => handleAuthenticator.verify(credential)));
    return { kind: 'handle', identity };
  }

  /** As `requesterOf`; throws `UNAUTHENTICATED` if the request shows nothing. */
  async knownRequesterOf(request: IncomingMessage): Promise<Requester> {
    const requester = await this.requesterOf(request);
    if (requester !== null) return requester;
    throw new HandleError('UNAUTHENTICATED', 'This needs a key, or over TLS the user and secret of an administrator.');
  }

  /** On encrypted connections a refusal for want of credentials asks for them (401), on others it cannot (403). */
  challenged(request: IncomingMessage, reply: ApiReply): ApiReply {
    if (!this.#options.isSecure(request)) return reply;
    const hasFailed = this.#credentialOf(request) !== null;
    const body = hasFailed ? EMPTY_BYTES : reply.body;
    const headers = hasFailed ? ['Cache-Control', 'no-store', 'Content-Length', '0'] : [...reply.headers];
    // A browser would ask its user for a name and a password in the middle of a script.
    const isScript = request.headers['x-requested-with'] === 'XMLHttpRequest';
    if (!isScript) headers.push('WWW-Authenticate', hasFailed ? FAILED : CHALLENGE);
    return { status: 401, headers, body };
  }

  #credentialOf(request: IncomingMessage): ReturnType<typeof basicCredentialOf> {
    const credential = basicCredentialOf(request.headers.authorization);
    return credential !== null && this.#options.isSecure(request) ? credential : null;
  }
}
