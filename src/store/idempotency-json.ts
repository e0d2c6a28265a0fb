// The stored form of what an idempotent request did: outcomes as short arrays within JSON. Pure.

import { type ByteString, bytesFromText, textFromBytes } from '../domain/bytes.ts';
import type { ChangeOutcome } from '../domain/change.ts';
import { damaged } from './packed-bytes.ts';
import type { IdempotencyResult } from './registry-store.ts';

const VERSION = 1;

interface StoredResult extends Omit<IdempotencyResult, 'outcomes'> {
  readonly version: number;
  /** Its place in the list by age, so that one goes with the other. */
  readonly ageKey: string;
  readonly outcomes: readonly (readonly [revision: number, at: number] | ChangeOutcome)[];
}

export function encodeResult(result: IdempotencyResult, ageKey: ByteString): ByteString {
  const outcomes = result.outcomes.map((outcome) => (outcome.ok ? ([outcome.revision, outcome.at] as const) : outcome));
  const stored: StoredResult = { ...result, version: VERSION, ageKey, outcomes };
  return bytesFromText(JSON.stringify(stored));
}

/** Throws `STORE_FORMAT`. */
export function decodeResult(bytes: ByteString): { result: IdempotencyResult; ageKey: ByteString } {
  let stored: StoredResult;
  try {
    stored = JSON.parse(textFromBytes(bytes));
  } catch {
    throw damaged('the result of a request is not JSON');
  }
  if (stored?.version !== VERSION) throw damaged(`the result of a request does not have version ${VERSION}`);
  const { bodyHash, note, at, ageKey } = stored;
  const outcomes = stored.outcomes.map(
    (outcome): ChangeOutcome =>
      'ok' in outcome ? outcome : { ok: true, revision: outcome[0] as number, at: outcome[1] as number },
  );
  return { result: { bodyHash, note, outcomes, at }, ageKey: ageKey as ByteString };
}
