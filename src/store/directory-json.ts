// The stored form of enterprises, principals and keys: few, so JSON with a version is small enough. Pure.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { damaged } from './packed-bytes.ts';

const VERSION = 1;

export function encodeEntity(entity: object): ByteString {
  return bytesFromText(JSON.stringify({ version: VERSION, ...entity }));
}

/** Throws `STORE_FORMAT`. The fields are trusted: only `encodeEntity` writes them. */
export function decodeEntity<T extends object>(bytes: ByteString): T {
  let stored: { version?: unknown } & T;
  try {
    stored = JSON.parse(textFromBytes(bytes));
  } catch {
    throw damaged('an entry of the directory is not JSON');
  }
  if (stored === null || typeof stored !== 'object' || stored.version !== VERSION) {
    throw damaged(`an entry of the directory does not have version ${VERSION}`);
  }
  const { version: _, ...entity } = stored;
  return entity as unknown as T;
}
