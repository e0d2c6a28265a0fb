// The public half of a Diffie-Hellman key ⇄ bytes, as the reference sends it when a session is set up. No cryptography here.

import type { ByteString } from '../domain/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { countedText, joinBytes, shortBytes } from './byte-writer.ts';
import { readUnsigned, writeSigned } from './public-key-value.ts';

/** Big-endian, without leading zero bytes. */
export interface DiffieHellmanKey {
  readonly y: ByteString;
  readonly p: ByteString;
  readonly g: ByteString;
}

const KIND = 'DH_PUB_KEY';

/** Throws `INVALID_VALUE`. Bytes behind the key, which old writers left, must be zeros. */
export function decodeDiffieHellmanKey(bytes: ByteString): DiffieHellmanKey {
  const reader = new ByteReader(bytes);
  if (reader.readText() !== KIND || reader.readShort() !== 0) throw reader.malformed('no key of Diffie and Hellman');
  const y = readUnsigned(reader);
  const p = readUnsigned(reader);
  const g = readUnsigned(reader);
  if (/[^\0]/.test(reader.readRest())) throw reader.malformed('bytes after the key');
  return { y, p, g };
}

export function encodeDiffieHellmanKey({ y, p, g }: DiffieHellmanKey): ByteString {
  return joinBytes(countedText(KIND), shortBytes(0), writeSigned(y), writeSigned(p), writeSigned(g));
}
