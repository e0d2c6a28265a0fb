// Who asks the Handle API, and how it is told to say so: keys everywhere; HTTP Basic, sessions and certificates only where
// nobody can listen, as the reference server has it.

import type { IncomingMessage } from 'node:http';
import { EMPTY_BYTES } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import type { AuthenticationGuard } from '../registry/authentication-guard.ts';
import type { HandleAuthenticator } from '../registry/handle-authentication.ts';
import type { HandleIdentity } from '../registry/handle-authority.ts';
import type { Requester } from '../registry/handle-requester.ts';
import type { RequestAuthentication } from './authentication.ts';
import { basicCredentialOf } from './basic-credentials.ts';
import type { SecureCheck } from './client-network.ts';
import type { ApiReply } from './handle-api-reply.ts';
import type { HandleLogins } from './handle-logins.ts';
import { type ShownProof, shownInHeader } from './handle-proof-input.ts';

export interface HandleRequestersOptions {
  readonly authentication: RequestAuthentication;
  readonly handleAuthenticator: HandleAuthenticator;
  readonly logins: HandleLogins;
  readonly guard: AuthenticationGuard<IncomingMessage>;
  readonly isSecure: SecureCheck;
}

const BASIC = 'Basic realm="handle"';
const ERROR = 'error="Authentication failed"';

export class HandleRequesters {
  readonly #options: HandleRequestersOptions;

  constructor(options: HandleRequestersOptions) {
    this.#options = options;
  }

  /** Null if the request shows nothing; throws `UNAUTHENTICATED` or `RATE_LIMITED` if it shows what opens nothing. */
  async requesterOf(request: IncomingMessage): Promise<Requester | null> {
    const principal = await this.#options.authentication.principalOf(request);
    if (principal !== null) return { kind: 'key', principal };
    const shown = this.#shownIn(request);
    const identity =
      shown === null ? await this.basicIdentityOf(request) : await this.#options.logins.identityOf(request, shown);
    return identity === null ? null : { kind: 'handle', identity };
  }

  /** Null if the request has no HTTP Basic that counts; throws `UNAUTHENTICATED` or `RATE_LIMITED` for what opens nothing. */
  async basicIdentityOf(request: IncomingMessage): Promise<HandleIdentity | null> {
    const { handleAuthenticator, guard } = this.#options;
    const credential = this.#credentialOf(request);
    if (credential === null) return null;
    return (
      handleAuthenticator.remembered(credential) ??
      (await guard.check(request, 'basic', () => handleAuthenticator.verify(credential)))
    );
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
    const shown = this.#shownIn(request);
    const hasFailedBasic = this.#credentialOf(request) !== null;
    const isEmpty = hasFailedBasic || shown !== null;
    const headers = isEmpty ? ['Cache-Control', 'no-store', 'Content-Length', '0'] : [...reply.headers];
    const challenge = this.#challengeOf(request, shown, hasFailedBasic);
    return {
      status: 401,
      headers: [...headers, 'WWW-Authenticate', challenge],
      body: isEmpty ? EMPTY_BYTES : reply.body,
    };
  }

  #challengeOf(request: IncomingMessage, shown: ShownProof | null, hasFailedBasic: boolean): string {
    const { logins } = this.#options;
    // A browser would ask its user for a name and a password in the middle of a script.
    const isScript = request.headers['x-requested-with'] === 'XMLHttpRequest';
    if (hasFailedBasic && !isScript) return `${BASIC}, ${ERROR}`;
    const session = logins.challengeOf(request);
    if (shown === null && !isScript) return `${BASIC}, ${session}`;
    return shown?.signature === undefined ? session : `${session}, ${ERROR}`;
  }

  #credentialOf(request: IncomingMessage): ReturnType<typeof basicCredentialOf> {
    const credential = basicCredentialOf(request.headers.authorization);
    return credential !== null && this.#options.isSecure(request) ? credential : null;
  }

  #shownIn(request: IncomingMessage): ShownProof | null {
    const shown = shownInHeader(request.headers.authorization);
    return shown !== null && this.#options.isSecure(request) ? shown : null;
  }
}
