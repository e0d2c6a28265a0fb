// What comes of planned writes, told for each item of a call: after a commit, and in place of one.

import type { ChangeOutcome } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_COMMIT_ATTEMPTS } from '../domain/limits.ts';
import type { Item } from './admission.ts';
import type { RegistrationResult } from './registration.ts';
import type { PlannedWrite } from './rounds.ts';

/** What a dry run says of a write: the outcomes there would be, and the state that would be replaced. */
export function foresee(write: PlannedWrite, results: RegistrationResult[]): void {
  const { item, outcome, before, echoes } = write;
  const { handle } = item.target;
  const stands = { revision: before?.revision ?? 0, updatedAt: before?.updatedAt ?? 0 };
  results[item.position] = { ok: true, outcome, handle, ...stands };
  for (const position of echoes) results[position] = { ok: true, outcome: 'unchanged', handle, ...stands };
}

/** Puts results in their places; returns the items whose record was changed by others meanwhile. */
export function settle(
  writes: readonly PlannedWrite[],
  outcomes: readonly ChangeOutcome[],
  results: RegistrationResult[],
): Item[] {
  const again: Item[] = [];
  for (let i = 0; i < writes.length; i++) {
    const { item, outcome, echoes } = writes[i] as PlannedWrite;
    const stored = outcomes[i] as ChangeOutcome;
    // A child may have lost its parent only because the parent's own item comes again.
    if (!stored.ok && (stored.code === 'REVISION_CONFLICT' || (stored.code === 'INVALID_PARENT' && again.length > 0))) {
      again.push(item);
    }
    const { handle } = item.target;
    results[item.position] = storedResult(handle, outcome, stored);
    for (const position of echoes) results[position] = storedResult(handle, 'unchanged', stored);
  }
  return again;
}

export function storedResult(
  handle: Handle,
  outcome: PlannedWrite['outcome'] | 'unchanged',
  stored: ChangeOutcome,
): RegistrationResult {
  if (stored.ok) return { ok: true, outcome, handle, revision: stored.revision, updatedAt: stored.at };
  if (stored.code === 'REVISION_CONFLICT') {
    const message = `${handle} kept being changed by others, ${MAX_COMMIT_ATTEMPTS} times in a row: try again.`;
    const zh = `${handle} 连续 ${MAX_COMMIT_ATTEMPTS} 次被他人修改：请重试。`;
    return { ok: false, handle, error: new HandleError('REVISION_CONFLICT', message, { zh }) };
  }
  const { code, message, zh } = stored;
  const place = code === 'INVALID_PARENT' ? { at: '/parent' } : {};
  return { ok: false, handle, error: new HandleError(code, message, { zh, ...place }) };
}
