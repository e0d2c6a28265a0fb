// Enterprises: allocation of their prefixes, their states, and who sees them.

import { assertNextState, type Enterprise } from '../domain/enterprise.ts';
import { HandleError } from '../domain/error.ts';
import { reaches } from '../domain/holding.ts';
import { MAX_ALLOCATION_ATTEMPTS, MAX_CONTACT_LENGTH, MAX_NAME_LENGTH } from '../domain/limits.ts';
import { type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import type { Homes } from './admission.ts';
import { assertMayChangeEnterprise, assertMayReadEnterprise, assertOperator, seesEveryone } from './authorization.ts';
import { changeOne, commitOne, type Step, type Stored } from './commit-one.ts';
import { countedCodeOf, parseEnterprisePrefix, prefixAfter } from './enterprise-codes.ts';
import { allEnterprises, type Holdings } from './holdings.ts';
import { assertTransferable } from './prefix-transfer.ts';
import type { Actor } from './registration.ts';
import type { EnterprisePatch, NewEnterprise } from './registry.ts';
import { assertLine, pageSizeOf } from './text-rules.ts';

type EnterpriseDraft = Omit<Enterprise, 'revision' | 'createdAt' | 'updatedAt'>;

export class Enterprises {
  readonly #store: RegistryStore;
  readonly #homes: Homes;
  readonly #holdings: Holdings;
  /** Allocations of this worker come one after the other, so that they do not race for the same code. */
  #lastAllocation: Promise<unknown> = Promise.resolve();

  constructor(store: RegistryStore, homes: Homes, holdings: Holdings) {
    this.#store = store;
    this.#homes = homes;
    this.#holdings = holdings;
  }

  async create(actor: Actor, given: NewEnterprise): Promise<Enterprise> {
    assertOperator(actor.principal, 'create enterprises');
    const draft = { ...given, hosting: 'here', holder: null } as const;
    assertContent(draft);
    if (given.prefix === null) return this.#queueAllocation(actor, draft);
    const prefix = parseEnterprisePrefix(given.prefix, this.#homes);
    const created = await this.#tryCreate(actor, { ...draft, prefix });
    if (created !== null) return created;
    throw new HandleError(
      'ALREADY_EXISTS',
      `${prefix} is held by an enterprise already: give another prefix, or none.`,
      {
        at: '/prefix',
      },
    );
  }

  async update(actor: Actor, text: string, patch: EnterprisePatch, ifMatch: number | null): Promise<Enterprise> {
    const names = Object.entries(patch).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    assertMayChangeEnterprise(
      actor.principal,
      names.every((name) => name === 'state'),
    );
    const prefix = parsePrefix(text);
    return changeOne(this.#store, actor, async () => this.#decideUpdate(prefix, patch, ifMatch));
  }

  async transfer(actor: Actor, text: string, to: string | null, ifMatch: number | null): Promise<Enterprise> {
    assertOperator(actor.principal, 'transfer prefixes');
    const prefix = parsePrefix(text);
    const named = to === null ? null : parsePrefix(to);
    const holder = named === prefix ? null : named;
    return changeOne(this.#store, actor, async () => {
      const current = await this.#existing(prefix);
      assertRevision(current, ifMatch);
      await assertTransferable(this.#store, prefix, holder);
      return stepFrom(current, { ...contentOf(current), holder });
    });
  }

  async read(actor: Actor, text: string): Promise<Enterprise> {
    const prefix = parsePrefix(text);
    assertMayReadEnterprise(actor.principal, prefix, await this.#holdings.transfers());
    return this.#existing(prefix);
  }

  async list(actor: Actor, after: string | null, limit: number): Promise<readonly Enterprise[]> {
    const { scope } = actor.principal;
    const size = pageSizeOf(limit);
    const start = after === null ? null : parsePrefix(after);
    if (scope === null || seesEveryone(actor.principal)) return this.#store.enterprises(start, size);
    const transfers = await this.#holdings.transfers();
    const visible: Enterprise[] = [];
    for await (const enterprise of allEnterprises(this.#store, start)) {
      if (reaches(scope, enterprise.prefix, transfers)) visible.push(enterprise);
      if (visible.length === size) break;
    }
    return visible;
  }

  #queueAllocation(actor: Actor, draft: Omit<EnterpriseDraft, 'prefix'>): Promise<Enterprise> {
    const allocation = this.#lastAllocation.then(() => this.#allocate(actor, draft));
    this.#lastAllocation = allocation.catch(() => null); // the caller hears of the failure; the next one starts anew
    return allocation;
  }

  async #allocate(actor: Actor, draft: Omit<EnterpriseDraft, 'prefix'>): Promise<Enterprise> {
    for (let attempt = 1; attempt <= MAX_ALLOCATION_ATTEMPTS; attempt++) {
      const prefix = prefixAfter(await this.#highestCode(), this.#homes.ownPrefix);
      const created = await this.#tryCreate(actor, { ...draft, prefix });
      if (created !== null) return created;
    }
    throw new HandleError('OVERLOADED', 'Too many enterprises are being created at once: try again in a moment.', {
      retryAfterSeconds: 1,
    });
  }

  /** Enterprises are thousands at most and new ones rare: looking at all is cheaper than keeping a count in step. */
  async #highestCode(): Promise<number> {
    const { ownPrefix } = this.#homes;
    let highest = 0;
    for await (const { prefix } of allEnterprises(this.#store)) {
      highest = Math.max(highest, countedCodeOf(prefix, ownPrefix) ?? 0);
    }
    return highest;
  }

  async #tryCreate(actor: Actor, enterprise: EnterpriseDraft): Promise<Enterprise | null> {
    const { prefix, name, state, hosting, contact, quota, holder } = enterprise;
    const clean: EnterpriseDraft = { prefix, name, state, hosting, contact, quota, holder };
    const stored = await commitOne(this.#store, actor, {
      kind: 'put-enterprise',
      expectedRevision: 0,
      enterprise: clean,
    });
    return stored === null ? null : asStored(clean, stored, stored.at);
  }

  async #decideUpdate(prefix: Prefix, patch: EnterprisePatch, ifMatch: number | null): Promise<Step<Enterprise>> {
    const current = await this.#existing(prefix);
    assertRevision(current, ifMatch);
    const stands = contentOf(current);
    const next: EnterpriseDraft = {
      ...stands,
      name: patch.name ?? stands.name,
      state: patch.state ?? stands.state,
      contact: patch.contact === undefined ? stands.contact : patch.contact,
      quota: patch.quota === undefined ? stands.quota : patch.quota,
    };
    assertNextState(stands.state, next.state);
    assertContent(next);
    return stepFrom(current, next);
  }

  async #existing(prefix: Prefix): Promise<Enterprise> {
    const enterprise = await this.#store.enterprise(prefix);
    if (enterprise === null) throw new HandleError('NOT_FOUND', `No enterprise holds ${prefix}.`);
    return enterprise;
  }
}

function assertRevision({ prefix, revision }: Enterprise, ifMatch: number | null): void {
  if (ifMatch === null || ifMatch === revision) return;
  throw new HandleError(
    'REVISION_CONFLICT',
    `Enterprise ${prefix} is at revision ${revision}, not ${ifMatch}: read it again and repeat the change.`,
  );
}

function contentOf(enterprise: Enterprise): EnterpriseDraft {
  const { revision: _r, createdAt: _c, updatedAt: _u, ...content } = enterprise;
  return content;
}

function stepFrom(current: Enterprise, next: EnterpriseDraft): Step<Enterprise> {
  if (sameContent(current, next)) return { stands: current };
  return {
    change: { kind: 'put-enterprise', expectedRevision: current.revision, enterprise: next },
    make: (stored) => asStored(next, stored, current.createdAt),
  };
}

function assertContent(enterprise: Pick<Enterprise, 'name' | 'contact' | 'quota'>): void {
  const { name, contact, quota } = enterprise;
  assertLine(name, 'name', MAX_NAME_LENGTH);
  if (contact !== null) assertLine(contact, 'contact', MAX_CONTACT_LENGTH);
  if (quota !== null && !(Number.isSafeInteger(quota) && quota >= 0)) {
    throw new HandleError(
      'INVALID_REQUEST',
      'The quota is a whole number of identifiers, 0 or more, or null for none.',
      {
        at: '/quota',
      },
    );
  }
}

function sameContent(a: EnterpriseDraft, b: EnterpriseDraft): boolean {
  return (
    a.name === b.name && a.state === b.state && a.contact === b.contact && a.quota === b.quota && a.holder === b.holder
  );
}

function asStored(enterprise: EnterpriseDraft, stored: Stored, createdAt: number): Enterprise {
  return { ...enterprise, revision: stored.revision, createdAt, updatedAt: stored.at };
}
