// Own records ⇄ the text that a shared cache holds. Takes what it does not know for nothing. Pure.

import type { HandleRecord } from '../domain/handle-record.ts';
import { rowOf, valuesIn } from './answer-codec.ts';
import type { KeptRecord } from './record-tier.ts';

/** Another shape gets another number, so that two versions of the node can share a cache. */
const VERSION = 1;

export function encodeKept({ record, readAt }: KeptRecord): string {
  const { handle, values, ...rest } = record;
  return JSON.stringify([VERSION, readAt, handle, rest, values.map(rowOf)]);
}

/** Null for what is no record of this version. */
export function decodeKept(text: string): KeptRecord | null {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return null; // cut off, or somebody else's
  }
  if (!Array.isArray(input) || input[0] !== VERSION || input.length !== 5) return null;
  const [, readAt, handle, rest, rows] = input as [number, number, string, object, unknown];
  const values = valuesIn(rows);
  if (values === null || !Number.isFinite(readAt)) return null;
  return { record: { ...rest, handle, values } as HandleRecord, readAt };
}
