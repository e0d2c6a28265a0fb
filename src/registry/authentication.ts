// From a bearer token to its principal. Keys and principals are remembered while the epoch table says they stand;
// expiry is looked at on every use.

import type { EpochTable } from '../cache/epoch-table.ts';
import { HandleError } from '../domain/error.ts';
import { type AccessKey, isKeyUsable, type Principal } from '../domain/principal.ts';
import type { DirectoryReader } from '../store/registry-store.ts';
import type { Authenticator } from './registry.ts';
import { Remembered } from './remembered.ts';
import { certificateHashOf, isToken, tokenHashOf } from './tokens.ts';

export interface AuthenticatorOptions {
  readonly store: DirectoryReader;
  readonly epochs: EpochTable;
  readonly clock: () => number;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { store, epochs, clock } = options;
  const keys = new Remembered<AccessKey>({
    epochs,
    kind: 'key',
    read: (tokenHash) => store.keyByHash(tokenHash),
    keepsAbsence: false,
  });
  const principals = new Remembered<Principal>({
    epochs,
    kind: 'principal',
    read: (id) => store.principal(id),
    keepsAbsence: false,
  });

  function principalOf(key: AccessKey | null): Principal | Promise<Principal> {
    if (key === null)
      throw unauthenticated('This key is unknown: check that it was copied whole, or ask for a new one.');
    const principal = principals.get(key.principalId);
    return principal instanceof Promise
      ? principal.then((found) => admitted(key, found, clock()))
      : admitted(key, principal, clock());
  }

  return {
    authenticate(token) {
      if (!isToken(token)) {
        throw unauthenticated(
          'A key is needed: send "Authorization: Bearer jb_…" with one that was issued by this node.',
        );
      }
      const key = keys.get(tokenHashOf(token));
      return key instanceof Promise ? key.then(principalOf) : principalOf(key);
    },
    authenticateCertificate(subject) {
      const known = (key: AccessKey | null): Principal | Promise<Principal> => {
        if (key !== null) return principalOf(key);
        throw unauthenticated(
          `The certificate of "${subject}" belongs to no principal: an operator registers it with "jiabiao key certificate".`,
        );
      };
      const key = keys.get(certificateHashOf(subject));
      return key instanceof Promise ? key.then(known) : known(key);
    },
  };
}

/** Says why to the holder of the token alone: nobody else gets this far. */
function admitted(key: AccessKey, principal: Principal | null, nowMs: number): Principal {
  if (principal !== null && isKeyUsable(key, principal, nowMs)) return principal;
  if (key.revokedAt !== null && key.revokedAt <= nowMs) {
    throw unauthenticated(
      'This key has been revoked or replaced: use the new one, or ask an operator for another.',
      key.principalId,
    );
  }
  if (key.expiresAt !== null && key.expiresAt <= nowMs) {
    throw unauthenticated(
      `This key expired at ${new Date(key.expiresAt).toISOString()}: ask an operator for another.`,
      key.principalId,
    );
  }
  throw unauthenticated('The holder of this key has been disabled: ask an operator of this node.', key.principalId);
}

function unauthenticated(message: string, principalId?: string): HandleError {
  return new HandleError('UNAUTHENTICATED', message, principalId === undefined ? {} : { principalId });
}
