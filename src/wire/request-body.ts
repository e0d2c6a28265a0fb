// The bodies of requests of the Handle protocol (RFC 3652 §3) ⇄ bytes. Texts stay bytes: whether a handle is UTF-8 is for
// whoever carries the request out to say.

import type { ByteString } from '../domain/bytes.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import type { ByteReader } from './byte-reader.ts';
import type { MessageWriter } from './message-writer.ts';
import { OPERATION, type ProtocolVersion } from './protocol.ts';
import { type RequestDigest, readRequestDigest, writeRequestDigest } from './request-digest.ts';
import { readSessionSetup, type SessionSetup, writeSessionSetup } from './session-body.ts';
import {
  readDumpRequest,
  readTransactionsRequest,
  type TransferRequest,
  writeTransferRequest,
} from './transfer-body.ts';
import { readValues, writeValues } from './value-list.ts';

export interface ResolutionRequest {
  readonly kind: 'resolution';
  readonly handle: ByteString;
  readonly indexes: readonly number[];
  readonly types: readonly ByteString[];
  /** What the national SDK puts behind the types; it means nothing here. */
  readonly trailer: ByteString;
}

export interface ChallengeAnswer {
  readonly kind: 'challenge-answer';
  /** `HS_SECKEY`, `HS_PUBKEY`. */
  readonly authType: ByteString;
  readonly identityHandle: ByteString;
  readonly identityIndex: number;
  readonly answer: ByteString;
}

export interface VerifyChallengeRequest {
  readonly kind: 'verify-challenge';
  readonly handle: ByteString;
  readonly index: number;
  readonly nonce: ByteString;
  readonly digest: RequestDigest;
  readonly answer: ByteString;
}

export type RequestBody =
  | ResolutionRequest
  | ChallengeAnswer
  | VerifyChallengeRequest
  | SessionSetup
  | TransferRequest
  /** An operation on a handle or prefix, or on none (`/`). */
  | { readonly kind: 'handle'; readonly handle: ByteString }
  | { readonly kind: 'values'; readonly handle: ByteString; readonly values: readonly HandleValue[] }
  | { readonly kind: 'remove-values'; readonly handle: ByteString; readonly indexes: readonly number[] }
  | { readonly kind: 'session-key'; readonly key: ByteString }
  /** Of an operation this codec does not know. */
  | { readonly kind: 'unknown'; readonly bytes: ByteString };

const OF_A_HANDLE: ReadonlySet<number> = new Set([
  OPERATION.siteInfo,
  OPERATION.deleteHandle,
  OPERATION.listHandles,
  OPERATION.listDerivedPrefixes,
  OPERATION.homePrefix,
  OPERATION.unhomePrefix,
  OPERATION.listHomedPrefixes,
  OPERATION.sessionTerminate,
  OPERATION.nextTransactionId,
  OPERATION.backupServer,
]);

/** Reads all there is. Throws what the reader throws. */
export function readRequestBody(reader: ByteReader, opCode: number, version: ProtocolVersion): RequestBody {
  const body = readBody(reader, opCode, version);
  reader.end();
  return body;
}

function readBody(reader: ByteReader, opCode: number, version: ProtocolVersion): RequestBody {
  switch (opCode) {
    case OPERATION.resolution:
      return {
        kind: 'resolution',
        handle: reader.readBytes(),
        indexes: reader.readInts(),
        types: reader.readList(),
        trailer: reader.readRest(),
      };
    case OPERATION.createHandle:
    case OPERATION.addValue:
    case OPERATION.modifyValue:
      return { kind: 'values', handle: reader.readBytes(), values: readValues(reader) };
    case OPERATION.removeValue:
      return { kind: 'remove-values', handle: reader.readBytes(), indexes: reader.readInts() };
    case OPERATION.challengeAnswer:
      return {
        kind: 'challenge-answer',
        authType: reader.readBytes(),
        identityHandle: reader.readBytes(),
        identityIndex: reader.readInt(),
        answer: reader.readBytes(),
      };
    case OPERATION.verifyChallenge:
      return {
        kind: 'verify-challenge',
        handle: reader.readBytes(),
        index: reader.readInt(),
        nonce: reader.readBytes(),
        digest: readRequestDigest(reader),
        answer: reader.readBytes(),
      };
    case OPERATION.sessionSetup:
      return readSessionSetup(reader);
    case OPERATION.sessionKeyExchange:
      return { kind: 'session-key', key: reader.readBytes() };
    case OPERATION.retrieveTransactions:
      return readTransactionsRequest(reader, version);
    case OPERATION.dumpHandles:
      return readDumpRequest(reader);
    default:
      return OF_A_HANDLE.has(opCode)
        ? { kind: 'handle', handle: reader.readBytes() }
        : { kind: 'unknown', bytes: reader.readRest() };
  }
}

export function writeRequestBody(writer: MessageWriter, body: RequestBody, version: ProtocolVersion): void {
  switch (body.kind) {
    case 'resolution':
      writer.bytes(body.handle);
      writer.ints(body.indexes);
      writer.list(body.types);
      writer.fixed(body.trailer);
      return;
    case 'values':
      writer.bytes(body.handle);
      writeValues(writer, body.values);
      return;
    case 'remove-values':
      writer.bytes(body.handle);
      writer.ints(body.indexes);
      return;
    case 'challenge-answer':
      writer.bytes(body.authType);
      writer.bytes(body.identityHandle);
      writer.int(body.identityIndex);
      writer.bytes(body.answer);
      return;
    case 'verify-challenge':
      writer.bytes(body.handle);
      writer.int(body.index);
      writer.bytes(body.nonce);
      writeRequestDigest(writer, body.digest);
      writer.bytes(body.answer);
      return;
    case 'session-setup':
      writeSessionSetup(writer, body);
      return;
    case 'session-key':
      writer.bytes(body.key);
      return;
    case 'transactions':
    case 'dump':
      writeTransferRequest(writer, body, version);
      return;
    case 'handle':
      writer.bytes(body.handle);
      return;
    case 'unknown':
      writer.fixed(body.bytes);
  }
}
