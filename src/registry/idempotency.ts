// Requests that a client may repeat: which request a key stands for, and its first outcome told again.
// The store keeps the outcomes in the commit's own transaction; the note beside them holds what was settled without one.

import { hash } from 'node:crypto';
import type { ChangeOutcome } from '../domain/change.ts';
import { type ErrorCode, HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_IDEMPOTENCY_KEY_LENGTH } from '../domain/limits.ts';
import type { IdempotencyResult } from '../store/registry-store.ts';
import type { IdempotencyClaim, RegistrationResult } from './registration.ts';
import { storedResult } from './round-results.ts';
import type { PlannedWrite } from './rounds.ts';

const CLIENT_KEY = /^[\x20-\x7e]+$/;

/** SHA-256 of (principal, method, path, client's key), hex: principals cannot meet in each other's keys. */
export function claimKeyOf(principalId: string, claim: IdempotencyClaim): string {
  const { clientKey, method, path } = claim;
  if (!CLIENT_KEY.test(clientKey) || clientKey.length > MAX_IDEMPOTENCY_KEY_LENGTH) {
    throw new HandleError(
      'INVALID_REQUEST',
      `An Idempotency-Key is 1 to ${MAX_IDEMPOTENCY_KEY_LENGTH} printable ASCII characters: use a UUID.`,
    );
  }
  return hash('sha256', JSON.stringify([principalId, method, path, clientKey]), 'hex');
}

export function assertSameBody(knownHash: string, claim: IdempotencyClaim): void {
  if (knownHash === claim.bodyHash) return;
  throw new HandleError(
    'IDEMPOTENCY_MISMATCH',
    'This Idempotency-Key was used with another body: repeat the first request unchanged, or use a new key.',
  );
}

export function inProgress(): HandleError {
  return new HandleError(
    'IDEMPOTENCY_IN_PROGRESS',
    'A request with this Idempotency-Key is being carried out: ask again in a moment for its outcome.',
    { retryAfterSeconds: 1 },
  );
}

const LETTERS = { created: 'c', updated: 'u', revoked: 'r', deleted: 'd' } as const;
const WRITTEN: Readonly<Record<string, PlannedWrite['outcome']>> = {
  c: 'created',
  u: 'updated',
  r: 'revoked',
  d: 'deleted',
};
const KEPT = '=';
const ECHOED = '~';
const REFUSED = '!';

/** One letter for each item, then what the others than written ones need; those take the outcomes in order. */
interface Note {
  readonly items: string;
  /** Which write each says again. */
  readonly echoed: readonly number[];
  readonly kept: readonly (readonly [revision: number, updatedAt: number])[];
  readonly refused: readonly (readonly [code: ErrorCode, message: string, at: string | null])[];
}

/** `results` holds what is settled without the store; items in `writes` wait for their outcome. */
export function formatNote(results: readonly RegistrationResult[], writes: readonly PlannedWrite[]): string {
  const letters: string[] = [];
  const kept: [number, number][] = [];
  const refused: [ErrorCode, string, string | null][] = [];
  const echoOf = new Map<number, number>();
  for (const [number, write] of writes.entries()) {
    letters[write.item.position] = LETTERS[write.outcome];
    for (const position of write.echoes) echoOf.set(position, number);
  }
  const echoed: number[] = [];
  for (let i = 0; i < results.length; i++) {
    const result = results[i];
    const echo = echoOf.get(i);
    if (letters[i] !== undefined) continue;
    if (echo !== undefined) {
      letters[i] = ECHOED;
      echoed.push(echo);
    } else if (result === undefined) continue;
    else if (result.ok) {
      letters[i] = KEPT;
      kept.push([result.revision, result.updatedAt]);
    } else {
      letters[i] = REFUSED;
      refused.push([result.error.code, result.error.message, result.error.at ?? null]);
    }
  }
  const note: Note = { items: letters.join(''), echoed, kept, refused };
  return JSON.stringify(note);
}

/** The results of the first request. `handles`: those of the repeat, canonical where they can be parsed. */
export function parseNote(stored: IdempotencyResult, handles: readonly string[]): RegistrationResult[] {
  const note = JSON.parse(stored.note) as Note;
  let written = 0;
  let echoed = 0;
  let kept = 0;
  let refused = 0;
  return handles.map((handle, i): RegistrationResult => {
    const letter = note.items.charAt(i);
    if (letter === ECHOED) {
      const number = note.echoed[echoed++] as number;
      return storedResult(handle as Handle, 'unchanged', stored.outcomes[number] as ChangeOutcome);
    }
    if (letter === KEPT) {
      const [revision, updatedAt] = note.kept[kept++] as Note['kept'][number];
      return { ok: true, outcome: 'unchanged', handle: handle as Handle, revision, updatedAt };
    }
    if (letter === REFUSED) {
      const [code, message, at] = note.refused[refused++] as Note['refused'][number];
      return { ok: false, handle, error: new HandleError(code, message, at === null ? {} : { at }) };
    }
    const outcome = WRITTEN[letter];
    if (outcome === undefined) throw new HandleError('INTERNAL', `A stored idempotency note has no item ${i}.`);
    return storedResult(handle as Handle, outcome, stored.outcomes[written++] as ChangeOutcome);
  });
}
