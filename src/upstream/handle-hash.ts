// Which server of a site has a handle (RFC 3651 §3.2.2): a number out of the part of the handle that the site names.

import { createHash } from 'node:crypto';
import { bytesFromText } from '../domain/bytes.ts';
import { type Handle, prefixOf, suffixOf } from '../domain/handle.ts';
import { foldAsciiCase } from '../domain/prefix.ts';

const BY_PREFIX = 0;
const BY_SUFFIX = 1;

/** The place of the server among `count`. MD5 only spreads here. */
export function serverPlaceOf(handle: Handle, hashOption: number, count: number): number {
  if (count <= 1) return 0;
  const hashed = createHash('md5')
    .update(bytesFromText(foldAsciiCase(hashedPart(handle, hashOption))), 'latin1')
    .digest();
  // Four bytes with sign, whose sign is dropped.
  return Math.abs(hashed.readInt32BE(hashed.length - 4)) % count;
}

function hashedPart(handle: Handle, hashOption: number): string {
  if (hashOption === BY_PREFIX) return prefixOf(handle);
  return hashOption === BY_SUFFIX ? suffixOf(handle) : handle;
}
