// The bodies of responses of the Handle protocol (RFC 3652 §3) ⇄ bytes: what an operation gave, challenges, referrals,
// errors. Which of them a response has follows from its codes, flags and version.

import type { ByteString } from '../domain/bytes.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import type { ByteReader } from './byte-reader.ts';
import type { MessageWriter } from './message-writer.ts';
import { FLAG, isAtLeast, OPERATION, type ProtocolVersion, RESPONSE } from './protocol.ts';
import { type RequestDigest, readRequestDigest, writeRequestDigest } from './request-digest.ts';
import { readValues, writeValues } from './value-list.ts';

/** What a response says, behind the digest of its request. */
export type ResponseContent =
  | { readonly kind: 'values'; readonly handle: ByteString; readonly values: readonly HandleValue[] }
  /** Values that are bytes already, as `writeValues` makes them. For writing alone. */
  | { readonly kind: 'written-values'; readonly handle: ByteString; readonly written: ByteString }
  /** The data of an HS_SITE value. */
  | { readonly kind: 'site'; readonly site: ByteString }
  /** Null from servers that do not tell the handle they have created. */
  | { readonly kind: 'created'; readonly handle: ByteString | null }
  | { readonly kind: 'handles'; readonly handles: readonly ByteString[] }
  | { readonly kind: 'verified'; readonly isRight: boolean }
  | {
      readonly kind: 'session';
      readonly mode: number;
      readonly data: ByteString;
      /** Two zero bytes that the reference server leaves behind its content. */
      readonly trailer: ByteString;
    }
  | { readonly kind: 'challenge'; readonly nonce: ByteString }
  /** An empty handle if values are given: the sites to ask. */
  | { readonly kind: 'referral'; readonly handle: ByteString; readonly values: readonly HandleValue[] | null }
  /** `indexes`: those of the values that are wrong (DO-IRP 3.0); null if it names none. */
  | { readonly kind: 'failure'; readonly message: ByteString; readonly indexes: readonly number[] | null }
  /** Of operations that only succeed, and of those this codec does not know. */
  | { readonly kind: 'done'; readonly bytes: ByteString };

export interface ResponseBody {
  /** Of the request; null if it was not asked for. */
  readonly digest: RequestDigest | null;
  readonly content: ResponseContent;
}

/** What decides which body a response has. */
export interface ResponseKind {
  readonly opCode: number;
  readonly responseCode: number;
  readonly opFlags: number;
  readonly version: ProtocolVersion;
}

/** Reads all there is. Throws what the reader throws. */
export function readResponseBody(reader: ByteReader, kind: ResponseKind): ResponseBody {
  const body = readBody(reader, kind);
  reader.end();
  return body;
}

function readBody(reader: ByteReader, kind: ResponseKind): ResponseBody {
  if (isOldChallenge(kind)) {
    const nonce = reader.readBytes();
    return { digest: { algorithm: 'old', digest: reader.readBytes() }, content: { kind: 'challenge', nonce } };
  }
  const digest = hasDigest(kind) ? readRequestDigest(reader) : null;
  return { digest, content: readContent(reader, kind) };
}

function hasDigest({ responseCode, opFlags }: ResponseKind): boolean {
  return responseCode === RESPONSE.authenticationNeeded || (opFlags & FLAG.requestDigest) !== 0;
}

/** 2.0 has nonce and digest the other way round. */
function isOldChallenge({ responseCode, version }: ResponseKind): boolean {
  return responseCode === RESPONSE.authenticationNeeded && !isAtLeast(version, 1);
}

function readContent(reader: ByteReader, kind: ResponseKind): ResponseContent {
  switch (kind.responseCode) {
    case RESPONSE.success:
      return readSuccess(reader, kind.opCode);
    case RESPONSE.authenticationNeeded:
      return { kind: 'challenge', nonce: reader.readBytes() };
    case RESPONSE.serviceReferral:
    case RESPONSE.prefixReferral:
      return {
        kind: 'referral',
        handle: reader.readBytes(),
        values: reader.remaining === 0 ? null : readValues(reader),
      };
    default:
      if (reader.remaining === 0) return { kind: 'done', bytes: reader.readRest() };
      return {
        kind: 'failure',
        message: reader.readBytes(),
        indexes: reader.remaining === 0 ? null : reader.readInts(),
      };
  }
}

function readSuccess(reader: ByteReader, opCode: number): ResponseContent {
  switch (opCode) {
    case OPERATION.resolution:
      return { kind: 'values', handle: reader.readBytes(), values: readValues(reader) };
    case OPERATION.siteInfo:
      return { kind: 'site', site: reader.readRest() };
    case OPERATION.createHandle:
      return { kind: 'created', handle: reader.remaining === 0 ? null : reader.readBytes() };
    case OPERATION.listHandles:
    case OPERATION.listDerivedPrefixes:
    case OPERATION.listHomedPrefixes:
      return { kind: 'handles', handles: reader.readList() };
    case OPERATION.verifyChallenge: {
      const answer = reader.readByte();
      if (answer > 1) throw reader.malformed('neither yes nor no');
      return { kind: 'verified', isRight: answer === 1 };
    }
    case OPERATION.sessionSetup:
      return { kind: 'session', mode: reader.readShort(), data: reader.readBytes(), trailer: reader.readRest() };
    default:
      return { kind: 'done', bytes: reader.readRest() };
  }
}

export function writeResponseBody(
  writer: MessageWriter,
  { digest, content }: ResponseBody,
  version: ProtocolVersion,
): void {
  const isLast = content.kind === 'challenge' && !isAtLeast(version, 1);
  if (digest !== null && !isLast) writeRequestDigest(writer, digest);
  writeContent(writer, content);
  if (digest !== null && isLast) writeRequestDigest(writer, digest);
}

function writeContent(writer: MessageWriter, content: ResponseContent): void {
  switch (content.kind) {
    case 'values':
      writer.bytes(content.handle);
      writeValues(writer, content.values);
      return;
    case 'written-values':
      writer.bytes(content.handle);
      writer.fixed(content.written);
      return;
    case 'site':
      writer.fixed(content.site);
      return;
    case 'created':
      if (content.handle !== null) writer.bytes(content.handle);
      return;
    case 'handles':
      writer.list(content.handles);
      return;
    case 'verified':
      writer.byte(content.isRight ? 1 : 0);
      return;
    case 'session':
      writer.short(content.mode);
      writer.bytes(content.data);
      writer.fixed(content.trailer);
      return;
    case 'challenge':
      writer.bytes(content.nonce);
      return;
    case 'referral':
      writer.bytes(content.handle);
      if (content.values !== null) writeValues(writer, content.values);
      return;
    case 'failure':
      writer.bytes(content.message);
      if (content.indexes !== null) writer.ints(content.indexes);
      return;
    case 'done':
      writer.fixed(content.bytes);
  }
}
