// Puts administrative acts into the audit trail at the one place that every commit passes, so that no door and no command
// can forget to. Registrations are not told: the change log has them.

import type { AuditDetail, AuditEvent, AuditKind, AuditTrail } from '../domain/audit.ts';
import type { Change, ChangeOutcome } from '../domain/change.ts';
import type { CommitRequest, RegistryStore } from '../store/registry-store.ts';

/** The same store, whose commits are told to the trail once they are on disk and before they are acknowledged. */
export function auditCommits(store: RegistryStore, trail: AuditTrail): RegistryStore {
  return {
    ...store,
    commit: (request) => {
      const pending = store.commit(request);
      // Sheets hold creations alone, and are not taken apart for nothing.
      if (request.sheet !== undefined || !request.changes.some(isAdministrative)) return pending;
      return pending.then((result) => {
        for (const event of eventsOf(request, result.outcomes)) trail.record(event);
        return result;
      });
    },
  };
}

function isAdministrative(change: Change): boolean {
  return change.kind !== 'put-record' || change.draft.status === 'revoked';
}

function eventsOf(request: CommitRequest, outcomes: readonly ChangeOutcome[]): readonly AuditEvent[] {
  const applied = request.changes.filter((change, i) => outcomes[i]?.ok === true && isAdministrative(change));
  const make = (kind: AuditKind, subject: string, detail: AuditDetail): AuditEvent => {
    const { principalId, requestId } = request;
    return { kind, principalId, requestId, client: null, subject, detail };
  };
  const ofRecords = (kind: 'identifiers-revoked' | 'identifiers-deleted', changeKind: Change['kind']) => {
    const handles = applied.flatMap((change) =>
      change.kind === changeKind && 'handle' in change ? [change.handle] : [],
    );
    return handles.length === 0 ? [] : [make(kind, handles[0] as string, { count: handles.length })];
  };
  return [
    ...applied.flatMap((change) => directoryEvent(change, make)),
    ...ofRecords('identifiers-revoked', 'put-record'),
    ...ofRecords('identifiers-deleted', 'delete-record'),
  ];
}

function directoryEvent(
  change: Change,
  make: (kind: AuditKind, subject: string, detail: AuditDetail) => AuditEvent,
): AuditEvent[] {
  switch (change.kind) {
    case 'put-enterprise': {
      const { prefix, state, holder, quota } = change.enterprise;
      const kind = change.expectedRevision === 0 ? 'enterprise-created' : 'enterprise-updated';
      return [make(kind, prefix, { state, holder, quota })];
    }
    case 'put-principal': {
      const { id, role, scope, state } = change.principal;
      const kind = change.expectedRevision === 0 ? 'principal-created' : 'principal-updated';
      return [make(kind, id, { role, scope, state })];
    }
    case 'put-key': {
      const { id, principalId, expiresAt, revokedAt } = change.key;
      const instants = { expiresAt: instantOf(expiresAt), revokedAt: instantOf(revokedAt) };
      const changed = revokedAt === null ? 'key-updated' : 'key-revoked';
      return [make(change.expectedRevision === 0 ? 'key-created' : changed, id, { of: principalId, ...instants })];
    }
    case 'put-home': {
      const { prefix, state, foldsCase } = change.home;
      return [make('prefix-homed', prefix, { state, foldsCase })];
    }
    case 'put-template': {
      const { handle, elements } = change.template;
      const disabled = elements.filter((element) => element.disabled).length;
      return [make('template-changed', handle, { elements: elements.length, disabled })];
    }
    case 'put-lot': {
      const { id, state, from, to } = change.lot;
      return [make(change.expectedRevision === 0 ? 'lot-created' : 'lot-changed', id, { state, from, to })];
    }
    default:
      return [];
  }
}

function instantOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
