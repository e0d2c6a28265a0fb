// What the values of the handle system say of who may do what: HS_ADMIN with its twelve permission bits (RFC 3651 §3.2.1).
// Pure: which of them speak of the asker, through whatever groups, is found out elsewhere.

import { HandleError, isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { ADMIN_WRITE, type HandleValue, sameValue } from '../domain/handle-value.ts';
import { type AdminValue, decodeAdmin } from '../wire/admin-value.ts';
import type { Verdict } from './authorization.ts';

/** An administrator as the handle system names one: the value of a handle that holds the secret. */
export interface HandleIdentity {
  readonly handle: Handle;
  /** 0 for any value of the handle, which is what a user name without an index means. */
  readonly index: number;
}

/** Permission bits of HS_ADMIN. */
export const MAY = {
  addHandle: 0x001,
  deleteHandle: 0x002,
  addDerivedPrefix: 0x004,
  deleteDerivedPrefix: 0x008,
  modifyValue: 0x010,
  removeValue: 0x020,
  addValue: 0x040,
  modifyAdmin: 0x080,
  removeAdmin: 0x100,
  addAdmin: 0x200,
  readValue: 0x400,
  listHandles: 0x800,
} as const;

const BIT_NAMES: ReadonlyMap<number, string> = new Map([
  [MAY.addHandle, 'add handle'],
  [MAY.deleteHandle, 'delete handle'],
  [MAY.addDerivedPrefix, 'add derived prefix'],
  [MAY.deleteDerivedPrefix, 'delete derived prefix'],
  [MAY.modifyValue, 'modify value'],
  [MAY.removeValue, 'remove value'],
  [MAY.addValue, 'add value'],
  [MAY.modifyAdmin, 'modify admin'],
  [MAY.removeAdmin, 'remove admin'],
  [MAY.addAdmin, 'add admin'],
  [MAY.readValue, 'read value'],
  [MAY.listHandles, 'list handles'],
]);

/** Permission bits of each HS_ADMIN value that speaks of an asker. */
export type Grants = readonly number[];

const ADMIN = /^HS_ADMIN(?:\.|$)/i;

function isAdminValue(value: HandleValue): boolean {
  return ADMIN.test(value.type);
}

/** The HS_ADMIN values that keep to their type; others give nobody anything. */
export function adminsOf(values: readonly HandleValue[]): readonly AdminValue[] {
  return values.filter(isAdminValue).flatMap((value) => {
    try {
      return [decodeAdmin(value.data)];
    } catch (error) {
      if (isHandleError(error, 'INVALID_VALUE')) return [];
      throw error;
    }
  });
}

/** Throws the denial, if it is one. */
export function assertAllowed(verdict: Verdict): void {
  if (verdict !== null) throw verdict;
}

/** One HS_ADMIN value must hold all bits that are needed. Nobody it speaks of learns more than "no". */
export function judgeGrants(grants: Grants, needed: number): Verdict {
  if (grants.some((bits) => (bits & needed) === needed)) return null;
  if (grants.length === 0) {
    return new HandleError('FORBIDDEN', 'No HS_ADMIN value names this user: ask an administrator of the handle.');
  }
  const names = [...BIT_NAMES].filter(([bit]) => (needed & bit) !== 0).map(([, name]) => name);
  return new HandleError(
    'INSUFFICIENT_PERMISSIONS',
    `This needs the permission to ${names.join(', to ')}: ask for an HS_ADMIN value that gives it.`,
  );
}

/** What a change of values needs. Values that stay as they are need nothing. */
export function neededToChange(before: readonly HandleValue[], after: readonly HandleValue[]): number {
  const next = new Map(after.map((value) => [value.index, value]));
  let needed = 0;
  for (const old of before) {
    const value = next.get(old.index);
    next.delete(old.index);
    if (value === undefined) needed |= isAdminValue(old) ? MAY.removeAdmin : MAY.removeValue;
    else if (!sameValue(old, value)) needed |= neededToModify(old, value);
  }
  for (const added of next.values()) needed |= isAdminValue(added) ? MAY.addAdmin : MAY.addValue;
  return needed;
}

/** A value that becomes an HS_ADMIN, or ceases to be one, is a matter of both kinds. */
function neededToModify(before: HandleValue, after: HandleValue): number {
  const ofAdmins = isAdminValue(before) || isAdminValue(after) ? MAY.modifyAdmin : 0;
  const ofValues = isAdminValue(before) && isAdminValue(after) ? 0 : MAY.modifyValue;
  return ofAdmins | ofValues;
}

/** Values without the administrators' write permission stay as they are, whoever administers the handle. */
export function judgeWritable(before: readonly HandleValue[], after: readonly HandleValue[]): Verdict {
  const next = new Map(after.map((value) => [value.index, value]));
  const fixed = before.find((old) => {
    const value = next.get(old.index);
    return (old.permissions & ADMIN_WRITE) === 0 && (value === undefined || !sameValue(old, value));
  });
  return fixed === undefined
    ? null
    : new HandleError('INSUFFICIENT_PERMISSIONS', `Value ${fixed.index} is read-only: leave it as it is.`);
}
