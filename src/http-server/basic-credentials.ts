// HTTP Basic (RFC 7617) as the Handle API means it: `index%3Ahandle`, a colon, and the bytes of a secret-key value.

import { type ByteString, isUtf8, textFromBytes } from '../domain/bytes.ts';
import type { HandleCredential } from '../registry/handle-authentication.ts';

const BASIC = /^Basic(?: +(.*))?$/i;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Names nobody: it fails as every wrong credential does. */
const UNREADABLE: HandleCredential = { user: '', secret: '' as ByteString };

/** Null if the header is of another scheme. What cannot be read is a credential all the same, of nobody. */
export function basicCredentialOf(header: string | undefined): HandleCredential | null {
  const match = header === undefined ? null : BASIC.exec(header);
  if (match === null) return null;
  const encoded = match[1]?.trim() ?? '';
  if (!BASE64.test(encoded)) return UNREADABLE;
  const bytes = Buffer.from(encoded, 'base64').toString('latin1') as ByteString;
  const colon = bytes.indexOf(':');
  const user = bytes.slice(0, Math.max(0, colon)) as ByteString;
  if (colon < 0 || !isUtf8(user)) return UNREADABLE;
  try {
    return { user: decodeURIComponent(textFromBytes(user)), secret: bytes.slice(colon + 1) as ByteString };
  } catch {
    return UNREADABLE; // decodeURIComponent's only way to say that a % begins no escape
  }
}
