// A small store for tests until the memory store is there.

import type { Change, ChangeOutcome, VisibleChange } from '../../src/domain/change.ts';
import type { Enterprise } from '../../src/domain/enterprise.ts';
import { type Handle, prefixOf } from '../../src/domain/handle.ts';
import type { HandleRecord } from '../../src/domain/handle-record.ts';
import type { AccessKey, Principal } from '../../src/domain/principal.ts';
import { judgeParent } from '../../src/store/lineage.ts';
import type {
  CommitRequest,
  CommitResult,
  HistoryEntry,
  IdempotencyResult,
  RegistryStore,
} from '../../src/store/registry-store.ts';

export function openMemoryStore(options: {
  clock: () => number;
  onVisible: (changes: readonly VisibleChange[]) => void;
}): RegistryStore {
  const { clock, onVisible } = options;
  const records = new Map<Handle, HandleRecord>();
  const lastRevision = new Map<Handle, number>();
  const history = new Map<Handle, HistoryEntry[]>();
  const enterprises = new Map<string, Enterprise>();
  const principals = new Map<string, Principal>();
  const keys = new Map<string, AccessKey>();
  const idempotency = new Map<string, IdempotencyResult>();
  let sequence = 0;
  const sorted = <T>(map: Map<string, T>, after: string | null, limit: number) =>
    [...map.entries()]
      .filter(([k]) => after === null || k > after)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([, v]) => v);
  const revisionOf = (change: Change) => {
    switch (change.kind) {
      case 'put-record':
      case 'delete-record':
        return records.get(change.handle)?.revision ?? 0;
      case 'put-enterprise':
        return enterprises.get(change.enterprise.prefix)?.revision ?? 0;
      case 'put-principal':
        return principals.get(change.principal.id)?.revision ?? 0;
      case 'put-key':
        return keys.get(change.key.id)?.revision ?? 0;
    }
  };
  function apply(change: Change, visible: VisibleChange[]): ChangeOutcome {
    const stands = revisionOf(change);
    if (stands !== change.expectedRevision)
      return { ok: false, code: 'REVISION_CONFLICT', message: 'other', currentRevision: stands };
    const at = clock();
    const stamp = <T extends { createdAt: number }>(before: T | undefined) => ({
      revision: stands + 1,
      createdAt: before?.createdAt ?? at,
      updatedAt: at,
    });
    switch (change.kind) {
      case 'put-record':
      case 'delete-record': {
        const { handle } = change;
        const before = records.get(handle);
        const revision = (lastRevision.get(handle) ?? 0) + 1;
        if (change.kind === 'put-record') {
          const objection =
            change.draft.parent === null
              ? null
              : judgeParent(handle, change.draft.parent, {
                  parentOf: (at) => records.get(at)?.parent,
                  childrenOf: (at, limit) =>
                    [...records.values()]
                      .filter((r) => r.parent === at)
                      .map((r) => r.handle)
                      .slice(0, limit),
                });
          if (objection !== null)
            return { ok: false, code: 'INVALID_PARENT', message: objection, currentRevision: stands };
          records.set(handle, { ...change.draft, handle, revision, createdAt: before?.createdAt ?? at, updatedAt: at });
        } else records.delete(handle);
        lastRevision.set(handle, revision);
        if (before !== undefined || revision > 1)
          history.set(handle, [
            { revision: revision - 1, replacedAt: at, sequence, record: before ?? null },
            ...(history.get(handle) ?? []),
          ]);
        visible.push({ subject: 'record', handle, appeared: before === undefined, replaced: before !== undefined });
        return { ok: true, revision, at };
      }
      case 'put-enterprise':
        enterprises.set(change.enterprise.prefix, {
          ...change.enterprise,
          ...stamp(enterprises.get(change.enterprise.prefix)),
        });
        visible.push({ subject: 'enterprise', prefix: change.enterprise.prefix });
        break;
      case 'put-principal':
        principals.set(change.principal.id, { ...change.principal, ...stamp(principals.get(change.principal.id)) });
        visible.push({ subject: 'principal', id: change.principal.id });
        break;
      case 'put-key':
        keys.set(change.key.id, { ...change.key, ...stamp(keys.get(change.key.id)) });
        visible.push({ subject: 'key', tokenHash: change.key.tokenHash });
    }
    return { ok: true, revision: stands + 1, at };
  }
  function commitNow(request: CommitRequest): CommitResult {
    const claim = request.idempotency;
    const repeated = claim === null ? undefined : idempotency.get(claim.key);
    if (repeated !== undefined) return { outcomes: [], repeated };
    const maps = [records, lastRevision, history, enterprises, principals, keys] as Map<string, unknown>[];
    const saved = claim === null ? null : maps.map((m) => [...m]);
    const visible: VisibleChange[] = [];
    const outcomes = request.changes.map((change) => apply(change, visible));
    if (claim !== null && saved !== null) {
      if (outcomes.some((o) => !o.ok && o.code === 'REVISION_CONFLICT')) {
        maps.forEach((m, i) => {
          m.clear();
          for (const [k, v] of saved[i] ?? []) m.set(k, v);
        });
        return { outcomes, repeated: null };
      }
      idempotency.set(claim.key, { bodyHash: claim.bodyHash, note: claim.note, outcomes, at: clock() });
    }
    sequence++;
    if (visible.length > 0) onVisible(visible);
    return { outcomes, repeated: null };
  }
  return {
    get: (handle) => records.get(handle) ?? null,
    getMany: (handles) => handles.map((handle) => records.get(handle) ?? null),
    list: (prefix, after, limit) =>
      sorted(records, after, 1e9)
        .filter((r) => prefixOf(r.handle) === prefix)
        .slice(0, limit),
    children: (parent, after, limit) =>
      sorted(records, after, 1e9)
        .filter((r) => r.parent === parent)
        .map((r) => r.handle)
        .slice(0, limit),
    history: (handle, before, limit) => (history.get(handle) ?? []).filter((e) => e.revision < before).slice(0, limit),
    enterprise: (prefix) => enterprises.get(prefix) ?? null,
    enterprises: (after, limit) => sorted(enterprises, after, limit),
    principal: (id) => principals.get(id) ?? null,
    principals: (after, limit) => sorted(principals, after, limit),
    key: (id) => keys.get(id) ?? null,
    keyByHash: (h) => [...keys.values()].find((key) => key.tokenHash === h) ?? null,
    keys: (after, limit) => sorted(keys, after, limit),
    changes: () => [],
    counts: (prefix) => ({ live: [...records.keys()].filter((h) => prefixOf(h) === prefix).length, days: [] }),
    idempotencyResult: (key) => idempotency.get(key) ?? null,
    commit: async (request) => commitNow(request),
    stats: () => ({ sizeBytes: 0, records: records.size, sequence, readOnlyReason: null }),
    close: async () => {},
  };
}
