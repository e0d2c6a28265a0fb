// Which HS_ADMIN values speak of an asker: by naming it, or by naming a group (HS_VLIST) that leads to it. Reads records;
// what a grant allows is authority's to say.

import { HandleError, isHandleError } from '../domain/error.ts';
import { type Handle, prefixHandleOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { HandleValue, ValueReference } from '../domain/handle-value.ts';
import { MAX_GROUP_DEPTH, MAX_GROUPS_READ } from '../domain/limits.ts';
import type { Prefix } from '../domain/prefix.ts';
import type { RecordReader } from '../store/registry-store.ts';
import type { AdminValue } from '../wire/admin-value.ts';
import { decodeReferenceList } from '../wire/reference-list.ts';
import { adminsOf, type Grants, type HandleIdentity } from './handle-authority.ts';

export interface HandleGroupsOptions {
  readonly store: Pick<RecordReader, 'get'>;
  /** Throws `INVALID_HANDLE` or `NOT_RESPONSIBLE`. */
  readonly parse: (text: string) => Handle;
}

const GROUP = /^HS_VLIST(?:\.|$)/i;

/** Groups are looked for in this store alone, and within bounds: beyond them nobody is a member. */
export class HandleGroups {
  readonly #options: HandleGroupsOptions;

  constructor(options: HandleGroupsOptions) {
    this.#options = options;
  }

  /**
   * What those who administer a prefix allow an asker: by the prefix handle, which operators write, or where that names
   * nobody by P/ADMIN.
   */
  async grantsOfPrefix(
    identity: HandleIdentity,
    prefix: Prefix,
    { byOperatorsAlone } = { byOperatorsAlone: false },
  ): Promise<Grants> {
    const ofHolder = byOperatorsAlone ? [] : [`${prefix}/ADMIN` as Handle];
    for (const handle of [prefixHandleOf(prefix), ...ofHolder]) {
      const admins = adminsOf((await this.#activeRecord(handle))?.values ?? []);
      if (admins.length > 0) return this.#grantsAmong(identity, admins);
    }
    return [];
  }

  async grantsOfValues(identity: HandleIdentity, values: readonly HandleValue[]): Promise<Grants> {
    return this.#grantsAmong(identity, adminsOf(values));
  }

  async #grantsAmong(identity: HandleIdentity, admins: readonly AdminValue[]): Promise<Grants> {
    const grants: number[] = [];
    const budget = { left: MAX_GROUPS_READ };
    for (const admin of admins) {
      if (this.#names(admin, identity) || (await this.#leadsTo(admin, identity, budget)))
        grants.push(admin.permissions);
    }
    return grants;
  }

  #names(reference: ValueReference, identity: HandleIdentity): boolean {
    if (reference.index !== 0 && reference.index !== identity.index) return false;
    return this.#parsed(reference.handle) === identity.handle;
  }

  /** Level by level, each group once, so that groups which name each other end. */
  async #leadsTo(start: ValueReference, identity: HandleIdentity, budget: { left: number }): Promise<boolean> {
    const seen = new Set<string>();
    let level: readonly ValueReference[] = [start];
    for (let depth = 0; depth < MAX_GROUP_DEPTH && level.length > 0; depth++) {
      const next: ValueReference[] = [];
      for (const group of level) {
        const handle = this.#parsed(group.handle);
        const key = `${group.index}:${handle}`;
        if (handle === null || seen.has(key)) continue;
        seen.add(key);
        if (budget.left-- <= 0) return false;
        const members = membersOf(await this.#activeRecord(handle), group.index);
        if (members.some((member) => this.#names(member, identity))) return true;
        next.push(...members);
      }
      level = next;
    }
    return false;
  }

  async #activeRecord(handle: Handle): Promise<HandleRecord | null> {
    const record = await this.#options.store.get(handle);
    return record?.status === 'active' ? record : null;
  }

  /** Null for what is no handle of this node: nobody can be found there. */
  #parsed(text: string): Handle | null {
    try {
      return this.#options.parse(text);
    } catch (error) {
      if (error instanceof HandleError) return null;
      throw error;
    }
  }
}

function membersOf(record: HandleRecord | null, index: number): readonly ValueReference[] {
  const lists = record?.values.filter((value) => GROUP.test(value.type) && (index === 0 || value.index === index));
  return (lists ?? []).flatMap((list) => {
    try {
      return decodeReferenceList(list.data);
    } catch (error) {
      if (isHandleError(error, 'INVALID_VALUE')) return [];
      throw error;
    }
  });
}
