// References to values of other handles ⇄ JSON: `[{"handle","index"}]`, in HS_VLIST data and beside any value.

import type { ValueReference } from '../domain/handle-value.ts';
import { REFERENCE_INDEX_RANGE, readArray, readInteger, readObject, readString } from './json-input.ts';

const MEMBERS: ReadonlySet<string> = new Set(['handle', 'index']);

/** Throws `INVALID_VALUE`. */
export function parseReferences(input: unknown, at: string, limit: number): readonly ValueReference[] {
  return readArray(input, at, limit).map((one, i) => parseReference(one, `${at}/${i}`));
}

function parseReference(input: unknown, at: string): ValueReference {
  const reference = readObject(input, at, MEMBERS);
  return {
    handle: readString(reference.handle, `${at}/handle`),
    index: readInteger(reference.index, `${at}/index`, REFERENCE_INDEX_RANGE),
  };
}
