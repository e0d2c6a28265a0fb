// Whole messages of the Handle protocol (RFC 3652 §2) ⇄ bytes. Any bytes become a message that encodes to the same bytes,
// or throw `MALFORMED_MESSAGE`. Encrypted ones are bytes until somebody has decrypted them.

import type { ByteString } from '../domain/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { type Credential, readCredential, writeCredential } from './credential.ts';
import { type Envelope, isLengthInBounds, readEnvelope, writeEnvelope } from './envelope.ts';
import { MessageWriter, putInt } from './message-writer.ts';
import { ENVELOPE_BYTES, HEADER_BYTES, RESPONSE } from './protocol.ts';
import { type RequestBody, readRequestBody, writeRequestBody } from './request-body.ts';
import { type ResponseBody, readResponseBody, writeResponseBody } from './response-body.ts';

export interface Header {
  readonly opCode: number;
  /** 0 in requests. */
  readonly responseCode: number;
  readonly opFlags: number;
  /** Of the site data the client has; 0xffff for none. */
  readonly siteInfoSerial: number;
  readonly recursionCount: number;
  readonly reserved: number;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

interface MessageBase {
  readonly envelope: Envelope;
  readonly header: Header;
  readonly credential: Credential | null;
}

export interface RequestMessage extends MessageBase {
  readonly kind: 'request';
  readonly body: RequestBody;
}

export interface ResponseMessage extends MessageBase {
  readonly kind: 'response';
  readonly body: ResponseBody;
}

export interface EncryptedMessage {
  readonly kind: 'encrypted';
  readonly envelope: Envelope;
  readonly bytes: ByteString;
}

/** A message with the bytes of its header and body, which digests and signatures cover. */
export type Decoded<M extends MessageBase> = M & { readonly content: ByteString };

const writer = new MessageWriter();

/** `bytes`: one envelope and all that belongs to it. Throws `MALFORMED_MESSAGE`. */
export function decodeMessage(
  bytes: ByteString,
): Decoded<RequestMessage> | Decoded<ResponseMessage> | EncryptedMessage {
  const reader = new ByteReader(bytes, 'MALFORMED_MESSAGE');
  const envelope = readEnvelope(reader);
  if (!isLengthInBounds(envelope) || envelope.messageLength !== reader.remaining) {
    throw reader.malformed(`a message of ${reader.remaining} bytes that announces ${envelope.messageLength}`);
  }
  if (envelope.isEncrypted) return { kind: 'encrypted', envelope, bytes: reader.readRest() };
  return decodeContent(envelope, reader);
}

/** As `decodeMessage`, of what an encrypted message turned out to be. */
export function decodeDecrypted(
  envelope: Envelope,
  bytes: ByteString,
): Decoded<RequestMessage> | Decoded<ResponseMessage> {
  return decodeContent(envelope, new ByteReader(bytes, 'MALFORMED_MESSAGE'));
}

function decodeContent(envelope: Envelope, reader: ByteReader): Decoded<RequestMessage> | Decoded<ResponseMessage> {
  const start = reader.position;
  const header: Header = {
    opCode: reader.readInt(),
    responseCode: reader.readInt(),
    opFlags: reader.readInt(),
    siteInfoSerial: reader.readShort(),
    recursionCount: reader.readByte(),
    reserved: reader.readByte(),
    expiresAt: reader.readInt(),
  };
  const end = reader.narrow(reader.readCount(1));
  if (header.responseCode === RESPONSE.none) {
    const body = readRequestBody(reader, header.opCode, envelope);
    const content = contentBehind(reader, start, end);
    return { kind: 'request', envelope, header, credential: readCredential(reader), content, body };
  }
  const body = readResponseBody(reader, { ...header, version: envelope });
  const content = contentBehind(reader, start, end);
  return { kind: 'response', envelope, header, credential: readCredential(reader), content, body };
}

/** Header and body, once they are read; what is behind them may be read then. */
function contentBehind(reader: ByteReader, start: number, end: number): ByteString {
  reader.widen(end);
  return reader.since(start, reader.position);
}

/** Header and body, which digests and signatures cover. */
export function encodeContent(
  message: Omit<RequestMessage, 'credential'> | Omit<ResponseMessage, 'credential'>,
): ByteString {
  writeContent(message);
  return writer.take();
}

function writeContent(message: Omit<RequestMessage, 'credential'> | Omit<ResponseMessage, 'credential'>): void {
  const { header, envelope } = message;
  const start = writer.claim(HEADER_BYTES);
  const { view } = writer;
  putInt(view, start, header.opCode);
  putInt(view, start + 4, header.responseCode);
  putInt(view, start + 8, header.opFlags);
  view[start + 12] = header.siteInfoSerial >>> 8;
  view[start + 13] = header.siteInfoSerial;
  view[start + 14] = header.recursionCount;
  view[start + 15] = header.reserved;
  putInt(view, start + 16, header.expiresAt);
  if (message.kind === 'request') writeRequestBody(writer, message.body, envelope);
  else writeResponseBody(writer, message.body, envelope);
  writer.patchInt(start + HEADER_BYTES - 4, writer.length - start - HEADER_BYTES);
}

/** The envelope's own length is not looked at: it is what follows. */
export function encodeMessage(message: RequestMessage | ResponseMessage | EncryptedMessage): ByteString {
  const { envelope } = message;
  writeEnvelope(writer, envelope);
  if (message.kind === 'encrypted') writer.fixed(message.bytes);
  else {
    writeContent(message);
    writeCredential(writer, message.credential);
  }
  writer.patchInt(ENVELOPE_BYTES - 4, writer.length - ENVELOPE_BYTES);
  return writer.take();
}

/** A message around content that was encoded before. */
export function encodeAround(envelope: Envelope, content: ByteString, credential: Credential | null): ByteString {
  writeEnvelope(writer, envelope);
  writer.fixed(content);
  writeCredential(writer, credential);
  writer.patchInt(ENVELOPE_BYTES - 4, writer.length - ENVELOPE_BYTES);
  return writer.take();
}

/** Header, body and credential, to be encrypted. */
export function encodeInner(content: ByteString, credential: Credential | null): ByteString {
  writer.fixed(content);
  writeCredential(writer, credential);
  return writer.take();
}
