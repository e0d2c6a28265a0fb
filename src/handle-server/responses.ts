// From an outcome to the bytes of a response: versions, flags, the digest of the request, signatures with the site's key.

import { createHash, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_SIGNATURES_AT_ONCE } from '../domain/handle-protocol-limits.ts';
import type { Observer } from '../domain/observer.ts';
import { makeCredential, SIGNED, signedBytes } from '../wire/credential.ts';
import { type Envelope, suggestedVersion } from '../wire/envelope.ts';
import { encodeAround, encodeContent, encodeInner, encodeMessage, type ResponseMessage } from '../wire/message.ts';
import { opFlagsOf, PlainResponses } from '../wire/plain-resolution.ts';
import {
  commonVersion,
  FLAG,
  isAtLeast,
  MAJOR_VERSION,
  MINOR_VERSION,
  type ProtocolVersion,
  RESPONSE,
  responseCodeFor,
} from '../wire/protocol.ts';
import { digestNameFor, type RequestDigest } from '../wire/request-digest.ts';
import { failed } from './failures.ts';
import type { Outcome } from './outcome.ts';
import type { Session } from './sessions.ts';
import { type KeptResponse, MAX_KEPT_VALUES_BYTES } from './spellings.ts';

/** The site as which this node answers. */
export interface NodeSite {
  /** The data of its HS_SITE value. */
  readonly data: ByteString;
  readonly serialNumber: number;
  /** RSA: the key that the site has, or has had, for clients that know it by this serial number. */
  privateKeyFor(knownSerial: number): KeyObject;
}

/** What a response takes from its request. */
export interface Asked {
  readonly envelope: Envelope;
  readonly opCode: number;
  readonly opFlags: number;
  /** By which the client knows this site. */
  readonly siteSerial: number;
  /** Header and body, for the digest. */
  readonly content: ByteString;
  readonly session: Session | null;
}

/** Every response has them. */
const ALWAYS = FLAG.authoritative | FLAG.recursive;
/** Copied from the request. */
const COPIED = FLAG.certify | FLAG.cacheCertify | FLAG.encrypt | FLAG.publicOnly | FLAG.requestDigest | FLAG.noReferral;
/** How long a response is good for, as the reference server has it. */
const GOOD_FOR_SECONDS = 12 * 3600;

const signLater = promisify(sign);

export class Responses {
  readonly #site: NodeSite;
  readonly #clock: () => number;
  readonly #observer: Pick<Observer, 'refused'>;
  readonly #plain: PlainResponses;
  #signing = 0;

  constructor(site: NodeSite, clock: () => number, observer: Pick<Observer, 'refused'>) {
    this.#site = site;
    this.#clock = clock;
    this.#observer = observer;
    this.#plain = new PlainResponses({
      suggested: String.fromCharCode(MAJOR_VERSION, MINOR_VERSION) as ByteString,
      // The site may change: its number is read with every head, which is a second old at most.
      get siteInfoSerial() {
        return site.serialNumber;
      },
      flagsFor: (opFlags) => ALWAYS | (opFlags & COPIED),
    });
  }

  /** As `encode`, of what a plain resolution has found. `before`: the response to the same question, if it is kept. */
  encodePlain(request: ByteString, values: ByteString, before: KeptResponse | null): ByteString {
    const expiresAt = this.#expiresAt();
    const opFlags = opFlagsOf(request);
    if (before === null || values.length > MAX_KEPT_VALUES_BYTES)
      return this.#plain.encode(request, this.#plain.encodeRest(request, values, expiresAt));
    if (before.values !== values || before.expiresAt !== expiresAt || before.opFlags !== opFlags) {
      before.values = values;
      before.expiresAt = expiresAt;
      before.opFlags = opFlags;
      before.rest = this.#plain.encodeRest(request, values, expiresAt);
    }
    return this.#plain.encode(request, before.rest);
  }

  /** The response; a promise only if it is to be signed with the site's key. */
  encode(asked: Asked, outcome: Outcome): ByteString | Promise<ByteString> {
    const { session } = asked;
    const message = this.#messageOf(asked, outcome);
    const { envelope, header } = message;
    const isCertified = (header.opFlags & FLAG.certify) !== 0;
    if (session === null) {
      if (!isCertified) return encodeMessage(message);
      return this.#signing < MAX_SIGNATURES_AT_ONCE ? this.#signed(message, asked) : this.#busy(asked);
    }
    const content = encodeContent(message);
    const credential = isCertified ? session.certify(envelope, content) : null;
    const isEncrypted = (header.opFlags & FLAG.encrypt) !== 0 || (isCertified && outcome.isPrivate);
    if (!isEncrypted) return encodeAround(envelope, content, credential);
    const bytes = session.encrypt(encodeInner(content, credential));
    return encodeMessage({ kind: 'encrypted', envelope: { ...envelope, isEncrypted: true }, bytes });
  }

  #messageOf(asked: Asked, outcome: Outcome): ResponseMessage {
    const { envelope, opCode, opFlags, session } = asked;
    const version = commonVersion(suggestedVersion(envelope));
    const isChallenge = outcome.code === RESPONSE.authenticationNeeded;
    const isDigested = isChallenge || (opFlags & FLAG.requestDigest) !== 0;
    const copied = (opFlags & COPIED) | (isDigested ? FLAG.requestDigest : 0);
    return {
      kind: 'response',
      envelope: this.#envelopeOf(envelope, version, session?.id ?? outcome.sessionId),
      header: {
        opCode,
        responseCode: responseCodeFor(version, outcome.code),
        opFlags: ALWAYS | copied | outcome.flags,
        siteInfoSerial: this.#site.serialNumber,
        recursionCount: 0,
        reserved: 0,
        expiresAt: this.#expiresAt(),
      },
      credential: null,
      body: { digest: isDigested ? digestOf(asked.content, version) : null, content: outcome.content },
    };
  }

  #expiresAt(): number {
    return Math.floor(this.#clock() / 1000) + GOOD_FOR_SECONDS;
  }

  #envelopeOf(asked: Envelope, { major, minor }: ProtocolVersion, sessionId: number): Envelope {
    return {
      major,
      minor,
      isCompressed: asked.isCompressed,
      isEncrypted: false,
      isTruncated: asked.isTruncated,
      suggestedMajor: MAJOR_VERSION,
      suggestedMinor: MINOR_VERSION,
      sessionId,
      requestId: asked.requestId,
      sequence: 0,
      messageLength: 0,
    };
  }

  #busy(asked: Asked): ByteString {
    this.#observer.refused('in-flight');
    const busy = failed(new HandleError('OVERLOADED', 'Too many signed answers are asked for: try again in a second.'));
    return encodeMessage(this.#messageOf({ ...asked, opFlags: asked.opFlags & ~FLAG.certify }, busy));
  }

  async #signed(message: ResponseMessage, asked: Asked): Promise<ByteString> {
    this.#signing++;
    try {
      return await this.#withSignature(message, asked);
    } finally {
      this.#signing--;
    }
  }

  async #withSignature(message: ResponseMessage, { siteSerial }: Asked): Promise<ByteString> {
    const { envelope } = message;
    const content = encodeContent(message);
    const isSha256 = isAtLeast(envelope, 7);
    const covered = Buffer.from(signedBytes(envelope, 0, content), 'latin1');
    const signature = await signLater(isSha256 ? 'sha256' : 'sha1', covered, this.#site.privateKeyFor(siteSerial));
    const algorithm = (isSha256 ? 'SHA-256' : 'SHA1') as ByteString;
    const given = { type: SIGNED, algorithm, signature: signature.toString('latin1') as ByteString, counter: 0 };
    return encodeAround(envelope, content, makeCredential(given));
  }
}

/** As responses of that version carry it. */
export function digestOf(content: ByteString, version: ProtocolVersion): RequestDigest {
  const algorithm = digestNameFor(version);
  const hash = createHash(algorithm === 'old' ? 'md5' : algorithm);
  return { algorithm, digest: hash.update(content, 'latin1').digest('latin1') as ByteString };
}
