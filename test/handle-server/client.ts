// What a client of the Handle protocol says and understands: requests of every kind, answers to challenges, sessions.

import { createCipheriv, createDecipheriv, createHash, createHmac, getDiffieHellman, pbkdf2Sync } from 'node:crypto';
import type { ByteString } from '../../src/domain/bytes.ts';
import { type HandleValue, makeValue } from '../../src/domain/handle-value.ts';
import { intBytes, joinBytes } from '../../src/wire/byte-writer.ts';
import { type Credential, MAC, macBytes, makeCredential } from '../../src/wire/credential.ts';
import { decodeDiffieHellmanKey, encodeDiffieHellmanKey } from '../../src/wire/diffie-hellman-key.ts';
import type { Envelope } from '../../src/wire/envelope.ts';
import {
  type Decoded,
  decodeDecrypted,
  decodeMessage,
  encodeAround,
  encodeContent,
  encodeInner,
  encodeMessage,
  type RequestMessage,
  type ResponseMessage,
} from '../../src/wire/message.ts';
import { FLAG, isAtLeast, OPERATION } from '../../src/wire/protocol.ts';
import type { RequestBody } from '../../src/wire/request-body.ts';
import { SESSION_MODE } from '../../src/wire/session-body.ts';

export interface Wish {
  readonly flags?: number;
  readonly minor?: number;
  readonly suggestedMinor?: number;
  readonly requestId?: number;
  readonly sessionId?: number;
}

export const PUBLIC = FLAG.publicOnly;
export const KEPT = FLAG.keepConnection | FLAG.publicOnly;

let requests = 0;

export function request(opCode: number, body: RequestBody, wish: Wish = {}): RequestMessage {
  const { minor = 11, suggestedMinor = minor, requestId = ++requests, sessionId = 0, flags = 0 } = wish;
  return {
    kind: 'request',
    envelope: {
      ...{ major: 2, minor, suggestedMajor: 2, suggestedMinor, sessionId, requestId, sequence: 0, messageLength: 0 },
      ...{ isCompressed: false, isEncrypted: false, isTruncated: false },
    },
    header: {
      ...{ opCode, responseCode: 0, opFlags: flags, siteInfoSerial: 0xffff, recursionCount: 0, reserved: 0 },
      expiresAt: 2_000_000_000,
    },
    credential: null,
    body,
  };
}

export function resolution(
  handle: string,
  wish: Wish & { readonly indexes?: readonly number[]; readonly types?: readonly string[] } = {},
): ByteString {
  const { indexes = [], types = [] } = wish;
  const body = {
    kind: 'resolution',
    handle: bytes(handle),
    indexes,
    types: types.map(bytes),
    trailer: bytes(''),
  } as const;
  return encodeMessage(request(OPERATION.resolution, body, { flags: PUBLIC, ...wish }));
}

export function write(opCode: number, handle: string, values: readonly HandleValue[], wish: Wish = {}): RequestMessage {
  return request(opCode, { kind: 'values', handle: bytes(handle), values }, wish);
}

export function url(index: number, data: string): HandleValue {
  return makeValue({ index, type: bytes('URL'), data: bytes(data) });
}

export function bytes(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1') as ByteString;
}

export function response(message: ByteString | undefined): Decoded<ResponseMessage> {
  const decoded = decodeMessage(message ?? bytes(''));
  if (decoded.kind !== 'response') throw new Error(`That is no response but ${decoded.kind}.`);
  return decoded;
}

export function codeOf(message: ByteString | undefined): number {
  return response(message).header.responseCode;
}

export interface Secret {
  readonly handle: string;
  readonly index: number;
  readonly secret: string;
  /** Of PBKDF2. */
  readonly iterations?: number;
}

/** The answer to a challenge, as the reference client gives it. */
export function answered(challenge: Decoded<ResponseMessage>, key: Secret, wish: Wish = {}): RequestMessage {
  const { content, digest } = challenge.body;
  if (content.kind !== 'challenge' || digest === null) throw new Error('That is no challenge.');
  const asked = Buffer.from(joinBytes(content.nonce, digest.digest), 'latin1');
  const { minor } = challenge.envelope;
  const answer = minor >= 7 ? stretched(asked, key) : hashed(asked, key);
  const { handle, index: identityIndex } = key;
  const authType = bytes('HS_SECKEY');
  const body = { kind: 'challenge-answer', authType, identityHandle: bytes(handle), identityIndex, answer } as const;
  return request(OPERATION.challengeAnswer, body, { minor, sessionId: challenge.envelope.sessionId, ...wish });
}

function hashed(asked: Buffer, { secret }: Secret): ByteString {
  const code = createHash('sha1').update(secret).update(asked).update(secret).digest('latin1');
  return joinBytes('\x02' as ByteString, code as ByteString);
}

function stretched(asked: Buffer, { secret, iterations = 1000 }: Secret): ByteString {
  const salt = 'sixteen bytes ok' as ByteString;
  const key = pbkdf2Sync(secret, salt, Math.max(1, iterations), 20, 'sha1');
  const code = createHmac('sha1', key).update(asked).digest('latin1') as ByteString;
  const head = joinBytes('\x22' as ByteString, intBytes(salt.length), salt, intBytes(iterations), intBytes(160));
  return joinBytes(head, intBytes(code.length), code);
}

/** A client's half of a session. */
export class ClientSession {
  readonly id: number;
  readonly #key: Buffer;
  #sent = 0;

  private constructor(id: number, key: Buffer) {
    this.id = id;
    this.#key = key;
  }

  /** What asks for a session, and what makes one of the response. */
  static setup(key: Pick<Secret, 'handle' | 'index'>, wish: Wish & { readonly seconds?: number } = {}) {
    const group = getDiffieHellman('modp14');
    const y = group.generateKeys();
    const publicKey = encodeDiffieHellmanKey({
      y: unpadded(y),
      p: unpadded(group.getPrime()),
      g: unpadded(group.getGenerator() as unknown as Buffer),
    });
    const body = {
      ...{ kind: 'session-setup' as const, mode: SESSION_MODE.diffieHellman, timeoutSeconds: wish.seconds ?? 600 },
      ...{ identityHandle: bytes(key.handle), identityIndex: key.index, publicKey, keyHandle: bytes(''), keyIndex: 0 },
      trailer: bytes('\0\0'),
    } as const;
    const message = encodeMessage(request(OPERATION.sessionSetup, body, { flags: FLAG.certify, ...wish }));
    const open = (told: Decoded<ResponseMessage>): ClientSession => {
      const { content } = told.body;
      if (content.kind !== 'session') throw new Error(`No session: ${JSON.stringify(content)}`);
      const theirs = decodeDiffieHellmanKey(content.data.slice(4) as ByteString);
      const secret = group.computeSecret(Buffer.from(theirs.y, 'latin1'));
      // One in 256 begins with a zero, which is no part of the key.
      const start = Math.min(
        secret.length - 32,
        secret.findIndex((byte) => byte !== 0),
      );
      return new ClientSession(told.envelope.sessionId, secret.subarray(start, start + 32));
    };
    return { message, open };
  }

  /** Signed, and encrypted if its flags say so. `counter` other than the next to say something twice. */
  seal(message: RequestMessage, counter = ++this.#sent): ByteString {
    const envelope = { ...message.envelope, sessionId: this.id };
    const content = encodeContent({ ...message, envelope });
    const isAnswer = message.header.opCode === OPERATION.challengeAnswer;
    const credential = isAnswer ? null : this.#credential(envelope, counter, content);
    if ((message.header.opFlags & FLAG.encrypt) === 0) return encodeAround(envelope, content, credential);
    const iv = Buffer.alloc(16, counter);
    const cipher = createCipheriv('aes-128-cbc', this.#key.subarray(0, 16), iv);
    const inner = Buffer.concat([iv, cipher.update(encodeInner(content, credential), 'latin1'), cipher.final()]);
    const sealed = { kind: 'encrypted', bytes: inner.toString('latin1') as ByteString } as const;
    return encodeMessage({ ...sealed, envelope: { ...envelope, isEncrypted: true } });
  }

  open(message: ByteString | undefined): Decoded<ResponseMessage> {
    const decoded = decodeMessage(message ?? bytes(''));
    if (decoded.kind === 'response') return decoded;
    if (decoded.kind === 'request') throw new Error('A server sent a request.');
    const sealed = Buffer.from(decoded.bytes, 'latin1');
    const decipher = createDecipheriv('aes-128-cbc', this.#key.subarray(0, 16), sealed.subarray(0, 16));
    const inner = Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()]).toString('latin1');
    const opened = decodeDecrypted(decoded.envelope, inner as ByteString);
    if (opened.kind !== 'response') throw new Error('A server sent a request.');
    return opened;
  }

  /** Whether a response is signed with the session's key. */
  isCertified({ envelope, content, credential }: Decoded<ResponseMessage>): boolean {
    if (credential === null) return false;
    return this.#credential(envelope, credential.signerIndex, content).signature === credential.signature;
  }

  #credential(envelope: Envelope, counter: number, content: ByteString): Credential {
    const key = this.#key.toString('latin1') as ByteString;
    const covered = Buffer.from(macBytes(envelope, counter, { content, key }), 'latin1');
    const mac = isAtLeast(envelope, 7)
      ? createHmac('sha256', this.#key).update(covered).digest('latin1')
      : createHash('sha1').update(covered).digest('latin1');
    return makeCredential({ type: MAC, algorithm: bytes('HMAC-SHA256'), signature: mac as ByteString, counter });
  }
}

function unpadded(number: Buffer): ByteString {
  return Buffer.from(number).toString('latin1').replace(/^\0+/, '') as ByteString;
}
