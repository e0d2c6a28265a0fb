// Messages ⇄ datagrams of at most 512 bytes (RFC 3652 §2.3): each repeats the envelope and says its place. Memory of those
// that are not complete is the caller's to bound.

import type { ByteString } from '../domain/bytes.ts';
import { HandleError } from '../domain/error.ts';
import { ByteReader } from './byte-reader.ts';
import { byteBytes, intBytes, joinBytes } from './byte-writer.ts';
import { announcedLength, type Envelope, encodeEnvelope, isLengthInBounds, readEnvelope } from './envelope.ts';
import { DATAGRAM_BYTES, ENVELOPE_BYTES } from './protocol.ts';

/** Bytes of a message in each datagram but the last. */
const PART_BYTES = DATAGRAM_BYTES - ENVELOPE_BYTES;
const TRUNCATED = 0x20;
const SEQUENCE_AT = 12;
const NOTHING = '\0\0\0\0';

/** Whether a datagram is a whole message, as nearly all are. What is not, `decodeDatagram` looks into. */
export function isWholeMessage(bytes: ByteString): boolean {
  return (
    announcedLength(bytes) === bytes.length - ENVELOPE_BYTES &&
    (bytes.charCodeAt(2) & TRUNCATED) === 0 &&
    bytes.startsWith(NOTHING, SEQUENCE_AT)
  );
}

/** The datagrams of an encoded message; the message itself if it fits into one. */
export function splitMessage(message: ByteString): readonly ByteString[] {
  if (message.length <= DATAGRAM_BYTES) return [message];
  const flags = byteBytes(message.charCodeAt(2) | TRUNCATED);
  const head = joinBytes(message.slice(0, 2) as ByteString, flags, message.slice(3, 12) as ByteString);
  const length = message.slice(16, ENVELOPE_BYTES) as ByteString;
  const datagrams: ByteString[] = [];
  for (let at = ENVELOPE_BYTES; at < message.length; at += PART_BYTES) {
    const part = message.slice(at, at + PART_BYTES) as ByteString;
    datagrams.push(joinBytes(head, intBytes(datagrams.length), length, part));
  }
  return datagrams;
}

/** Datagrams that a message of that length comes in. */
function datagramsOf({ messageLength }: Pick<Envelope, 'messageLength'>): number {
  return Math.max(1, Math.ceil(messageLength / PART_BYTES));
}

export interface Datagram {
  readonly envelope: Envelope;
  readonly part: ByteString;
}

/** Throws `MALFORMED_MESSAGE` unless the part is exactly what belongs in its place. */
export function decodeDatagram(bytes: ByteString): Datagram {
  const reader = new ByteReader(bytes, 'MALFORMED_MESSAGE');
  const envelope = readEnvelope(reader);
  const { sequence, messageLength } = envelope;
  const isPart = isLengthInBounds(envelope) && sequence >= 0 && sequence < datagramsOf(envelope);
  // A message of one datagram may be larger than the reference makes them.
  const expected = envelope.isTruncated ? Math.min(PART_BYTES, messageLength - sequence * PART_BYTES) : messageLength;
  if (!isPart || reader.remaining !== expected || (!envelope.isTruncated && sequence !== 0)) {
    throw reader.malformed(`part ${sequence} of ${reader.remaining} bytes in a message of ${messageLength}`);
  }
  return { envelope, part: reader.readRest() };
}

/** Collects the datagrams of one message, in whatever order and however often they come. */
export class Parts {
  readonly #parts: (ByteString | undefined)[];
  readonly #first: Envelope;
  #missing: number;

  constructor({ envelope }: Datagram) {
    this.#first = envelope;
    this.#missing = datagramsOf(envelope);
    this.#parts = new Array(this.#missing);
  }

  /** The whole message once it is complete, else null. Throws `MALFORMED_MESSAGE` for a part of another message. */
  add({ envelope, part }: Datagram): ByteString | null {
    const { sequence, messageLength } = envelope;
    if (messageLength !== this.#first.messageLength || envelope.major !== this.#first.major) {
      throw new HandleError('MALFORMED_MESSAGE', 'The bytes are malformed: parts of two messages under one id.');
    }
    if (this.#parts[sequence] === undefined) this.#missing -= 1;
    this.#parts[sequence] ??= part;
    return this.#missing > 0
      ? null
      : joinBytes(encodeEnvelope({ ...envelope, sequence: 0 }), ...(this.#parts as ByteString[]));
  }
}
