// The handle system's operations on prefixes: listing their handles, and which prefixes the node is home to.

import { HandleError } from '../domain/error.ts';
import { type Handle, prefixHandleOf } from '../domain/handle.ts';
import { MAX_LISTED_HANDLES } from '../domain/limits.ts';
import { type Home, homeOf, type Prefix, parsePrefix } from '../domain/prefix.ts';
import type { Committer, HomeReader, JournalReader } from '../store/registry-store.ts';
import type { Homes } from './admission.ts';
import { assertOperator, type Verdict } from './authorization.ts';
import { changeOne, type Step } from './commit-one.ts';
import { assertAllowed, judgeGrants, MAY } from './handle-authority.ts';
import type { HandleGrants } from './handle-grants.ts';
import type { HandleGroups } from './handle-groups.ts';
import type { HandleListing } from './handle-listing.ts';
import { principalOfIdentity, type Requester } from './handle-requester.ts';
import { assertHomeable, assertRoom, assertUnused } from './home-rules.ts';
import type { Actor } from './registration.ts';
import type { ReadAccess } from './registry.ts';

export interface HandlePageAsked {
  /** A prefix, or its prefix handle `0.NA/P`. */
  readonly prefix: string;
  /** From 0. */
  readonly page: number;
  /** 0 to have them counted only. */
  readonly pageSize: number;
}

export interface ListedHandles {
  /** Rows of the prefix, reserved and revoked ones included. */
  readonly total: number;
  readonly handles: readonly Handle[];
}

export interface HandlePrefixes {
  /** In the order of their bytes. Throws `FORBIDDEN`, `INSUFFICIENT_PERMISSIONS`, `NOT_RESPONSIBLE`, `INVALID_REQUEST`. */
  list(requester: Requester, asked: HandlePageAsked): Promise<ListedHandles>;
  /** The homed prefixes whose handles the requester may list. Throws `FORBIDDEN` if there are none. */
  homed(requester: Requester): Promise<readonly Prefix[]>;
  /**
   * Homes a prefix from now on. `foldsCase` null: as it was before, or as the prefix above it. What is homed already stays
   * as it is. Throws `FORBIDDEN`, `INVALID_PREFIX`, `INVALID_STATE` (another rule of case than it had).
   */
  home(requester: Requester, prefix: string, how: { foldsCase: boolean | null; requestId: string }): Promise<void>;
  /** Ends being home to it; its records stay. Throws `FORBIDDEN`, `NOT_RESPONSIBLE`, `INVALID_STATE`. */
  unhome(requester: Requester, prefix: string, requestId: string): Promise<void>;
}

export interface HandlePrefixesOptions {
  readonly store: HomeReader & Committer & Pick<JournalReader, 'counts'>;
  readonly homes: Homes;
  readonly groups: HandleGroups;
  readonly grants: HandleGrants;
  readonly listing: HandleListing;
  readonly readAccess: ReadAccess;
}

export class PrefixAdministration implements HandlePrefixes {
  readonly #options: HandlePrefixesOptions;

  constructor(options: HandlePrefixesOptions) {
    this.#options = options;
  }

  async list(requester: Requester, asked: HandlePageAsked): Promise<ListedHandles> {
    const { store, homes, listing } = this.#options;
    const { page, pageSize } = asked;
    const prefix = parseNamedPrefix(asked.prefix);
    if (homeOf(prefix, homes.homed) === null) throw notHomed(prefix);
    assertAllowed(await this.#judgeListing(requester, prefix));
    if (pageSize > MAX_LISTED_HANDLES) {
      throw new HandleError('INVALID_REQUEST', `A page has at most ${MAX_LISTED_HANDLES} handles: ask for fewer.`);
    }
    const { live: total } = await store.counts(prefix);
    return { total, handles: await listing.page({ prefix, first: page * pageSize, size: pageSize, total }) };
  }

  async homed(requester: Requester): Promise<readonly Prefix[]> {
    const verdicts = await Promise.all(
      this.#options.homes.homed.map(async ({ prefix }) => ({
        prefix,
        verdict: await this.#judgeListing(requester, prefix),
      })),
    );
    const allowed = verdicts.flatMap(({ prefix, verdict }) => (verdict === null ? [prefix] : []));
    if (allowed.length === 0) assertAllowed(verdicts[0]?.verdict ?? null);
    return allowed;
  }

  async home(
    requester: Requester,
    text: string,
    how: { readonly foldsCase: boolean | null; readonly requestId: string },
  ): Promise<void> {
    const { store, homes } = this.#options;
    const actor = await this.#operatorFor(requester, MAY.addDerivedPrefix, how.requestId);
    const prefix = parseNamedPrefix(text);
    assertHomeable(prefix);
    await changeOne(store, actor, async (): Promise<Step<void>> => {
      const remembered = await store.homes();
      const known = remembered.find((home) => home.prefix === prefix) ?? null;
      const before = known ?? homeOf(prefix, homes.homed);
      const foldsCase = how.foldsCase ?? before?.foldsCase ?? false;
      if (before !== null && before.foldsCase !== foldsCase) await assertUnused(store, prefix, before.foldsCase);
      if (known?.state === 'homed' && known.foldsCase === foldsCase) return { stands: undefined };
      if (known === null) assertRoom(remembered);
      return homing(known, { prefix, foldsCase, state: 'homed', homedBy: 'operator' });
    });
  }

  async unhome(requester: Requester, text: string, requestId: string): Promise<void> {
    const { store, homes } = this.#options;
    const actor = await this.#operatorFor(requester, MAY.deleteDerivedPrefix, requestId);
    const prefix = parseNamedPrefix(text);
    await changeOne(store, actor, async (): Promise<Step<void>> => {
      const known = (await store.homes()).find((home) => home.prefix === prefix) ?? null;
      const isSettings = known?.homedBy === 'settings' || prefix === homes.ownPrefix;
      if (isSettings && homes.homed.some((home) => home.prefix === prefix)) {
        throw new HandleError('INVALID_STATE', `${prefix} is homed by the settings: take it out of node.homed.`);
      }
      if (known === null || known.state === 'unhomed') throw notHomed(prefix);
      const above = homeOf(
        prefix,
        homes.homed.filter((home) => home.prefix !== prefix),
      );
      if (above !== null && above.foldsCase !== known.foldsCase) await assertUnused(store, prefix, known.foldsCase);
      const { foldsCase, homedBy } = known;
      return homing(known, { prefix, foldsCase, homedBy, state: 'unhomed' });
    });
  }

  async #judgeListing(requester: Requester, prefix: Prefix): Promise<Verdict> {
    const { grants, readAccess } = this.#options;
    if (requester.kind === 'key') return readAccess.judgeRead(requester.principal, prefixHandleOf(prefix));
    return judgeGrants(await grants.onPrefix(requester.identity, prefix), MAY.listHandles);
  }

  /** Which prefixes the node is home to is the operator's, and of those who administer the node's own prefix. */
  async #operatorFor(requester: Requester, needed: number, requestId: string): Promise<Actor> {
    const { groups, homes } = this.#options;
    if (requester.kind === 'key') {
      assertOperator(requester.principal, 'home prefixes');
      return { principal: requester.principal, requestId };
    }
    const prefix = homes.ownPrefix;
    assertAllowed(judgeGrants(await groups.grantsOfPrefix(requester.identity, prefix), needed));
    return { principal: principalOfIdentity(requester.identity, { prefix, isOperators: true }), requestId };
  }
}

function homing(known: Home | null, home: Omit<Home, 'revision' | 'createdAt' | 'updatedAt'>): Step<void> {
  return { change: { kind: 'put-home', expectedRevision: known?.revision ?? 0, home }, make: () => undefined };
}

/** `P` or `0.NA/P`. Throws `INVALID_PREFIX`. */
function parseNamedPrefix(text: string): Prefix {
  return parsePrefix(/^0\.na\//i.test(text) ? text.slice(5) : text);
}

function notHomed(prefix: Prefix): HandleError {
  return new HandleError('NOT_RESPONSIBLE', `This node is not home to ${prefix}.`);
}
