// How clients of the Handle API show who they are by `Authorization: Handle …`: a session whose nonce they have signed, or a
// client certificate. Guessing is bounded; what is right is for the registry to say.

import type { IncomingMessage } from 'node:http';
import { HandleError, isHandleError } from '../domain/error.ts';
import type { AuthenticationGuard } from '../registry/authentication-guard.ts';
import type { HandleIdentity } from '../registry/handle-authority.ts';
import type { HandleCertificates } from '../registry/handle-certificates.ts';
import type { HandleProofs } from '../registry/handle-proofs.ts';
import { joinBytes } from '../wire/byte-writer.ts';
import { ownCertificateOf } from './client-certificate.ts';
import { isYes } from './handle-api-query.ts';
import { identityIn, proofAnswerIn, type ShownProof } from './handle-proof-input.ts';
import type { ApiSession, ApiSessions } from './handle-sessions.ts';

export interface HandleLoginsOptions {
  readonly sessions: ApiSessions;
  readonly handleProofs: HandleProofs;
  readonly handleCertificates: HandleCertificates;
  readonly guard: AuthenticationGuard<IncomingMessage>;
  readonly networkOf: (request: IncomingMessage) => string;
  readonly clock: () => number;
}

export class HandleLogins {
  readonly #options: HandleLoginsOptions;
  /** The session that a request has named, for a refusal to name it again. */
  readonly #named = new WeakMap<IncomingMessage, ApiSession>();

  constructor(options: HandleLoginsOptions) {
    this.#options = options;
  }

  /**
   * Null if the request names a session that is nobody's yet. Throws `UNAUTHENTICATED` or `RATE_LIMITED` for what opens
   * nothing.
   */
  async identityOf(request: IncomingMessage, shown: ShownProof): Promise<HandleIdentity | null> {
    if (isYes(shown.clientCert ?? null)) return this.#byCertificate(request);
    const session = await this.#options.sessions.find(shown.sessionId ?? '');
    if (session === null) throw new HandleError('UNAUTHENTICATED', 'There is no such session any more: begin another.');
    this.#named.set(request, session);
    if (shown.signature === undefined) return this.ownerOf(session);
    return this.ownerOf(await this.login(request, session, shown));
  }

  /** Whose a session is, as long as that stands; null if it is nobody's. */
  ownerOf({ proven }: ApiSession): HandleIdentity | null {
    if (proven === null) return null;
    return this.#options.handleProofs.standsSince(proven.identity, proven.moment) ? proven.identity : null;
  }

  /** The session, which belongs to whoever has signed its nonce. Throws `UNAUTHENTICATED` or `RATE_LIMITED`. */
  async login(request: IncomingMessage, session: ApiSession, shown: ShownProof): Promise<ApiSession> {
    this.#named.set(request, session);
    const moment = this.#options.handleProofs.moment();
    const identity = await this.#options.guard.check(request, 'challenge', () => this.#verify(session.nonce, shown));
    return this.adopt(session, identity, moment);
  }

  /** Gives a session to who has shown otherwise, after `moment`, to be that. Throws `UNAUTHENTICATED` if it has ended. */
  async adopt(session: ApiSession, identity: HandleIdentity, moment: number): Promise<ApiSession> {
    const owned = await this.#options.sessions.prove(session.sessionId, { identity, moment });
    if (owned !== null) return owned;
    throw new HandleError('UNAUTHENTICATED', 'The session has ended: begin another.');
  }

  /** Whether a nonce of another server is signed. Throws as `login` does. */
  async verifyForOthers(request: IncomingMessage, nonce: ApiSession['nonce'], shown: ShownProof): Promise<void> {
    await this.#options.guard.checkForOthers(request, () => this.#verify(nonce, shown));
  }

  /** Who has signed a nonce. Throws `UNAUTHENTICATED` in the same words whatever is wrong. */
  async #verify(nonce: ApiSession['nonce'], shown: ShownProof): Promise<HandleIdentity> {
    const { handleProofs } = this.#options;
    const given = proofAnswerIn(shown);
    if (given === null) throw unreadable();
    const { clientNonce, ...proof } = given;
    try {
      const challenge = joinBytes(nonce, clientNonce);
      return (await handleProofs.verify({ ...proof, challenge, isBare: false, isVouched: true })).identity;
    } catch (cause) {
      // What is no handle of this node has not signed anything here, and an answer of no form is none.
      if (isHandleError(cause, 'FORBIDDEN') || isHandleError(cause, 'MALFORMED_MESSAGE')) throw unreadable(cause);
      throw cause;
    }
  }

  /** The challenge of a refusal: the session that was named, or one that begins with it. */
  challengeOf(request: IncomingMessage): string {
    const session = this.#named.get(request) ?? this.#options.sessions.begin(this.#options.networkOf(request));
    const nonce = Buffer.from(session.nonce, 'latin1').toString('base64');
    return `Handle sessionId="${session.sessionId}", nonce="${nonce}"`;
  }

  async #byCertificate(request: IncomingMessage): Promise<HandleIdentity> {
    const { guard, handleCertificates, clock } = this.#options;
    const shown = ownCertificateOf(request, clock());
    const named = shown === null ? null : identityIn(shown.name);
    if (shown === null || named === null) {
      throw new HandleError(
        'UNAUTHENTICATED',
        'The connection shows no client certificate in force whose UID or CN is index:handle.',
      );
    }
    return guard.check(request, 'certificate', () => handleCertificates.verify(named, shown.publicKey));
  }
}

function unreadable(cause?: unknown): HandleError {
  return new HandleError('UNAUTHENTICATED', 'The nonce is not signed with the key of that value.', { cause });
}
