// The form of a backup file: a header in the clear, then sealed chunks, each behind its length. Pure but for the zeroes
// and ones of zlib; opens no file.
//
//   header: "JIABIAO BACKUP 1\n", 8 bytes key name, 32 bytes salt
//   chunk:  4 bytes length (the high bit: it is the last), then as many bytes: AES-256-GCM over a byte of kind and content

import { HandleError } from '../domain/error.ts';
import { MAX_BACKUP_CHUNK_BYTES } from '../domain/limits.ts';
import { TAG_BYTES } from './backup-cipher.ts';

const MAGIC = Buffer.from('JIABIAO BACKUP 1\n', 'latin1');
const KEY_NAME_BYTES = 8;
export const SALT_BYTES = 32;
export const HEADER_BYTES = MAGIC.length + KEY_NAME_BYTES + SALT_BYTES;

export const LENGTH_BYTES = 4;
const IS_LAST = 0x8000_0000;
/** Compression of what does not compress adds less than this. */
const OVERHEAD_BYTES = 4096;
const MAX_SEALED_BYTES = MAX_BACKUP_CHUNK_BYTES + OVERHEAD_BYTES + TAG_BYTES;

/** What a chunk holds: the byte before its content. Files of keys have theirs in `KEY_FILES`, other files beside the store `BESIDE_KIND`; what is not known is passed over. */
export const KIND = {
  /** JSON: what is in the backup. The first chunk. */
  manifest: 1,
  /** Pages of the store in their order, as they are or compressed with zstd. */
  pages: 2,
  packedPages: 3,
  /** Nothing: the last chunk. */
  end: 5,
} as const;

export interface BackupManifest {
  /** Instant, ISO 8601. */
  readonly madeAt: string;
  /** Bytes of the store's pages. */
  readonly storeBytes: number;
  readonly records: number;
  readonly sequence: number;
}

export function encodeHeader(keyName: Buffer, salt: Buffer): Buffer {
  return Buffer.concat([MAGIC, keyName, salt]);
}

/** The key name. Throws `INVALID_REQUEST` if this is the beginning of something else. */
export function decodeHeader(header: Buffer, file: string): Buffer {
  const isOurs = header.length === HEADER_BYTES && header.subarray(0, MAGIC.length).equals(MAGIC);
  if (!isOurs)
    throw new HandleError('INVALID_REQUEST', `${file} is no backup of this program, or its beginning is gone.`);
  return header.subarray(MAGIC.length, MAGIC.length + KEY_NAME_BYTES);
}

export function encodeLength(sealedBytes: number, isLast: boolean): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE((sealedBytes | (isLast ? IS_LAST : 0)) >>> 0);
  return length;
}

/** Null if no chunk is so long. */
export function decodeLength(length: Buffer): { readonly sealedBytes: number; readonly isLast: boolean } | null {
  const word = length.readUInt32BE();
  const isLast = word >= IS_LAST;
  const sealedBytes = isLast ? word - IS_LAST : word;
  return sealedBytes > MAX_SEALED_BYTES ? null : { sealedBytes, isLast };
}
