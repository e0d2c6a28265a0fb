// Data of HS_ADMIN values (RFC 3651 §3.2.1) ⇄ bytes: who administers a handle, and with which permissions.

import type { ByteString } from '../domain/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { countedText, intBytes, joinBytes, shortBytes } from './byte-writer.ts';

export interface AdminValue {
  readonly handle: string;
  /** The value of `handle` that holds the key; 0 for any. */
  readonly index: number;
  /** Twelve bits, the lowest is "add handle". */
  readonly permissions: number;
}

export const ADMIN_PERMISSION_BITS = 12;

/** Throws `INVALID_VALUE`. Two zero bytes at the end, which old writers left, are dropped. */
export function decodeAdmin(bytes: ByteString): AdminValue {
  const reader = new ByteReader(bytes);
  const permissions = reader.readShort();
  if (permissions >>> ADMIN_PERMISSION_BITS !== 0) throw reader.malformed('permissions of more than 12 bits');
  const handle = reader.readText();
  const index = reader.readInt();
  if (index < 0) throw reader.malformed('a negative index');
  if (reader.remaining === 2 && reader.readShort() !== 0) throw reader.malformed('2 bytes too many');
  reader.end();
  return { handle, index, permissions };
}

export function encodeAdmin(value: AdminValue): ByteString {
  return joinBytes(shortBytes(value.permissions), countedText(value.handle), intBytes(value.index));
}
