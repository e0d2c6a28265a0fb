// IP addresses as sixteen bytes ⇄ text. IPv4 stands in the last four bytes after twelve zeros, as in HS_SITE values.

import type { ByteString } from '../domain/bytes.ts';
import { byteBytes, joinBytes, shortBytes } from './byte-writer.ts';

const TWELVE_ZEROS = '\0'.repeat(12);
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6_CHARACTERS = /^[0-9A-Fa-f:.]+$/;
const IPV6_GROUPS = 8;

/** IPv4 with dots, IPv6 as RFC 5952 writes it. */
export function formatIpAddress(bytes: ByteString): string {
  if (bytes.startsWith(TWELVE_ZEROS)) return Array.from(bytes.slice(12), (byte) => byte.charCodeAt(0)).join('.');
  const groups = Array.from({ length: IPV6_GROUPS }, (_, i) =>
    ((bytes.charCodeAt(i * 2) << 8) | bytes.charCodeAt(i * 2 + 1)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** Null if the text is no IP address. */
export function parseIpAddress(text: string): ByteString | null {
  if (IPV4.test(text)) {
    return joinBytes(TWELVE_ZEROS as ByteString, ...text.split('.').map((part) => byteBytes(Number(part))));
  }
  // A URL parser knows IPv6 (RFC 4291 §2.2), and writes it in one canonical form.
  if (!text.includes(':') || !IPV6_CHARACTERS.test(text)) return null;
  const url = URL.parse(`http://[${text}]`);
  if (url === null) return null;
  const [left = '', right] = url.hostname.slice(1, -1).split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = new Array<string>(IPV6_GROUPS - head.length - tail.length).fill('0');
  return joinBytes(...[...head, ...zeros, ...tail].map((group) => shortBytes(Number.parseInt(group, 16))));
}
