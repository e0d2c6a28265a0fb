// The refusals of single changes, worded once for every store. Pure.

import type { ChangeOutcome } from '../domain/change.ts';
import type { Saying } from '../domain/error.ts';

export function revisionConflict(name: string, expected: number, current: number): ChangeOutcome {
  const message =
    current === 0
      ? `${name} does not exist, revision ${expected} was expected: read it again.`
      : `${name} has revision ${current}, ${expected === 0 ? 'none' : expected} was expected: read it again.`;
  return { ok: false, code: 'REVISION_CONFLICT', message, currentRevision: current };
}

export function nothingToDelete(name: string): ChangeOutcome {
  const message = `${name} does not exist: there is nothing to delete.`;
  return { ok: false, code: 'REVISION_CONFLICT', message, currentRevision: 0 };
}

export function invalidParent({ en, zh }: Saying, current: number): ChangeOutcome {
  return { ok: false, code: 'INVALID_PARENT', message: en, zh, currentRevision: current };
}

export function quotaUsedUp({ en, zh }: Saying, current: number): ChangeOutcome {
  return { ok: false, code: 'INVALID_STATE', message: en, zh, currentRevision: current };
}

export function alreadyExists(name: string, current: number): ChangeOutcome {
  return { ok: false, code: 'ALREADY_EXISTS', message: `${name} is in use already.`, currentRevision: current };
}

export function lotRefused(
  code: 'LOT_OVERLAP' | 'INVALID_LOT_CODE' | 'LOT_KEY_MISSING',
  said: string | Saying,
  current: number,
): ChangeOutcome {
  const message = typeof said === 'string' ? { message: said } : { message: said.en, zh: said.zh };
  return { ok: false, code, ...message, currentRevision: current };
}

/** For the neighbours of a conflict in a request that is applied as one or not at all. */
export function heldBack(name: string, current: number): ChangeOutcome {
  const message = `${name} was left as it is because another change of the same request met a conflict: repeat them all.`;
  return { ok: false, code: 'REVISION_CONFLICT', message, currentRevision: current };
}
