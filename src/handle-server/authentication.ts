// How clients of the Handle protocol show who they are: challenges and their answers, sessions, and checking answers for other
// servers. Guessing of secrets is bounded for each network.

import { networkOf } from '../domain/client-network.ts';
import { HandleError, isHandleError } from '../domain/error.ts';
import { MAX_PRIME_BITS, MIN_PRIME_BITS } from '../domain/handle-protocol-limits.ts';
import type { AuthenticationGuard } from '../registry/authentication-guard.ts';
import type { HandleProofs, Proof, Proven } from '../registry/handle-proofs.ts';
import type { Requester } from '../registry/handle-requester.ts';
import { intBytes, joinBytes } from '../wire/byte-writer.ts';
import { type DiffieHellmanKey, decodeDiffieHellmanKey, encodeDiffieHellmanKey } from '../wire/diffie-hellman-key.ts';
import { type Envelope, suggestedVersion } from '../wire/envelope.ts';
import type { Decoded, RequestMessage } from '../wire/message.ts';
import { commonVersion, isAtLeast, RESPONSE } from '../wire/protocol.ts';
import type { VerifyChallengeRequest } from '../wire/request-body.ts';
import { SESSION_MODE, type SessionSetup } from '../wire/session-body.ts';
import type { Challenge, Challenges } from './challenges.ts';
import { refusal } from './failures.ts';
import { type Client, type Outcome, succeeded } from './outcome.ts';
import { digestOf } from './responses.ts';
import type { Session, Sessions } from './sessions.ts';

/** Whoever wants to be believed, as it is counted. */
export interface Claimant {
  readonly network: string;
  /** Whether it has been reached at its address: by datagrams anyone can name any. */
  readonly isVouched: boolean;
}

export interface AuthenticationOptions {
  readonly challenges: Challenges;
  readonly sessions: Sessions;
  readonly proofs: HandleProofs;
  readonly guard: AuthenticationGuard<Claimant>;
}

/** AES, as the reference server numbers it. */
const AES = intBytes(3);
const TRAILER = joinBytes(intBytes(0)).slice(0, 2) as typeof AES;

const REFUSED_MODES: ReadonlyMap<number, string> = new Map([
  [SESSION_MODE.clientCipher, 'Error performing client cipher key exchange.'],
  [SESSION_MODE.serverCipher, 'Error performing server cipher key exchange.'],
  [SESSION_MODE.handleCipher, 'Error performing hdl cipher key exchange.'],
]);

export class Authentication {
  readonly #options: AuthenticationOptions;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  session(id: number): Session | null {
    return this.#options.sessions.get(id);
  }

  /** The challenge that an answer belongs to, which can be answered once. */
  takeChallenge(id: number): Challenge | null {
    return this.#options.challenges.take(id);
  }

  /** Whoever has proven to be within the session, as long as the proof stands. */
  requesterIn({ proven }: Session): Requester | null {
    return proven?.stands() === true ? { kind: 'handle', identity: proven.identity } : null;
  }

  challenge(request: Decoded<RequestMessage>, client: Client, session: Session | null): Outcome {
    const { digest } = digestOf(request.content, commonVersion(suggestedVersion(request.envelope)));
    const where = { network: networkOf(client.address), sessionId: session?.id ?? 0 };
    const { id, nonce } = this.#options.challenges.add(request, digest, where);
    const challenged = succeeded({ kind: 'challenge', nonce });
    return { ...challenged, code: RESPONSE.authenticationNeeded, sessionId: id };
  }

  /** Who has answered; a session is theirs from then on. Throws `UNAUTHENTICATED`, `FORBIDDEN` or `RATE_LIMITED`. */
  async prove(
    answer: Decoded<RequestMessage>,
    given: { readonly challenge: Challenge; readonly session: Session | null; readonly client: Client },
  ): Promise<Requester> {
    const { challenge, session, client } = given;
    const { body, envelope } = answer;
    if (body.kind !== 'challenge-answer') throw new HandleError('INTERNAL', 'No answer was taken for one.');
    const { authType, identityHandle: handle, identityIndex: index } = body;
    if (session !== null && !isClaimed(session, { handle, index })) {
      throw new HandleError('UNAUTHENTICATED', 'The session was set up for somebody else.');
    }
    // Who answers a challenge has received it.
    const claimant = { network: networkOf(client.address), isVouched: true };
    const proven = await this.#verify(claimant, {
      authType,
      handle,
      index,
      challenge: joinBytes(challenge.nonce, challenge.digest),
      answer: body.answer,
      isBare: isBareIn(envelope),
    });
    if (session !== null) session.proven = proven;
    return { kind: 'handle', identity: proven.identity };
  }

  /** Whether an answer is right that another server was given. */
  async verifyFor(body: VerifyChallengeRequest, asked: Envelope, client: Client): Promise<Outcome> {
    const { handle, index, nonce, digest, answer } = body;
    const challenge = joinBytes(nonce, digest.digest);
    const authType = 'HS_SECKEY' as typeof answer;
    const claimant = claimantOf(client);
    const answered = { handle, index, challenge, answer, isBare: isBareIn(asked) };
    const { guard } = this.#options;
    try {
      await guard.checkForOthers(claimant, () => this.#prove(claimant, { authType, ...answered }));
    } catch (error) {
      if (!isHandleError(error, 'UNAUTHENTICATED')) throw error;
      return succeeded({ kind: 'verified', isRight: false });
    }
    return succeeded({ kind: 'verified', isRight: true });
  }

  async openSession(body: SessionSetup, client: Client): Promise<Outcome> {
    const { mode, timeoutSeconds, identityHandle: handle, identityIndex: index } = body;
    if (mode !== SESSION_MODE.diffieHellman) {
      const message = REFUSED_MODES.get(mode);
      return message === undefined
        ? refusal(RESPONSE.invalidSessionSetup, 'Set the session up by Diffie-Hellman (mode 4).')
        : refusal(RESPONSE.sessionFailed, message);
    }
    const clientKey = readKey(body);
    if (clientKey === null) return refusal(RESPONSE.invalidSessionSetup, BAD_KEY);
    const wish = { clientKey, timeoutSeconds, claimed: { handle, index } };
    const opened = await this.#options.sessions.open({ ...wish, ...claimantOf(client) });
    if (opened === null) return refusal(RESPONSE.invalidSessionSetup, BAD_KEY);
    const data = joinBytes(AES, encodeDiffieHellmanKey(opened.serverKey));
    return { ...succeeded({ kind: 'session', mode, data, trailer: TRAILER }), sessionId: opened.session.id };
  }

  endSession(session: Session): Outcome {
    this.#options.sessions.end(session.id);
    return succeeded({ kind: 'done', bytes: '' as typeof AES });
  }

  async #verify(claimant: Claimant, proof: Omit<Proof, 'isVouched'>): Promise<Proven> {
    return this.#options.guard.check(claimant, 'challenge', () => this.#prove(claimant, proof));
  }

  async #prove({ isVouched }: Claimant, proof: Omit<Proof, 'isVouched'>): Promise<Proven> {
    try {
      return await this.#options.proofs.verify({ ...proof, isVouched });
    } catch (cause) {
      if (!isHandleError(cause, 'MALFORMED_MESSAGE')) throw cause;
      throw new HandleError('UNAUTHENTICATED', 'The answer is none to a challenge.', { cause });
    }
  }
}

/** Datagrams are counted apart, so that forged ones use up nothing of the network whose addresses they bear. */
function claimantOf({ address, door }: Client): Claimant {
  const network = networkOf(address);
  return door === 'handle-udp' ? { network: `${network} by datagram`, isVouched: false } : { network, isVouched: true };
}

/** Whether answers have no code in front that says how they were made. */
function isBareIn(envelope: Envelope): boolean {
  return !isAtLeast(commonVersion(suggestedVersion(envelope)), 1);
}

const BAD_KEY = `The client's key must have a prime of ${MIN_PRIME_BITS} to ${MAX_PRIME_BITS} bits.`;

/** Null if it is none that a session can be set up with. */
function readKey({ publicKey }: SessionSetup): DiffieHellmanKey | null {
  try {
    const key = decodeDiffieHellmanKey(publicKey);
    const primeBits = key.p.length * 8;
    return primeBits >= MIN_PRIME_BITS && primeBits <= MAX_PRIME_BITS ? key : null;
  } catch (error) {
    if (isHandleError(error, 'INVALID_VALUE')) return null;
    throw error;
  }
}

function isClaimed({ claimed }: Session, answering: Session['claimed']): boolean {
  if (claimed.handle === '') return true;
  return claimed.handle === answering.handle && claimed.index === answering.index;
}
