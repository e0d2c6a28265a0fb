// The digest of a request that its response carries (RFC 3652 §2.3), ⇄ bytes, in the two forms that are in use. Computes none.

import type { ByteString } from '../domain/bytes.ts';
import type { ByteReader } from './byte-reader.ts';
import type { MessageWriter } from './message-writer.ts';
import { isAtLeast, type ProtocolVersion } from './protocol.ts';

export const DIGEST_NAMES = ['old', 'md5', 'sha1', 'sha256'] as const;
export type DigestName = (typeof DIGEST_NAMES)[number];

export interface RequestDigest {
  /** `old`: MD5, with a length of four bytes instead of a code. */
  readonly algorithm: DigestName;
  readonly digest: ByteString;
}

const DIGEST_BYTES = { md5: 16, sha1: 20, sha256: 32 } as const;

/** Which one a version's responses carry. */
export function digestNameFor(version: ProtocolVersion): DigestName {
  if (isAtLeast(version, 7)) return 'sha256';
  return isAtLeast(version, 1) ? 'sha1' : 'old';
}

/** Throws what the reader throws. */
export function readRequestDigest(reader: ByteReader): RequestDigest {
  const algorithm = DIGEST_NAMES[reader.peekByte()];
  if (algorithm === undefined) throw reader.malformed('a digest nobody knows');
  if (algorithm === 'old') return { algorithm, digest: reader.readBytes() };
  reader.readByte();
  return { algorithm, digest: reader.readFixed(DIGEST_BYTES[algorithm]) };
}

export function writeRequestDigest(writer: MessageWriter, { algorithm, digest }: RequestDigest): void {
  if (algorithm === 'old') {
    writer.bytes(digest);
    return;
  }
  writer.byte(DIGEST_NAMES.indexOf(algorithm));
  writer.fixed(digest);
}
