// Sessions of the Handle API (HSv9): a nonce that a client signs once, and by whose id alone it is known from then on. Keeps
// those of this thread, and asks the thread that began it for any other; it verifies nothing itself.

import type { ByteString } from '../domain/bytes.ts';
import {
  HTTP_SESSION_IDLE_MS,
  MAX_HTTP_SESSIONS,
  MAX_PENDING_HTTP_SESSIONS_OF_NETWORK,
  MAX_SESSION_SECONDS,
} from '../domain/handle-protocol-limits.ts';
import { setNewest } from '../domain/newest.ts';
import type { HandleIdentity } from '../registry/handle-authority.ts';

/** Who a session belongs to, and since when nothing may have changed about it (`HandleProofs.standsSince`). */
export interface ProvenSession {
  readonly identity: HandleIdentity;
  readonly moment: number;
}

export interface ApiSession {
  readonly sessionId: string;
  readonly nonce: ByteString;
  readonly proven: ProvenSession | null;
}

/** What threads ask each other about a session of theirs; plain, as it is copied. */
export type SessionQuestion =
  | { readonly kind: 'find' | 'end'; readonly sessionId: string }
  | { readonly kind: 'prove'; readonly sessionId: string; readonly proven: ProvenSession };

export interface SessionPeers {
  readonly thread: number;
  /** Null if that thread does not know the session, or does not answer. */
  ask(thread: number, question: SessionQuestion): Promise<ApiSession | null>;
  /** Answers for others from now on. */
  serve(answer: (question: SessionQuestion) => ApiSession | null): void;
}

export interface ApiSessionsOptions {
  readonly clock: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** Null where there is one thread. */
  readonly peers: SessionPeers | null;
}

interface Held {
  session: ApiSession;
  readonly network: string;
  readonly endsAt: number;
  usedAt: number;
}

const NONCE_BYTES = 16;
const ID_BYTES = 18;
const SESSION_ID = /^n(\d{1,4})-[\w-]{24}$/;
const MAX_SESSION_MS = MAX_SESSION_SECONDS * 1000;

export class ApiSessions {
  readonly #options: ApiSessionsOptions;
  /** Each in the order of their last use. */
  readonly #pending = new Map<string, Held>();
  readonly #proven = new Map<string, Held>();

  constructor(options: ApiSessionsOptions) {
    this.#options = options;
    options.peers?.serve((question) => this.#answer(question));
  }

  begin(network: string): ApiSession {
    const { clock, randomBytes, peers } = this.#options;
    this.#makeRoom(network);
    const sessionId = `n${peers?.thread ?? 0}-${randomBytes(ID_BYTES).toString('base64url')}`;
    const nonce = randomBytes(NONCE_BYTES).toString('latin1') as ByteString;
    const session = { sessionId, nonce, proven: null };
    const held = { session, network, usedAt: clock(), endsAt: clock() + MAX_SESSION_MS };
    setNewest(this.#pending, sessionId, held, MAX_HTTP_SESSIONS);
    return session;
  }

  /** Null if there is no such session any more. */
  find(sessionId: string): Promise<ApiSession | null> {
    return this.#ask({ kind: 'find', sessionId });
  }

  /** The session is theirs from now on. Null if it has ended meanwhile. */
  prove(sessionId: string, proven: ProvenSession): Promise<ApiSession | null> {
    return this.#ask({ kind: 'prove', sessionId, proven });
  }

  /** Null if there was none. */
  end(sessionId: string): Promise<ApiSession | null> {
    return this.#ask({ kind: 'end', sessionId });
  }

  async #ask(question: SessionQuestion): Promise<ApiSession | null> {
    const { peers } = this.#options;
    const thread = SESSION_ID.exec(question.sessionId)?.[1];
    if (thread === undefined) return null;
    if (Number(thread) === (peers?.thread ?? 0)) return this.#answer(question);
    return peers === null ? null : peers.ask(Number(thread), question);
  }

  #answer(question: SessionQuestion): ApiSession | null {
    const { sessionId, kind } = question;
    const held = this.#pending.get(sessionId) ?? this.#proven.get(sessionId);
    if (held === undefined) return null;
    this.#pending.delete(sessionId);
    this.#proven.delete(sessionId);
    const now = this.#options.clock();
    if (held.endsAt <= now || held.usedAt + HTTP_SESSION_IDLE_MS <= now) return null;
    if (kind === 'end') return held.session;
    held.usedAt = now;
    if (kind === 'prove') held.session = { ...held.session, proven: question.proven };
    const place = held.session.proven === null ? this.#pending : this.#proven;
    setNewest(place, sessionId, held, MAX_HTTP_SESSIONS);
    return held.session;
  }

  /** Those nobody came back to end, and the network's own oldest give way: no network can push out another's. */
  #makeRoom(network: string): void {
    const expiredBefore = this.#options.clock() - HTTP_SESSION_IDLE_MS;
    let ofNetwork = 0;
    let oldest: string | null = null;
    for (const [sessionId, held] of this.#pending) {
      if (held.usedAt <= expiredBefore) this.#pending.delete(sessionId);
      else if (held.network === network) {
        oldest ??= sessionId;
        ofNetwork++;
      }
    }
    if (ofNetwork >= MAX_PENDING_HTTP_SESSIONS_OF_NETWORK && oldest !== null) this.#pending.delete(oldest);
  }
}
