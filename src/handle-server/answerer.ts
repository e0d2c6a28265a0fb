// Carries out the requests of the Handle protocol, whichever way they come: who asks, what for, and the messages that answer.
// It knows no socket.

import type { Answer } from '../domain/answer.ts';
import type { ByteString } from '../domain/bytes.ts';
import { failureOf, HandleError } from '../domain/error.ts';
import type { Observer } from '../domain/observer.ts';
import { tryEnvelope } from '../wire/envelope.ts';
import {
  type Decoded,
  decodeDecrypted,
  decodeMessage,
  type EncryptedMessage,
  type RequestMessage,
  type ResponseMessage,
} from '../wire/message.ts';
import { opFlagsOf, plainHandleIn } from '../wire/plain-resolution.ts';
import { FLAG, OPERATION, RESPONSE } from '../wire/protocol.ts';
import type { ResolutionRequest } from '../wire/request-body.ts';
import { type Administration, isAdministration } from './administration.ts';
import type { Authentication } from './authentication.ts';
import { type Call, type CallLog, callOf, readIn, UNREADABLE } from './call.ts';
import type { Challenge } from './challenges.ts';
import { failed, refusal } from './failures.ts';
import { threadOf } from './id-source.ts';
import { type Client, type Outcome, type Reply, succeeded } from './outcome.ts';
import { plainValuesOf, type Resolution } from './resolution.ts';
import type { Asked, NodeSite, Responses } from './responses.ts';
import type { Session } from './sessions.ts';
import type { Peers } from './surroundings.ts';

export interface AnswererOptions {
  readonly resolution: Resolution;
  readonly administration: Administration;
  readonly authentication: Authentication;
  readonly responses: Responses;
  readonly site: NodeSite;
  readonly observer: Observer;
  readonly log: CallLog;
  /** Null where there is one thread. */
  readonly peers: Peers | null;
  /** Requests of this thread that may wait at once. */
  readonly inFlight: number;
}

type Request = Decoded<RequestMessage>;
type Message = Request | Decoded<ResponseMessage> | EncryptedMessage;
/** What may come of a request: an outcome, several in turn, or the need to prove who asks. */
type Outcomes = Outcome | AsyncIterable<Outcome> | 'authentication';

const LOST_SESSION = 'Invalid session id or session time out. Please try again.';
const NO_SESSION_TO_DECRYPT = 'Invalid session id. Unable to decrypt request message.';
const FOREIGN_MAC = 'The message is not signed with the key of its session.';
const KNOWN: ReadonlySet<number> = new Set(Object.values(OPERATION));

export class Answerer {
  readonly #options: AnswererOptions;
  #inFlight = 0;

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  /** Answers one message. What is at hand is answered without a promise. Never throws or rejects. */
  answer(bytes: ByteString, client: Client): Reply | Promise<Reply> {
    const spelled = plainHandleIn(bytes);
    if (spelled !== null) return this.#answerPlain(bytes, spelled, client);
    let message: Message;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      return this.refuse(bytes, failureOf(error));
    }
    if (message.envelope.sessionId !== 0) {
      if (this.#inFlight >= this.#options.inFlight) return this.refuse(bytes, this.#overloaded());
      return this.#counted(this.#inSession(bytes, message, client));
    }
    if (message.kind === 'encrypted') return this.#refused(message, RESPONSE.sessionFailed, NO_SESSION_TO_DECRYPT);
    if (message.kind === 'response') return this.#refused(message, RESPONSE.protocolError, 'That is a response.');
    return this.#carryOut(this.#callOf(message, client, null));
  }

  /** What most messages are, and most answers: the way without detours. Everything else about them goes the usual way. */
  #answerPlain(bytes: ByteString, handle: ByteString, client: Client): Reply | Promise<Reply> {
    const { resolution, responses, log } = this.#options;
    const opFlags = opFlagsOf(bytes);
    const spelling = resolution.spellingOf(handle);
    const plain = log.sampled();
    const startedAt = plain === null ? 0 : performance.now();
    const callOf = (): Call => {
      const call = this.#callOf(decodeMessage(bytes) as Request, client, null);
      return log.sampledAs(plain === null ? call : { ...call, startedAt }, plain);
    };
    let answer: Answer | Promise<Answer>;
    try {
      answer = resolution.ask({ handle, opFlags, hops: 0, door: client.door, client }, spelling);
    } catch (error) {
      return this.#fail(callOf(), error);
    }
    const values = answer instanceof Promise || plain !== null ? null : plainValuesOf(answer, opFlags);
    const keepsConnection = (opFlags & FLAG.keepConnection) !== 0;
    if (values !== null) return { messages: [responses.encodePlain(bytes, values, spelling)], keepsConnection };
    const call = callOf();
    return this.#conclude(call, () => {
      const { body } = call.request as Request & { readonly body: ResolutionRequest };
      const asked = { body, opFlags, client, requester: null, hops: 0, isInSession: false };
      if (!(answer instanceof Promise)) return resolution.told(asked, answer);
      this.#assertRoom(answer);
      return answer.then((found) => resolution.told(asked, found));
    });
  }

  /** The answer to what is no message, as far as its ids can be read. */
  refuse(bytes: ByteString, error: HandleError): Reply | Promise<Reply> {
    const envelope = tryEnvelope(bytes);
    if (envelope === null) return { messages: [], keepsConnection: false };
    this.#options.observer.failed(error.code);
    const asked = { envelope, ...UNREADABLE, session: null };
    return this.#reply(asked, failed(error), false);
  }

  #refused(message: Message, code: number, text: string): Reply | Promise<Reply> {
    const { envelope } = message;
    const read = message.kind === 'encrypted' ? UNREADABLE : readIn(message);
    return this.#reply({ envelope, ...read, session: null }, refusal(code, text, envelope.sessionId), false);
  }

  #callOf(request: Request, client: Client, session: Session | null): Call {
    return callOf(request, client, session, this.#options.authentication);
  }

  /** Requests that bear the id of a session, or of a challenge. */
  async #inSession(bytes: ByteString, message: Message, client: Client): Promise<Reply> {
    const { authentication, peers } = this.#options;
    const { sessionId } = message.envelope;
    const thread = threadOf(sessionId);
    if (peers !== null && thread !== peers.thread) {
      const reply = await peers.forward(thread, bytes, client);
      return reply ?? this.#refused(message, RESPONSE.sessionTimeout, LOST_SESSION);
    }
    const session = authentication.session(sessionId);
    if (message.kind === 'encrypted' && session === null) {
      return this.#refused(message, RESPONSE.sessionFailed, NO_SESSION_TO_DECRYPT);
    }
    let request: Message = message;
    try {
      if (message.kind === 'encrypted' && session !== null) {
        request = decodeDecrypted(message.envelope, session.decrypt(message.bytes));
      }
    } catch (error) {
      return this.refuse(bytes, failureOf(error));
    }
    if (request.kind !== 'request') return this.#refused(request, RESPONSE.protocolError, 'That is no request.');
    if (request.header.opCode === OPERATION.challengeAnswer) {
      const challenge = authentication.takeChallenge(sessionId);
      if (challenge !== null) return this.#answered(request, { challenge, session, client });
    }
    if (session === null) return this.#refused(request, RESPONSE.sessionTimeout, LOST_SESSION);
    return this.#accepted(request, session, client);
  }

  #accepted(request: Request, session: Session, client: Client): Reply | Promise<Reply> {
    const { envelope, content, credential } = request;
    switch (session.accept(envelope, content, credential)) {
      case 'wrong':
        return this.#refused(request, RESPONSE.invalidCredential, FOREIGN_MAC);
      case 'repeated':
        return this.#refused(
          request,
          RESPONSE.sessionRejected,
          'A message of this session with that counter has come.',
        );
      default:
        return this.#carryOut(this.#callOf(request, client, session));
    }
  }

  /** Carries out the request that a challenge has held up, if it is answered rightly. */
  async #answered(
    answer: Request,
    given: { readonly challenge: Challenge; readonly session: Session | null; readonly client: Client },
  ): Promise<Reply> {
    const { request } = given.challenge;
    const { opCode, opFlags } = request.header;
    const call = this.#callOf(answer, given.client, given.session);
    const requestId = this.#options.log.newRequestId();
    const resumed = { ...call, request, requestId, asked: { ...call.asked, opCode, opFlags } };
    try {
      const requester = await this.#options.authentication.prove(answer, given);
      return await this.#carryOut({ ...resumed, requester });
    } catch (error) {
      return this.#fail(resumed, error);
    }
  }

  #carryOut(given: Call): Reply | Promise<Reply> {
    const call = this.#options.log.named(given);
    return this.#conclude(call, () => this.#outcomesOf(call));
  }

  #conclude(call: Call, carryOut: () => Outcomes | Promise<Outcomes>): Reply | Promise<Reply> {
    try {
      const outcomes = carryOut();
      return outcomes instanceof Promise ? this.#counted(this.#later(call, outcomes)) : this.#told(call, outcomes);
    } catch (error) {
      return this.#fail(call, error);
    }
  }

  async #later(call: Call, pending: Promise<Outcomes>): Promise<Reply> {
    try {
      return await this.#told(call, await pending);
    } catch (error) {
      return this.#fail(call, error);
    }
  }

  #counted(pending: Promise<Reply>): Promise<Reply> {
    this.#inFlight++;
    return pending.finally(() => {
      this.#inFlight--;
    });
  }

  #outcomesOf(call: Call): Outcomes | Promise<Outcomes> {
    const { request, client, session, requester } = call;
    const { header, body } = request;
    const { opCode, opFlags } = header;
    const { resolution, administration, authentication, site } = this.#options;
    if (body.kind === 'resolution') {
      const hops = header.recursionCount;
      const outcome = resolution.resolve({ body, opFlags, client, requester, hops, isInSession: session !== null });
      if (outcome instanceof Promise) this.#assertRoom(outcome);
      return outcome;
    }
    if (opCode === OPERATION.siteInfo) return succeeded({ kind: 'site', site: site.data });
    if (session === null) this.#assertRoom(null);
    if (opCode === OPERATION.listHandles && client.door === 'handle-udp') {
      throw new HandleError('UNSUPPORTED_METHOD', 'Listings are too large for UDP: ask over TCP.');
    }
    if (isAdministration(opCode)) {
      const asked = { opCode, opFlags, body, requestId: call.requestId ?? '' };
      administration.check(asked);
      return requester === null ? 'authentication' : administration.carryOut(requester, asked);
    }
    if (body.kind === 'session-setup') return authentication.openSession(body, client);
    if (body.kind === 'verify-challenge') return authentication.verifyFor(body, request.envelope, client);
    if (opCode === OPERATION.sessionTerminate && session !== null) return authentication.endSession(session);
    if (!KNOWN.has(opCode)) throw new HandleError('MALFORMED_MESSAGE', `Unknown opCode in message: ${opCode}`);
    throw new HandleError('UNSUPPORTED_METHOD', 'This node does not carry out that operation.');
  }

  /** Hits are answered whatever the load; only what has to wait is turned away. Throws `OVERLOADED`. */
  #assertRoom(pending: Promise<unknown> | null): void {
    if (this.#inFlight < this.#options.inFlight) return;
    pending?.catch(() => {}); // nobody waits for it here any more
    throw this.#overloaded();
  }

  #overloaded(): HandleError {
    this.#options.observer.refused('in-flight');
    return new HandleError('OVERLOADED', 'Too much is in flight on this node: try again in a second.');
  }

  #told(call: Call, outcomes: Outcomes): Reply | Promise<Reply> {
    const { request, client, session, asked, keepsConnection } = call;
    if (outcomes === 'authentication') {
      return this.#reply(asked, this.#options.authentication.challenge(request, client, session), keepsConnection);
    }
    this.#options.log.tell(call, 'code' in outcomes ? outcomes.code : RESPONSE.success, null);
    return 'code' in outcomes
      ? this.#reply(asked, outcomes, keepsConnection)
      : { messages: this.#encoded(asked, outcomes), keepsConnection };
  }

  async *#encoded(asked: Asked, outcomes: AsyncIterable<Outcome>): AsyncGenerator<ByteString> {
    for await (const outcome of outcomes) yield this.#options.responses.encode(asked, outcome);
  }

  #fail(call: Call, thrown: unknown): Reply | Promise<Reply> {
    const failure = failureOf(thrown);
    this.#options.observer.failed(failure.code);
    const outcome = failed(failure);
    this.#options.log.tell(call, outcome.code, failure);
    return this.#reply(call.asked, outcome, call.keepsConnection);
  }

  #reply(asked: Asked, outcome: Outcome, keepsConnection: boolean): Reply | Promise<Reply> {
    const message = this.#options.responses.encode(asked, outcome);
    if (!(message instanceof Promise)) return { messages: [message], keepsConnection };
    // Signatures have a limit of their own, so that they take no room from what has to wait for the store.
    return message.then((signed) => ({ messages: [signed], keepsConnection }));
  }
}
