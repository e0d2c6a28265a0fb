// Principals: who may act here, in which role and scope.

import { HandleError } from '../domain/error.ts';
import { MAX_NAME_LENGTH } from '../domain/limits.ts';
import { homeOf, type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { Principal, Role } from '../domain/principal.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import type { Homes } from './admission.ts';
import { assertOperator, seesEveryone } from './authorization.ts';
import { changeOne } from './commit-one.ts';
import type { Actor } from './registration.ts';
import type { NewPrincipal } from './registry.ts';
import { assertLine, pageSizeOf } from './text-rules.ts';
import { makeId, type RandomBytes } from './tokens.ts';

export class Principals {
  readonly #store: RegistryStore;
  readonly #homes: Homes;
  readonly #randomBytes: RandomBytes;

  constructor(store: RegistryStore, homes: Homes, randomBytes: RandomBytes) {
    this.#store = store;
    this.#homes = homes;
    this.#randomBytes = randomBytes;
  }

  async create(actor: Actor, given: NewPrincipal): Promise<Principal> {
    assertOperator(actor.principal, 'create principals');
    assertLine(given.name, 'name', MAX_NAME_LENGTH);
    const scope = await this.#scopeOf(given.role, given.scope);
    return changeOne(this.#store, actor, async () => {
      const id = makeId('p', this.#randomBytes);
      const principal = { id, name: given.name, role: given.role, scope, state: 'active' } as const;
      return {
        change: { kind: 'put-principal', expectedRevision: 0, principal },
        make: ({ revision, at }) => ({ ...principal, revision, createdAt: at, updatedAt: at }),
      };
    });
  }

  async setState(actor: Actor, id: string, state: Principal['state']): Promise<Principal> {
    assertOperator(actor.principal, 'enable or disable principals');
    if (id === actor.principal.id && state === 'disabled') {
      throw new HandleError('INVALID_STATE', 'Nobody can disable themselves: another operator has to do it.');
    }
    return changeOne(this.#store, actor, async () => {
      const current = await existingPrincipal(this.#store, id);
      if (current.state === state) return { stands: current };
      const { revision, createdAt, updatedAt: _, ...principal } = { ...current, state };
      return {
        change: { kind: 'put-principal', expectedRevision: revision, principal },
        make: (stored) => ({ ...principal, revision: stored.revision, createdAt, updatedAt: stored.at }),
      };
    });
  }

  async list(actor: Actor, after: string | null, limit: number): Promise<readonly Principal[]> {
    const size = pageSizeOf(limit);
    if (seesEveryone(actor.principal)) return this.#store.principals(after, size);
    const own = await this.#store.principal(actor.principal.id);
    return own === null || (after !== null && after >= own.id) ? [] : [own];
  }

  /** Operators and reviewers see the whole node; enterprises are bound to a prefix that is allocated; readers may be. */
  async #scopeOf(role: Role, scope: string | null): Promise<Prefix | null> {
    if (role === 'operator' || role === 'reviewer') {
      if (scope === null) return null;
      throw refused(`A principal with role ${role} is bound to no prefix: leave the scope out.`);
    }
    if (scope === null) {
      if (role === 'reader') return null;
      throw refused('A principal with role enterprise needs the prefix of its enterprise as scope.');
    }
    const prefix = parsePrefix(scope);
    if (role === 'reader') {
      if (homeOf(prefix, this.#homes.homed) !== null) return prefix;
      throw refused(`${prefix} is not homed here, so there is nothing to read under it.`);
    }
    const enterprise = await this.#store.enterprise(prefix);
    if (enterprise !== null && enterprise.holder === null) return prefix;
    if (enterprise !== null) throw refused(`${prefix} was transferred to ${enterprise.holder}: give that as scope.`);
    throw refused(`No enterprise holds ${prefix}: create the enterprise first.`);
  }
}

export async function existingPrincipal(store: RegistryStore, id: string): Promise<Principal> {
  const principal = await store.principal(id);
  if (principal === null) throw new HandleError('NOT_FOUND', `There is no principal ${id}.`);
  return principal;
}

function refused(message: string): HandleError {
  return new HandleError('INVALID_REQUEST', message, { at: '/scope' });
}
