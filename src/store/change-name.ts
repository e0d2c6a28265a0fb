// What a change is about, by name; asked before anything is staged, so that what cannot be stored leaves nothing behind.
// Pure.

import { utf8Length } from '../domain/bytes.ts';
import type { Change, ChangeSubject } from '../domain/change.ts';
import { HandleError } from '../domain/error.ts';
import { MAX_CHANGES_PER_COMMIT, MAX_STORED_HANDLE_BYTES } from '../domain/limits.ts';
import type { PreservedMarks } from '../domain/preserved.ts';

/** Subject and name as the change log has them. */
export function subjectOf(change: Change): { readonly subject: ChangeSubject; readonly name: string } {
  switch (change.kind) {
    case 'put-enterprise':
      return { subject: 'enterprise', name: change.enterprise.prefix };
    case 'put-principal':
      return { subject: 'principal', name: change.principal.id };
    case 'put-key':
      return { subject: 'key', name: change.key.id };
    case 'put-home':
      return { subject: 'home', name: change.home.prefix };
    case 'put-template':
      return { subject: 'template', name: change.template.handle };
    case 'put-lot':
      return { subject: 'lot', name: change.lot.id };
    default:
      return { subject: 'record', name: change.handle };
  }
}

/** Throws what is wrong with a whole request: `PAYLOAD_TOO_LARGE`, `INVALID_HANDLE`, `INVALID_REQUEST`. */
export function assertStorable(changes: readonly Change[]): void {
  if (changes.length > MAX_CHANGES_PER_COMMIT) {
    throw new HandleError('PAYLOAD_TOO_LARGE', `A commit takes at most ${MAX_CHANGES_PER_COMMIT} changes: divide it.`);
  }
  for (const change of changes) {
    const { subject, name } = subjectOf(change);
    assertLength(name, subject === 'record' || subject === 'template' ? 'INVALID_HANDLE' : 'INVALID_REQUEST');
    if (change.kind === 'put-key') assertLength(change.key.tokenHash, 'INVALID_REQUEST');
  }
}

function assertLength(name: string, code: 'INVALID_HANDLE' | 'INVALID_REQUEST'): void {
  const length = utf8Length(name);
  if (length > 0 && length <= MAX_STORED_HANDLE_BYTES) return;
  const shown = JSON.stringify(name.slice(0, 80));
  throw new HandleError(code, `${shown} cannot be stored: use a name of 1 to ${MAX_STORED_HANDLE_BYTES} bytes.`);
}

/** Revision and instants of an entity: those it brings from another node, else new ones. */
export function marksOf(change: Change, fresh: PreservedMarks): PreservedMarks {
  if (!('preserved' in change) || change.preserved === undefined) return fresh;
  const { revision, createdAt, updatedAt } = change.preserved;
  return { revision, createdAt, updatedAt };
}
