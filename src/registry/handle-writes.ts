// What the handle system's write operations make of the record that stands: the registration to carry out, or the rule
// that is broken. Pure. Parent and template are no notion of these interfaces, so they stay as they are.

import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import type { DeleteRegistration, PutRegistration } from './registration.ts';

export type HandleWrite =
  /** Says all values of a record, new or not. */
  | { readonly operation: 'put-record'; readonly values: readonly HandleValue[]; readonly overwrite: boolean }
  /** Adds values to a record, or replaces those of the same index. */
  | { readonly operation: 'put-values'; readonly values: readonly HandleValue[]; readonly overwrite: boolean }
  /** Says values anew that the record has, each in its place. */
  | { readonly operation: 'modify-values'; readonly values: readonly HandleValue[] }
  | { readonly operation: 'remove-values'; readonly indexes: readonly number[] }
  /** For good: the handle can be created again, and its revisions go on counting. */
  | { readonly operation: 'delete' };

export interface PlannedHandleWrite {
  readonly registration: PutRegistration | DeleteRegistration;
  /** The values as they will stand; null for a deletion. */
  readonly after: readonly HandleValue[] | null;
  /** Nothing of what was given stood there before. */
  readonly isNew: boolean;
}

/** Throws `ALREADY_EXISTS`, `VALUE_EXISTS`, `NOT_FOUND`, `VALUES_NOT_FOUND` or `INVALID_VALUE`. */
export function planHandleWrite(write: HandleWrite, handle: Handle, current: HandleRecord | null): PlannedHandleWrite {
  switch (write.operation) {
    case 'put-record':
      assertOnceEach(write.values);
      if (current !== null && !write.overwrite) {
        throw new HandleError('ALREADY_EXISTS', `${handle} exists already: update it, or choose another handle.`);
      }
      return plannedPut(handle, current, write.values, current === null);
    case 'put-values':
      return planValues(write, handle, assertFound(handle, current));
    case 'modify-values':
      return planModification(write.values, handle, assertFound(handle, current));
    case 'remove-values':
      return planRemoval(write.indexes, handle, assertFound(handle, current));
    case 'delete': {
      const { revision } = assertFound(handle, current);
      return { registration: { operation: 'delete', handle, ifMatch: revision }, after: null, isNew: false };
    }
  }
}

function planValues(
  { values, overwrite }: Extract<HandleWrite, { operation: 'put-values' }>,
  handle: Handle,
  current: HandleRecord,
): PlannedHandleWrite {
  if (values.length === 0) throw new HandleError('INVALID_VALUE', 'No values are given: name at least one.');
  assertOnceEach(values);
  const given = new Map(values.map((value) => [value.index, value]));
  const clash = current.values.find((value) => given.has(value.index));
  if (clash !== undefined && !overwrite) throw indexConflict(clash.index);
  const kept = current.values.filter((value) => !given.has(value.index));
  // The reference server's order after values were added.
  const after = [...kept, ...values].sort((a, b) => a.index - b.index);
  return plannedPut(handle, current, after, clash === undefined);
}

function planModification(values: readonly HandleValue[], handle: Handle, current: HandleRecord): PlannedHandleWrite {
  if (values.length === 0) throw new HandleError('INVALID_VALUE', 'No values are given: name at least one.');
  assertOnceEach(values);
  const given = new Map(values.map((value) => [value.index, value]));
  assertThere([...given.keys()], handle, current);
  const after = current.values.map((value) => given.get(value.index) ?? value);
  return plannedPut(handle, current, after, false);
}

function assertThere(indexes: readonly number[], handle: Handle, current: HandleRecord): void {
  const known = new Set(current.values.map((value) => value.index));
  const missing = indexes.find((index) => !known.has(index));
  if (missing !== undefined) {
    throw new HandleError('VALUES_NOT_FOUND', `${handle} has no value ${missing}: nothing was changed.`);
  }
}

function planRemoval(indexes: readonly number[], handle: Handle, current: HandleRecord): PlannedHandleWrite {
  assertThere(indexes, handle, current);
  const removed = new Set(indexes);
  const after = current.values.filter((value) => !removed.has(value.index));
  return plannedPut(handle, current, after, false);
}

function plannedPut(
  handle: Handle,
  current: HandleRecord | null,
  values: readonly HandleValue[],
  isNew: boolean,
): PlannedHandleWrite {
  return {
    registration: {
      operation: 'put',
      mode: current === null ? 'create' : 'update',
      handle,
      ifMatch: current?.revision ?? null,
      status: 'active',
      parent: current?.parent ?? null,
      template: current?.template ?? null,
      values,
    },
    after: values,
    isNew,
  };
}

/** A revoked handle is not found at this door; what is reserved is there for whoever may write it. */
function assertFound(handle: Handle, current: HandleRecord | null): HandleRecord {
  if (current !== null && current.status !== 'revoked') return current;
  throw new HandleError('NOT_FOUND', `${handle} is not registered: create it first.`);
}

function assertOnceEach(values: readonly HandleValue[]): void {
  const seen = new Set<number>();
  for (const { index } of values) {
    if (seen.has(index)) throw indexConflict(index);
    seen.add(index);
  }
}

function indexConflict(index: number): HandleError {
  return new HandleError('VALUE_EXISTS', `Index conflict for ${index}`);
}
