// Enterprises: who holds a prefix, in which state, and which states may follow.

import { HandleError, type Saying } from './error.ts';
import type { Prefix } from './prefix.ts';

/** Suspended and closed enterprises keep resolving but cannot write. */
export type EnterpriseState = 'pending' | 'active' | 'suspended' | 'closed';

export interface Enterprise {
  readonly prefix: Prefix;
  readonly name: string;
  readonly state: EnterpriseState;
  /** Where its identifiers are: in this store, or at its own site (see its prefix handle). */
  readonly hosting: 'here' | 'delegated';
  readonly contact: string | null;
  /** Identifiers it may hold; null for no quota. */
  readonly quota: number | null;
  /** The enterprise this prefix was transferred to, by its own prefix; null while nobody but itself holds it. */
  readonly holder: Prefix | null;
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const NEXT_STATES: Readonly<Record<EnterpriseState, readonly EnterpriseState[]>> = {
  pending: ['active', 'closed'],
  active: ['suspended', 'closed'],
  suspended: ['active', 'closed'],
  closed: [],
};

/** Throws `INVALID_STATE` unless `to` may follow `from`; staying is allowed. */
export function assertNextState(from: EnterpriseState, to: EnterpriseState): void {
  if (from === to || NEXT_STATES[from].includes(to)) return;
  const allowed = NEXT_STATES[from];
  throw new HandleError(
    'INVALID_STATE',
    `An enterprise that is ${from} cannot become ${to}: ${allowed.length > 0 ? `it can become ${allowed.join(' or ')}` : 'closed is final, allocate a new prefix'}.`,
  );
}

/** What an enterprise has, what it may have, and how many more it would take. */
export interface QuotaUse {
  readonly live: number;
  readonly quota: number;
  readonly more: number;
}

/** Null if they fit, else what is wrong and how to mend it. */
export function judgeQuota(prefix: Prefix, { live, quota, more }: QuotaUse): Saying | null {
  if (live + more <= quota) return null;
  return {
    en: `Enterprise ${prefix} has ${live} identifiers and a quota of ${quota}, so ${more} more do not fit: register fewer, or ask an operator to raise it.`,
    zh: `企业 ${prefix} 已有 ${live} 个标识，配额为 ${quota} 个，不能再增加 ${more} 个：请减少数量，或请运营方提高配额。`,
  };
}
