// What a registration makes of the record that stands: the next draft, or the rule it breaks. Pure.
// The store checks what only its transaction can know: the revision, and the parent's life and depth.

import { HandleError } from '../domain/error.ts';
import { type Handle, prefixOf } from '../domain/handle.ts';
import {
  type HandleRecord,
  keepTimestamps,
  type RecordDraft,
  type RecordStatus,
  saysTheSame,
} from '../domain/handle-record.ts';
import { AT_COMMIT, type HandleValue } from '../domain/handle-value.ts';
import { MAX_NOTICE_LENGTH } from '../domain/limits.ts';
import type {
  PatchRegistration,
  PutRegistration,
  RecallRegistration,
  RefusedRegistration,
  Registration,
  RevokeRegistration,
} from './registration.ts';
import { assertLine, assertReason } from './text-rules.ts';
import { assertNoNotice, assertValues } from './value-rules.ts';

export type Actionable = Exclude<Registration, RefusedRegistration>;

/** The handles a registration speaks of, in canonical form; undefined where it keeps what stands. */
export interface Target {
  readonly handle: Handle;
  readonly parent: Handle | null | undefined;
  readonly template: Handle | null | undefined;
}

export type Plan =
  | { readonly kind: 'write'; readonly outcome: 'created' | 'updated' | 'revoked'; readonly draft: RecordDraft }
  | { readonly kind: 'delete'; readonly outcome: 'deleted' }
  /** It says what already stands: nothing is written. */
  | { readonly kind: 'keep'; readonly record: HandleRecord };

/** Throws why the registration cannot be carried out: the refusal of this one item. */
export function planChange(registration: Actionable, target: Target, current: HandleRecord | null): Plan {
  switch (registration.operation) {
    case 'put':
      return planPut(registration, target, current);
    case 'patch':
      return planPatch(registration, target, assertStands(registration, target, current));
    case 'revoke':
      return planRevocation(registration, target, assertStands(registration, target, current));
    case 'recall':
      return planRecall(registration, target, assertStands(registration, target, current));
    case 'lift-recall':
      return planLift(target, assertStands(registration, target, current));
    case 'delete':
      assertStands(registration, target, current);
      return { kind: 'delete', outcome: 'deleted' };
  }
}

function planPut(registration: PutRegistration, target: Target, current: HandleRecord | null): Plan {
  const { handle } = target;
  if (registration.mode === 'create' && current !== null) {
    throw new HandleError(
      'ALREADY_EXISTS',
      `${handle} exists already (revision ${current.revision}, ${current.status}): update it, or choose another handle.`,
      { zh: `${handle} 已登记（版本 ${current.revision}）：请改用更新模式，或另选标识。` },
    );
  }
  if (registration.mode === 'update' && current === null) throw absent(handle);
  assertRevision(registration, handle, current);
  if (current?.status === 'revoked') {
    throw new HandleError(
      'INVALID_STATE',
      `${handle} is revoked and cannot be overwritten: bring it back first, by a patch with status active.`,
      { zh: `${handle} 已作废，不能覆盖：请先恢复（PATCH，status 为 active）。` },
    );
  }
  if (current !== null) assertNextStatus(handle, current.status, registration.status);
  return planDraft(target, current, {
    status: registration.status,
    parent: target.parent ?? null,
    template: target.template ?? null,
    reason: null,
    // What a writer says of a product does not take its recall back.
    recall: current?.recall ?? null,
    values: registration.values,
  });
}

function planPatch(registration: PatchRegistration, target: Target, current: HandleRecord): Plan {
  const status = registration.status ?? current.status;
  assertNextStatus(target.handle, current.status, status);
  if (status === 'revoked') assertOnlyRevocation(registration, target, current);
  else if (registration.reason !== undefined) {
    throw new HandleError('INVALID_REQUEST', 'A reason goes with status revoked only: leave it out.', {
      at: '/reason',
      zh: '只有 status 为 revoked 时才写原因：请去掉 reason。',
    });
  }
  return planDraft(target, current, {
    status,
    parent: target.parent === undefined ? current.parent : target.parent,
    template: target.template === undefined ? current.template : target.template,
    reason: status === 'revoked' ? (registration.reason ?? current.reason) : null,
    recall: current.recall,
    values: patchValues(current.values, registration),
  });
}

function planRevocation(registration: RevokeRegistration, target: Target, current: HandleRecord): Plan {
  assertReason(registration.reason);
  return planDraft(target, current, { ...draftOf(current), status: 'revoked', reason: registration.reason });
}

/** Said again it changes nothing; with other words it replaces them, and its beginning stays. */
function planRecall(registration: RecallRegistration, target: Target, current: HandleRecord): Plan {
  const { reason, notice } = registration;
  assertReason(reason);
  assertLine(notice, 'notice', MAX_NOTICE_LENGTH);
  if (current.status !== 'active') {
    throw new HandleError(
      'INVALID_STATE',
      `${target.handle} is ${current.status}, so nobody is shown a notice: recall active records, or what they inherit from.`,
      { zh: `${target.handle} 不是有效状态，无人能看到通知：请召回有效的标识或其上级。` },
    );
  }
  const recall = { reason, notice, timestamp: current.recall?.timestamp ?? AT_COMMIT };
  return planDraft(target, current, { ...draftOf(current), recall });
}

function planLift(target: Target, current: HandleRecord): Plan {
  return planDraft(target, current, { ...draftOf(current), recall: null });
}

function draftOf({ status, parent, template, reason, recall, values }: HandleRecord): RecordDraft {
  return { status, parent, template, reason, recall, values };
}

function planDraft(target: Target, current: HandleRecord | null, given: RecordDraft): Plan {
  if (current !== null && saysTheSame(current, given)) return { kind: 'keep', record: current };
  assertValues(given.values);
  assertNoNotice(given.values, current?.values ?? []);
  assertParent(target.handle, given.parent);
  if (current === null) return { kind: 'write', outcome: 'created', draft: given };
  const outcome = given.status === 'revoked' && current.status !== 'revoked' ? 'revoked' : 'updated';
  return { kind: 'write', outcome, draft: { ...given, values: keepTimestamps(current.values, given.values) } };
}

/** The part of the parent's rules that needs no look at the parent. */
function assertParent(handle: Handle, parent: Handle | null): void {
  if (parent === null) return;
  if (parent === handle) {
    throw new HandleError('INVALID_PARENT', `${handle} cannot be its own parent: choose another, or none.`, {
      at: '/parent',
      zh: `${handle} 不能作自己的上级：请另选上级。`,
    });
  }
  if (prefixOf(parent) !== prefixOf(handle)) {
    throw new HandleError(
      'INVALID_PARENT',
      `${parent} cannot be the parent of ${handle}: a record inherits within its own prefix, ${prefixOf(handle)}.`,
      { at: '/parent', zh: `${parent} 不能作 ${handle} 的上级：上级须在同一前缀 ${prefixOf(handle)} 下。` },
    );
  }
}

function assertStands(registration: Actionable, target: Target, current: HandleRecord | null): HandleRecord {
  if (current === null) throw absent(target.handle);
  assertRevision(registration, target.handle, current);
  return current;
}

function assertRevision(registration: Actionable, handle: Handle, current: HandleRecord | null): void {
  const stands = current?.revision ?? 0;
  if (registration.ifMatch === null || registration.ifMatch === stands) return;
  throw new HandleError(
    'REVISION_CONFLICT',
    stands === 0
      ? `${handle} does not exist, so it has no revision ${registration.ifMatch}: create it without naming one.`
      : `${handle} is at revision ${stands}, not ${registration.ifMatch}: read it again and repeat the change.`,
    { zh: `${handle} 的版本是 ${stands}，不是 ${registration.ifMatch}：请重新读取后再改。` },
  );
}

/** An active identifier is on labels: it is revoked with a tombstone, and never quietly taken back. */
function assertNextStatus(handle: Handle, from: RecordStatus, to: RecordStatus): void {
  if (to !== 'reserved' || from === 'reserved') return;
  throw new HandleError(
    'INVALID_STATE',
    `${handle} is ${from} and cannot become reserved again: ${from === 'active' ? 'revoke it with a reason' : 'bring it back with status active'}.`,
    {
      zh: `${handle} 已发布或已作废，不能改回预留：${from === 'active' ? '请注明原因作废' : '请以 status active 恢复'}。`,
    },
  );
}

/** A patch that revokes, or that corrects the reason of a tombstone, changes nothing else. */
function assertOnlyRevocation(registration: PatchRegistration, target: Target, current: HandleRecord): void {
  const { reason } = registration;
  if (reason !== undefined) assertReason(reason);
  else if (current.status !== 'revoked') {
    throw new HandleError('INVALID_REQUEST', 'To revoke, a reason is needed: people who scan it will read it.', {
      at: '/reason',
      zh: '作废须写原因，扫码的人会看到：请补上 reason。',
    });
  }
  const changesMore =
    target.parent !== undefined ||
    target.template !== undefined ||
    registration.values !== undefined ||
    registration.removeIndexes !== undefined;
  if (changesMore) {
    throw new HandleError(
      'INVALID_STATE',
      `A revoked record keeps what it said: change ${target.handle} before it is revoked, or bring it back with status active.`,
      { zh: `作废的标识保持原样：请在作废前修改 ${target.handle}，或以 status active 恢复。` },
    );
  }
}

function patchValues(current: readonly HandleValue[], registration: PatchRegistration): readonly HandleValue[] {
  const { values = [], removeIndexes = [] } = registration;
  if (values.length === 0 && removeIndexes.length === 0) return current;
  assertValues(values);
  const given = new Map(values.map((value) => [value.index, value]));
  const removed = new Set(removeIndexes);
  for (const index of removed) {
    if (given.has(index)) {
      throw new HandleError('INVALID_REQUEST', `Index ${index} is both given and removed: decide for one.`, {
        at: '/removeIndexes',
        zh: `索引 ${index} 既赋值又删除：请只选其一。`,
      });
    }
  }
  const known = new Set(current.map((value) => value.index));
  return [
    ...current.filter((value) => !removed.has(value.index)).map((value) => given.get(value.index) ?? value),
    ...values.filter((value) => !known.has(value.index)),
  ];
}

function absent(handle: Handle): HandleError {
  return new HandleError('NOT_FOUND', `${handle} is not registered: create it first.`, {
    zh: `${handle} 尚未登记：请先新增。`,
  });
}
