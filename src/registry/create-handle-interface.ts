// Wires what the interfaces of the handle system ask of the registry, over the parts that all doors share.

import type { EpochTable } from '../cache/epoch-table.ts';
import type { Handle } from '../domain/handle.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import type { Admission, Homes } from './admission.ts';
import { type HandleAdministration, HandleRecords } from './handle-administration.ts';
import { createHandleAuthenticator, type HandleAuthenticator } from './handle-authentication.ts';
import { createHandleCertificates, type HandleCertificates } from './handle-certificates.ts';
import { HandleGrants } from './handle-grants.ts';
import { HandleGroups } from './handle-groups.ts';
import { HandleListing } from './handle-listing.ts';
import { type HandlePrefixes, PrefixAdministration } from './handle-prefixes.ts';
import { createHandleProofs, type HandleProofs } from './handle-proofs.ts';
import type { Holdings } from './holdings.ts';
import type { IdentifierRegistry } from './registry.ts';
import { type CheckSm2, checkSm2Here } from './sm2-checks.ts';
import type { RandomBytes } from './tokens.ts';

export interface HandleInterface {
  readonly handleAuthenticator: HandleAuthenticator;
  readonly handleProofs: HandleProofs;
  readonly handleCertificates: HandleCertificates;
  readonly handleRecords: HandleAdministration;
  readonly handlePrefixes: HandlePrefixes;
}

export interface HandleInterfaceParts {
  readonly store: RegistryStore;
  readonly epochs: EpochTable;
  readonly clock: () => number;
  readonly randomBytes: RandomBytes;
  readonly homes: Homes;
  readonly admission: Admission;
  readonly holdings: Holdings;
  readonly identifiers: IdentifierRegistry;
  /** In this thread without it. */
  readonly checkSm2?: CheckSm2;
}

export function createHandleInterface(parts: HandleInterfaceParts): HandleInterface {
  const { store, epochs, clock, randomBytes, homes, admission, holdings, identifiers } = parts;
  const { checkSm2 = checkSm2Here } = parts;
  const parse = (text: string): Handle => admission.parse(text);
  const groups = new HandleGroups({ store, parse });
  const listing = new HandleListing({ store, clock });
  const grants = new HandleGrants({ groups, admission, holdings, ownPrefix: homes.ownPrefix });
  const readAccess = holdings;
  return {
    handleAuthenticator: createHandleAuthenticator({ store, epochs, randomBytes, parse }),
    handleProofs: createHandleProofs({ store, epochs, parse, checkSm2 }),
    handleCertificates: createHandleCertificates({ store, parse }),
    handleRecords: new HandleRecords({ store, admission, grants, identifiers, readAccess, randomBytes }),
    handlePrefixes: new PrefixAdministration({ store, homes, groups, grants, listing, readAccess }),
  };
}
