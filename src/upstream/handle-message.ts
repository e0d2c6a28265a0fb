// Requests of the Handle protocol as a client makes them, and what it believes of the responses: the right ids, the digest of
// what was asked, and the signature of the server's key if that is wanted. It sends nothing.

import { createHash, createPublicKey, verify } from 'node:crypto';
import { type ByteString, EMPTY_BYTES } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import { SIGNED, signedBytes } from '../wire/credential.ts';
import {
  type Decoded,
  decodeMessage,
  encodeAround,
  encodeContent,
  type Header,
  type ResponseMessage,
} from '../wire/message.ts';
import {
  commonVersion,
  FLAG,
  MAJOR_VERSION,
  MINOR_VERSION,
  OPERATION,
  type ProtocolVersion,
} from '../wire/protocol.ts';
import { publicKeyDer } from '../wire/public-key-der.ts';
import { decodePublicKey } from '../wire/public-key-value.ts';
import type { RequestBody } from '../wire/request-body.ts';
import { ExchangeFailed } from './exchange-failed.ts';

export interface HandleRequest extends Pick<Header, 'siteInfoSerial' | 'recursionCount' | 'opFlags' | 'expiresAt'> {
  readonly operation: 'resolution' | 'site-info';
  readonly handle: ByteString;
  readonly indexes: readonly number[];
  readonly types: readonly ByteString[];
  /** Of the site that is asked. */
  readonly version: ProtocolVersion;
  readonly requestId: number;
}

export interface EncodedRequest {
  readonly requestId: number;
  readonly opCode: number;
  readonly opFlags: number;
  readonly bytes: ByteString;
  /** Header and body, which the digest in a response covers. */
  readonly content: ByteString;
}

export function encodeRequest(request: HandleRequest): EncodedRequest {
  const { operation, requestId, opFlags, siteInfoSerial, recursionCount, expiresAt } = request;
  const opCode = operation === 'resolution' ? OPERATION.resolution : OPERATION.siteInfo;
  const envelope = {
    ...commonVersion(request.version),
    ...{ suggestedMajor: MAJOR_VERSION, suggestedMinor: MINOR_VERSION },
    ...{ isCompressed: false, isEncrypted: false, isTruncated: false },
    ...{ sessionId: 0, requestId, sequence: 0, messageLength: 0 },
  };
  const header = { opCode, responseCode: 0, opFlags, siteInfoSerial, recursionCount, reserved: 0, expiresAt };
  const content = encodeContent({ kind: 'request', envelope, header, body: bodyOf(request) });
  return { requestId, opCode, opFlags, content, bytes: encodeAround(envelope, content, null) };
}

function bodyOf({ operation, handle, indexes, types }: HandleRequest): RequestBody {
  if (operation === 'site-info') return { kind: 'handle', handle };
  return { kind: 'resolution', handle, indexes, types, trailer: EMPTY_BYTES };
}

/**
 * `key`: of the server, if the response has to be signed with it; null if anything is believed. Throws `ExchangeFailed` for
 * what is no answer to that request.
 */
export function readResponse(
  bytes: ByteString,
  request: EncodedRequest,
  key: ByteString | null,
): Decoded<ResponseMessage> {
  const message = decoded(bytes);
  const { header, body } = message;
  if (message.envelope.requestId !== request.requestId) throw unreadable('it answers another request');
  // What is wrong with a message may be said without an operation.
  if (header.opCode !== request.opCode && header.opCode !== 0) throw unreadable('it answers another operation');
  if (body.digest !== null && !isDigestOf(request.content, body.digest)) {
    throw unreadable('it has the digest of another request');
  }
  if (key === null) return message;
  if (body.digest === null && (request.opFlags & FLAG.requestDigest) !== 0) {
    throw unreadable('it has no digest of the request');
  }
  verifySignature(message, key);
  return message;
}

function decoded(bytes: ByteString): Decoded<ResponseMessage> {
  try {
    const message = decodeMessage(bytes);
    if (message.kind === 'response') return message;
  } catch (error) {
    if (isHandleError(error)) throw unreadable(error.message);
    throw error;
  }
  throw unreadable('it is no response');
}

const DIGESTS = { old: 'md5', md5: 'md5', sha1: 'sha1', sha256: 'sha256' } as const;

function isDigestOf(
  content: ByteString,
  { algorithm, digest }: NonNullable<ResponseMessage['body']['digest']>,
): boolean {
  return createHash(DIGESTS[algorithm]).update(content, 'latin1').digest('latin1') === digest;
}

/** MD5 is not among them: it proves nothing any more. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['SHA1', 'sha1'],
  ['SHA-1', 'sha1'],
  ['SHA256', 'sha256'],
  ['SHA-256', 'sha256'],
]);

function verifySignature({ envelope, content, credential }: Decoded<ResponseMessage>, key: ByteString): void {
  if (key === EMPTY_BYTES) throw unreadable('its site names no key, so that nothing it says can be certified');
  if (credential === null || credential.type !== SIGNED) throw unreadable('it is not signed');
  const hash = HASHES.get(credential.algorithm);
  if (hash === undefined) throw unreadable('it is signed in a way that is not known here');
  const covered = Buffer.from(signedBytes(envelope, credential.signerIndex, content), 'latin1');
  if (!isSigned(hash, covered, key, Buffer.from(credential.signature, 'latin1'))) {
    throw unreadable('it is not signed with the key of its server');
  }
}

function isSigned(hash: string, covered: Buffer, key: ByteString, signature: Buffer): boolean {
  try {
    const der = Buffer.from(publicKeyDer(decodePublicKey(key)), 'latin1');
    return verify(hash, covered, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
  } catch {
    return false; // a key or signature that is none
  }
}

function unreadable(reason: string): ExchangeFailed {
  return new ExchangeFailed('network', reason);
}
