// The answer of a code of a lot, as far as it and its lot go: what is above them is put under it by who follows parents.
// Pure.

import { type Answer, noRenderings, type Validity } from '../domain/answer.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { mergeValues, ttlSecondsOf } from '../domain/inheritance.ts';
import { DEFAULT_TTL_SECONDS, NEGATIVE_TTL_SECONDS } from '../domain/limits.ts';
import { type Recalled, recallsOf, withNotice } from '../domain/recall.ts';

const NO_RECALLS: readonly Recalled[] = [];

/** `own`: what stands under the code, or nothing of its own; `lot`: its lot, with the code's digits filled in. */
export function lotAnswer(own: HandleRecord, lot: HandleRecord, validity: Validity, nowMs: number): Answer {
  const { handle } = own;
  const common = { handle, learned: null, validity, renderings: noRenderings(), record: own };
  if (lot.status === 'revoked') {
    const { handle: revokedBy, reason } = lot;
    return { kind: 'revoked', ...common, ttlSeconds: NEGATIVE_TTL_SECONDS, revokedBy, reason };
  }
  // Whoever follows parents merges all of it at once.
  if ((own.parent ?? lot.parent) !== null) {
    return { kind: 'found', ...common, ttlSeconds: 0, ancestors: [lot], values: own.values, recalls: NO_RECALLS };
  }
  const recalls = recallsOf(own, NO_RECALLS);
  const values = withNotice(mergeValues(own.values, lot.values), recalls);
  const ttlSeconds = ttlSecondsOf(values, nowMs, DEFAULT_TTL_SECONDS);
  return { kind: 'found', ...common, ttlSeconds, ancestors: [lot], values, recalls };
}
