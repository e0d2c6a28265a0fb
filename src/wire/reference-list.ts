// Data of HS_VLIST values (RFC 3651 §3.2.7) ⇄ bytes: a list of values of other handles.

import type { ByteString } from '../domain/bytes.ts';
import type { ValueReference } from '../domain/handle-value.ts';
import { ByteReader } from './byte-reader.ts';
import { countedText, intBytes, joinBytes } from './byte-writer.ts';

/** Bytes of the shortest reference: an empty handle's length, and an index. */
const LEAST_REFERENCE_SIZE = 8;

/** Throws `INVALID_VALUE`. */
export function decodeReferenceList(bytes: ByteString): readonly ValueReference[] {
  const reader = new ByteReader(bytes);
  const references = readReferences(reader);
  reader.end();
  return references;
}

export function encodeReferenceList(references: readonly ValueReference[]): ByteString {
  return joinBytes(
    intBytes(references.length),
    ...references.map((one) => joinBytes(countedText(one.handle), intBytes(one.index))),
  );
}

/** A counted list of references. Throws what the reader throws. */
export function readReferences(reader: ByteReader): readonly ValueReference[] {
  const count = reader.readCount(LEAST_REFERENCE_SIZE);
  return Array.from({ length: count }, () => {
    const handle = reader.readText();
    const index = reader.readInt();
    if (index < 0) throw reader.malformed('a negative index');
    return { handle, index };
  });
}
