// The credential of a Handle protocol message (RFC 3652 §2.4) ⇄ bytes, and which bytes its signature covers in each version.
// No cryptography here.

import { type ByteString, EMPTY_BYTES } from '../domain/bytes.ts';
import type { ByteReader } from './byte-reader.ts';
import { byteBytes, intBytes, joinBytes } from './byte-writer.ts';
import type { Envelope } from './envelope.ts';
import type { MessageWriter } from './message-writer.ts';
import { isAtLeast } from './protocol.ts';

export interface Credential {
  readonly version: number;
  readonly reserved: number;
  readonly options: number;
  readonly signerHandle: ByteString;
  /** In a session the counter of its messages. */
  readonly signerIndex: number;
  /** `HS_SIGNED`, `HS_MAC`. */
  readonly type: ByteString;
  readonly algorithm: ByteString;
  readonly signature: ByteString;
}

export const SIGNED = 'HS_SIGNED' as ByteString;
export const MAC = 'HS_MAC' as ByteString;

export function makeCredential(
  given: Pick<Credential, 'type' | 'algorithm' | 'signature'> & { readonly counter: number },
): Credential {
  const { type, algorithm, signature, counter } = given;
  const empty = { version: 0, reserved: 0, options: 0, signerHandle: EMPTY_BYTES };
  return { ...empty, signerIndex: counter, type, algorithm, signature };
}

/** Null for a message that is not signed. Throws `MALFORMED_MESSAGE`. */
export function readCredential(reader: ByteReader): Credential | null {
  const length = reader.readCount(1);
  if (length !== reader.remaining) throw reader.malformed('a credential of another length than it says');
  if (length === 0) return null;
  const version = reader.readByte();
  const reserved = reader.readByte();
  const options = reader.readShort();
  const signerHandle = reader.readBytes();
  const signerIndex = reader.readInt();
  const type = reader.readBytes();
  const signedLength = reader.readCount(1);
  if (signedLength !== reader.remaining) throw reader.malformed('a signature of another length than it says');
  const algorithm = reader.readBytes();
  const signature = reader.readBytes();
  reader.end();
  return { version, reserved, options, signerHandle, signerIndex, type, algorithm, signature };
}

export function writeCredential(writer: MessageWriter, credential: Credential | null): void {
  const start = writer.length;
  writer.int(0);
  if (credential === null) return;
  writer.byte(credential.version);
  writer.byte(credential.reserved);
  writer.short(credential.options);
  writer.bytes(credential.signerHandle);
  writer.int(credential.signerIndex);
  writer.bytes(credential.type);
  writer.int(8 + credential.algorithm.length + credential.signature.length);
  writer.bytes(credential.algorithm);
  writer.bytes(credential.signature);
  writer.patchInt(start, writer.length - start - 4);
}

/** What stands before header and body where a signature covers them. */
function signedHead(envelope: Envelope, counter: number): ByteString {
  const { sessionId, requestId } = envelope;
  const version = joinBytes(byteBytes(envelope.major), byteBytes(envelope.minor));
  if (isAtLeast(envelope, 7)) {
    const suggested = isAtLeast(envelope, 8)
      ? joinBytes(byteBytes(envelope.suggestedMajor), byteBytes(envelope.suggestedMinor))
      : EMPTY_BYTES;
    return joinBytes(version, suggested, intBytes(sessionId), intBytes(requestId), intBytes(counter));
  }
  if (!isAtLeast(envelope, 6)) return EMPTY_BYTES;
  // What 2.6 writes: three numbers that overwrite each other, in 14 bytes.
  const session = intBytes(sessionId).slice(0, 2) as ByteString;
  return joinBytes(version, session, intBytes(counter), '\0'.repeat(6) as ByteString);
}

/** The bytes that HS_SIGNED covers; `content` is the message's header and body. */
export function signedBytes(envelope: Envelope, counter: number, content: ByteString): ByteString {
  return joinBytes(signedHead(envelope, counter), content);
}

/**
 * The bytes that HS_MAC covers. From 2.7 on they are those of HS_SIGNED, under an HMAC. Before, they hold the key twice
 * and are hashed; 2.5 and 2.6 put some of them over others, and both sides have to.
 */
export function macBytes(
  envelope: Envelope,
  counter: number,
  { content, key }: { readonly content: ByteString; readonly key: ByteString },
): ByteString {
  if (isAtLeast(envelope, 7)) return signedBytes(envelope, counter, content);
  if (!isAtLeast(envelope, 5)) return joinBytes(key, content, key);
  const bytes = Buffer.alloc(2 * key.length + 14 + content.length);
  bytes.write(key, 0, 'latin1');
  bytes[key.length] = envelope.major;
  bytes[key.length + 1] = envelope.minor;
  bytes.write(content, 4, 'latin1');
  bytes.write(key, 4 + content.length, 'latin1');
  return bytes.toString('latin1') as ByteString;
}
