// Sessions (RFC 3652 §3.7): a key agreed on by Diffie-Hellman, under which messages are authenticated and encrypted, each once.
// They live in one thread, in bounded number and time.

import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import {
  MAX_AGREEMENTS_AT_ONCE,
  MAX_SESSION_SECONDS,
  MAX_SESSIONS,
  MAX_SESSIONS_OF_NETWORK,
  MAX_WAITING_AGREEMENTS,
  SESSION_SETUP_BURST,
  SESSION_SETUP_UNVOUCHED_BURST,
  SESSION_SETUPS_PER_SECOND,
  SESSION_SETUPS_UNVOUCHED_PER_SECOND,
} from '../domain/handle-protocol-limits.ts';
import { TokenBudget } from '../domain/token-budget.ts';
import { WorkLane } from '../domain/work-lane.ts';
import type { Proven } from '../registry/handle-proofs.ts';
import { type Credential, MAC, macBytes, makeCredential } from '../wire/credential.ts';
import type { DiffieHellmanKey } from '../wire/diffie-hellman-key.ts';
import type { Envelope } from '../wire/envelope.ts';
import { isAtLeast } from '../wire/protocol.ts';
import { CounterWindow } from './counter-window.ts';
import { agree } from './diffie-hellman.ts';
import type { IdSource } from './id-source.ts';

const CIPHER_KEY_BYTES = 16;
const IV_BYTES = 16;
const CIPHER = 'aes-128-cbc';
const HMAC_SHA256 = 'HMAC-SHA256' as ByteString;
const SHA1 = 'SHA1' as ByteString;
/** The code of SHA-1 in versions up to 2.5. */
const OLD_SHA1 = '\x02' as ByteString;

export class Session {
  readonly id: number;
  readonly network: string;
  readonly expiresAt: number;
  /** Whom it was set up for, as it was spelled; it counts once that one has answered a challenge. */
  readonly claimed: { readonly handle: ByteString; readonly index: number };
  proven: Proven | null = null;
  readonly #key: Buffer;
  readonly #received = new CounterWindow();
  #sent = 0;
  #isUsed = false;

  constructor(given: Pick<Session, 'id' | 'network' | 'expiresAt' | 'claimed'> & { readonly key: Buffer }) {
    this.id = given.id;
    this.network = given.network;
    this.expiresAt = given.expiresAt;
    this.claimed = given.claimed;
    this.#key = given.key;
  }

  /** Whether a message has come in it: only who got our half of the key can send one. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Whether a message comes from who set the session up, and for the first time. */
  accept(envelope: Envelope, content: ByteString, credential: Credential | null): 'accepted' | 'wrong' | 'repeated' {
    if (credential === null || credential.type !== MAC) return 'wrong';
    const counter = credential.signerIndex;
    const expected = this.#mac(envelope, counter, content);
    const given = Buffer.from(credential.signature, 'latin1');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'wrong';
    this.#isUsed = true;
    return this.#received.take(counter) ? 'accepted' : 'repeated';
  }

  certify(envelope: Envelope, content: ByteString): Credential {
    const counter = ++this.#sent;
    const signature = this.#mac(envelope, counter, content).toString('latin1') as ByteString;
    const old = isAtLeast(envelope, 6) ? SHA1 : OLD_SHA1;
    return makeCredential({ type: MAC, algorithm: isAtLeast(envelope, 7) ? HMAC_SHA256 : old, signature, counter });
  }

  encrypt(bytes: ByteString): ByteString {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key.subarray(0, CIPHER_KEY_BYTES), iv);
    return Buffer.concat([iv, cipher.update(bytes, 'latin1'), cipher.final()]).toString('latin1') as ByteString;
  }

  /** Throws `MALFORMED_MESSAGE`. */
  decrypt(bytes: ByteString): ByteString {
    const buffer = Buffer.from(bytes, 'latin1');
    try {
      const decipher = createDecipheriv(CIPHER, this.#key.subarray(0, CIPHER_KEY_BYTES), buffer.subarray(0, IV_BYTES));
      const parts = [decipher.update(buffer.subarray(IV_BYTES)), decipher.final()];
      return Buffer.concat(parts).toString('latin1') as ByteString;
    } catch (cause) {
      throw new HandleError('MALFORMED_MESSAGE', 'The message cannot be decrypted with the key of its session.', {
        cause,
      });
    }
  }

  #mac(envelope: Envelope, counter: number, content: ByteString): Buffer {
    const key = this.#key.toString('latin1') as ByteString;
    const covered = macBytes(envelope, counter, { content, key });
    return isAtLeast(envelope, 7)
      ? createHmac('sha256', this.#key).update(covered, 'latin1').digest()
      : createHash('sha1').update(covered, 'latin1').digest();
  }
}

export interface SessionsOptions {
  readonly ids: IdSource;
  readonly clock: () => number;
}

export interface SessionWish {
  readonly clientKey: DiffieHellmanKey;
  readonly timeoutSeconds: number;
  readonly claimed: Session['claimed'];
  /** What its setups and sessions are counted by. */
  readonly network: string;
  /** Whether who asks has been reached at its address: by datagrams anyone can name any. */
  readonly isVouched: boolean;
}

export interface OpenedSession {
  readonly session: Session;
  /** Our half of its key. */
  readonly serverKey: DiffieHellmanKey;
}

export class Sessions {
  readonly #options: SessionsOptions;
  /** In the order they were set up. */
  readonly #sessions = new Map<number, Session>();

  readonly #setups: TokenBudget;
  /** Of all networks together. */
  readonly #unvouchedSetups: TokenBudget;
  readonly #agreements = { vouched: agreementLane(), unvouched: agreementLane() };

  constructor(options: SessionsOptions) {
    this.#options = options;
    const { clock } = options;
    this.#setups = new TokenBudget({ perSecond: SESSION_SETUPS_PER_SECOND, burst: SESSION_SETUP_BURST, clock });
    const unvouched = { perSecond: SESSION_SETUPS_UNVOUCHED_PER_SECOND, burst: SESSION_SETUP_UNVOUCHED_BURST };
    this.#unvouchedSetups = new TokenBudget({ ...unvouched, clock });
  }

  /** A new session and our half of its key; null if the client's half is none. Throws `OVERLOADED` or `RATE_LIMITED`. */
  async open(wish: SessionWish): Promise<OpenedSession | null> {
    const { ids, clock } = this.#options;
    this.#charge(wish);
    const { p, g } = wish.clientKey;
    const lane = wish.isVouched ? this.#agreements.vouched : this.#agreements.unvouched;
    const agreed = await lane.run(1, () => agree(wish.clientKey, ids.random));
    if (agreed === null) return null;
    this.#makeRoom(wish.network);
    const asked = wish.timeoutSeconds > 0 ? wish.timeoutSeconds : MAX_SESSION_SECONDS;
    const session = new Session({
      id: ids.next((id) => this.#sessions.has(id)),
      network: wish.network,
      expiresAt: clock() + Math.min(asked, MAX_SESSION_SECONDS) * 1000,
      claimed: wish.claimed,
      key: agreed.key,
    });
    this.#sessions.set(session.id, session);
    return { session, serverKey: { y: agreed.y, p, g } };
  }

  get(id: number): Session | null {
    const session = this.#sessions.get(id);
    if (session === undefined) return null;
    if (session.expiresAt > this.#options.clock()) return session;
    this.#sessions.delete(id);
    return null;
  }

  end(id: number): void {
    this.#sessions.delete(id);
  }

  #charge({ network, isVouched }: SessionWish): void {
    if (!isVouched && this.#unvouchedSetups.take('') > 0) {
      throw new HandleError('OVERLOADED', 'Too many sessions are set up by UDP: set this one up by TCP.');
    }
    const waitSeconds = this.#setups.take(network);
    if (waitSeconds === 0) return;
    throw new HandleError('RATE_LIMITED', 'Too many sessions were set up from this network: keep those you have.', {
      retryAfterSeconds: waitSeconds,
    });
  }

  /** Of the same network the oldest gives way, and of all that of nobody yet; those in which nothing has come go first. */
  #makeRoom(network: string): void {
    const now = this.#options.clock();
    let ofNetwork = 0;
    let oldest: Session | null = null;
    let unproven: Session | null = null;
    for (const session of this.#sessions.values()) {
      if (session.expiresAt <= now) this.#sessions.delete(session.id);
      else {
        if (session.proven === null) unproven = earlier(unproven, session);
        if (session.network !== network) continue;
        oldest = earlier(oldest, session);
        ofNetwork++;
      }
    }
    if (ofNetwork >= MAX_SESSIONS_OF_NETWORK && oldest !== null) this.#sessions.delete(oldest.id);
    if (this.#sessions.size < MAX_SESSIONS) return;
    if (unproven === null) throw new HandleError('OVERLOADED', 'Too many sessions are open: try again later.');
    this.#sessions.delete(unproven.id);
  }
}

/** Which gives way before the other; `session` is the younger. */
function earlier(other: Session | null, session: Session): Session {
  return other === null || (other.isUsed && !session.isUsed) ? session : other;
}

function agreementLane(): WorkLane {
  return new WorkLane({
    atOnce: MAX_AGREEMENTS_AT_ONCE,
    maxWaitingCost: MAX_WAITING_AGREEMENTS,
    refusal: 'Too many sessions are set up at once: try again in a second.',
  });
}
