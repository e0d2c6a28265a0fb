// Which grants count under a prefix, given who holds it: records name administrators, but records outlive their holders.
// Reads; what a grant allows is authority's to say.

import { type Handle, isSystemPrefix, prefixOf, responsiblePrefixOf } from '../domain/handle.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { reaches } from '../domain/holding.ts';
import { isWithin, type Prefix } from '../domain/prefix.ts';
import type { Principal } from '../domain/principal.ts';
import type { Admission } from './admission.ts';
import type { Grants, HandleIdentity } from './handle-authority.ts';
import type { HandleGroups } from './handle-groups.ts';
import { principalOfIdentity } from './handle-requester.ts';
import type { Holdings } from './holdings.ts';

export interface HandleGrantsOptions {
  readonly groups: HandleGroups;
  readonly admission: Pick<Admission, 'holderOf'>;
  readonly holdings: Pick<Holdings, 'transfers'>;
  readonly ownPrefix: Prefix;
}

/** Who may name an administrator under a prefix: anybody who writes there, operators alone, or nobody. */
type Namers = 'everyone' | 'operators' | 'nobody';

export class HandleGrants {
  readonly #options: HandleGrantsOptions;

  constructor(options: HandleGrantsOptions) {
    this.#options = options;
  }

  /** What the HS_ADMIN values of a record allow, and those of its prefix, whose administrators reach every record. */
  async onRecord(identity: HandleIdentity, handle: Handle, values: readonly HandleValue[]): Promise<Grants> {
    const { groups, ownPrefix } = this.#options;
    // The records that say who is responsible for a prefix are the operator's, whoever they name.
    if (isSystemPrefix(prefixOf(handle))) return groups.grantsOfPrefix(identity, ownPrefix);
    const prefix = responsiblePrefixOf(handle);
    const namers = await this.#namersOf(identity, prefix);
    const own = namers === 'everyone' ? await groups.grantsOfValues(identity, values) : [];
    return [...own, ...(await this.#ofPrefix(identity, prefix, namers))];
  }

  async onPrefix(identity: HandleIdentity, prefix: Prefix): Promise<Grants> {
    return this.#ofPrefix(identity, prefix, await this.#namersOf(identity, prefix));
  }

  /** As whom an administrator writes a handle on which it has grants. */
  async principalOn(identity: HandleIdentity, handle: Handle): Promise<Principal> {
    const prefix = responsiblePrefixOf(handle);
    const holder = isSystemPrefix(prefixOf(handle)) ? null : await this.#options.admission.holderOf(prefix);
    if (holder === null) return principalOfIdentity(identity, { prefix, isOperators: true });
    // Nobody is bound to a transferred prefix any more: what its holder may do is judged from the holder's.
    const scope = isWithin(prefix, holder) ? prefix : holder;
    return principalOfIdentity(identity, { prefix: scope, isOperators: false });
  }

  async #ofPrefix(identity: HandleIdentity, prefix: Prefix, namers: Namers): Promise<Grants> {
    if (namers === 'nobody') return [];
    return this.#options.groups.grantsOfPrefix(identity, prefix, { byOperatorsAlone: namers === 'operators' });
  }

  /**
   * Under what an enterprise holds, its own administrators may be named by it; strangers only by operators, in the
   * prefix handle: who held the prefix before may have named its own in every record. Whoever has a name under a
   * transferred prefix may know the secret from before the transfer, so it is nobody's administrator there.
   */
  async #namersOf(identity: HandleIdentity, prefix: Prefix): Promise<Namers> {
    const { admission, holdings } = this.#options;
    const holder = await admission.holderOf(prefix);
    if (holder === null) return 'everyone';
    const home = responsiblePrefixOf(identity.handle);
    const homeHolder = await admission.holderOf(home);
    const isFamily = homeHolder === holder || reaches(home, prefix, await holdings.transfers());
    if (isFamily && (homeHolder === null || isWithin(home, homeHolder))) return 'everyone';
    return isWithin(prefix, holder) ? 'operators' : 'nobody';
  }
}
