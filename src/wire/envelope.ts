// The envelope of a Handle protocol message (RFC 3652 §2.1) ⇄ 20 bytes: versions, ids, and how much follows.

import type { ByteString } from '../domain/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { MessageWriter, putInt } from './message-writer.ts';
import { ENVELOPE_BYTES, MAX_MESSAGE_BYTES, type ProtocolVersion } from './protocol.ts';

export interface Envelope {
  /** The version its message is written in. */
  readonly major: number;
  readonly minor: number;
  readonly isCompressed: boolean;
  readonly isEncrypted: boolean;
  /** One datagram of several. */
  readonly isTruncated: boolean;
  /** The highest version the sender understands; major 0 for the message's own. */
  readonly suggestedMajor: number;
  readonly suggestedMinor: number;
  /** 0 for none. Between a challenge and its answer it is the challenge's. */
  readonly sessionId: number;
  readonly requestId: number;
  /** Of a datagram, from 0. */
  readonly sequence: number;
  /** Bytes of the whole message, over all datagrams, without envelopes. */
  readonly messageLength: number;
}

const COMPRESSED = 0x80;
const ENCRYPTED = 0x40;
const TRUNCATED = 0x20;
/** DO-IRP 3.0 §3.1: the lower five bits suggest a major version. */
const SUGGESTED_MAJOR = 0x1f;

/** Throws `MALFORMED_MESSAGE` for what is no envelope. A length that is out of bounds is the caller's to refuse. */
export function readEnvelope(reader: ByteReader): Envelope {
  const major = reader.readByte();
  const minor = reader.readByte();
  const flags = reader.readByte();
  return {
    major,
    minor,
    isCompressed: (flags & COMPRESSED) !== 0,
    isEncrypted: (flags & ENCRYPTED) !== 0,
    isTruncated: (flags & TRUNCATED) !== 0,
    suggestedMajor: flags & SUGGESTED_MAJOR,
    suggestedMinor: reader.readByte(),
    sessionId: reader.readInt(),
    requestId: reader.readInt(),
    sequence: reader.readInt(),
    messageLength: reader.readInt(),
  };
}

export function writeEnvelope(writer: MessageWriter, envelope: Envelope): void {
  const at = writer.claim(ENVELOPE_BYTES);
  const { view } = writer;
  view[at] = envelope.major;
  view[at + 1] = envelope.minor;
  view[at + 2] =
    (envelope.isCompressed ? COMPRESSED : 0) |
    (envelope.isEncrypted ? ENCRYPTED : 0) |
    (envelope.isTruncated ? TRUNCATED : 0) |
    (envelope.suggestedMajor & SUGGESTED_MAJOR);
  view[at + 3] = envelope.suggestedMinor;
  putInt(view, at + 4, envelope.sessionId);
  putInt(view, at + 8, envelope.requestId);
  putInt(view, at + 12, envelope.sequence);
  putInt(view, at + 16, envelope.messageLength);
}

export function encodeEnvelope(envelope: Envelope): ByteString {
  const writer = new MessageWriter();
  writeEnvelope(writer, envelope);
  return writer.take();
}

/** The highest version the sender understands. */
export function suggestedVersion(envelope: Envelope): ProtocolVersion {
  return envelope.suggestedMajor === 0
    ? { major: envelope.major, minor: envelope.minor }
    : { major: envelope.suggestedMajor, minor: envelope.suggestedMinor };
}

/** Whether a message of that length may follow. */
export function isLengthInBounds({ messageLength }: Envelope): boolean {
  return messageLength >= 0 && messageLength <= MAX_MESSAGE_BYTES;
}

/** Null if not all of it is there. */
export function tryEnvelope(bytes: ByteString): Envelope | null {
  return bytes.length < ENVELOPE_BYTES ? null : readEnvelope(new ByteReader(bytes, 'MALFORMED_MESSAGE'));
}

/** The length of the message whose envelope stands at the beginning of `bytes`; null if not all of it is there. */
export function announcedLength(bytes: ByteString): number | null {
  if (bytes.length < ENVELOPE_BYTES) return null;
  return (
    (bytes.charCodeAt(16) << 24) | (bytes.charCodeAt(17) << 16) | (bytes.charCodeAt(18) << 8) | bytes.charCodeAt(19)
  );
}
