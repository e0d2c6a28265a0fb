// Wires the write path: the registry's rooms over one store. What they share is made here and nowhere else.

import type { EpochTable } from '../cache/epoch-table.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import type { Observer } from '../domain/observer.ts';
import type { Homed, HomedPrefix, Prefix } from '../domain/prefix.ts';
import type { LotSecrets } from '../store/lot-secrets.ts';
import type { RegistryStore } from '../store/registry-store.ts';
import { Admission, type Homes } from './admission.ts';
import { createAuthenticator } from './authentication.ts';
import { Feed } from './change-feed.ts';
import { createChildReader } from './child-listing.ts';
import { createChildMoves } from './child-moves.ts';
import { createHandleInterface, type HandleInterface } from './create-handle-interface.ts';
import { Enterprises } from './enterprises.ts';
import { Histories } from './histories.ts';
import { Holdings } from './holdings.ts';
import { Identifiers } from './identifiers.ts';
import { Keys } from './keys.ts';
import type { LotRegistry } from './lot-registry.ts';
import { Lots } from './lots.ts';
import { Preservation } from './preservation.ts';
import { Principals } from './principals.ts';
import type {
  Authenticator,
  ChangeFeed,
  ChildMoves,
  ChildReader,
  Directory,
  HistoryReader,
  IdentifierRegistry,
  Preserver,
  ReadAccess,
  TemplateElements,
  TemplateRegistry,
} from './registry.ts';
import { Remembered } from './remembered.ts';
import { createSearcher, type Searcher } from './search.ts';
import type { CheckSm2 } from './sm2-checks.ts';
import { createStatistics, type Statistics } from './statistics.ts';
import { Fitting } from './template-fitting.ts';
import { Templates } from './templates.ts';
import type { RandomBytes } from './tokens.ts';

export interface RegistryOptions {
  readonly store: RegistryStore;
  readonly epochs: EpochTable;
  readonly clock: () => number;
  readonly randomBytes: RandomBytes;
  readonly lotSecrets: LotSecrets;
  /** The prefix under which enterprises get their codes; homed here whether or not `homed` names it. */
  readonly ownPrefix: Prefix;
  readonly homed: Homed;
  readonly observer: Observer;
  /** How signatures of SM2 are checked: some milliseconds each, in this thread without it. */
  readonly checkSm2?: CheckSm2;
}

export interface Registry extends HandleInterface {
  readonly identifiers: IdentifierRegistry;
  readonly directory: Directory;
  readonly authenticator: Authenticator;
  readonly readAccess: ReadAccess;
  readonly histories: HistoryReader;
  readonly children: ChildReader;
  readonly searcher: Searcher;
  readonly statistics: Statistics;
  readonly feed: ChangeFeed;
  readonly moves: ChildMoves;
  readonly preserver: Preserver;
  readonly lots: LotRegistry;
  readonly templates: TemplateRegistry;
  readonly templateElements: TemplateElements;
}

export function createRegistry(options: RegistryOptions): Registry {
  const { store, epochs, clock, randomBytes, lotSecrets, ownPrefix, observer } = options;
  const homes: Homes = {
    ownPrefix,
    get homed() {
      return withOwnPrefix(options.homed(), ownPrefix);
    },
  };
  const holders = new Remembered<Enterprise>({
    epochs,
    kind: 'enterprise',
    read: (prefix) => store.enterprise(prefix as Prefix),
    keepsAbsence: true,
  });
  const holdings = new Holdings(store, epochs);
  const admission = new Admission(homes, holders, holdings);
  const fitting = new Fitting(store, epochs, ownPrefix);
  const identifiers = new Identifiers({ store, admission, holdings, fitting, clock, observer });
  return {
    identifiers,
    directory: createDirectory(options, homes, holdings),
    authenticator: createAuthenticator({ store, epochs, clock }),
    readAccess: holdings,
    feed: new Feed(store, holdings),
    moves: createChildMoves({ store, admission, identifiers }),
    children: createChildReader({ store, admission, holdings }),
    searcher: createSearcher({ store, holdings }),
    histories: new Histories({ store, admission, holdings }),
    statistics: createStatistics(store, holdings),
    lots: new Lots({ store, admission, holdings, fitting, secrets: lotSecrets, clock, randomBytes }),
    templateElements: fitting,
    templates: new Templates({ store, admission, holdings, ownPrefix, clock }),
    preserver: new Preservation({ store, homes, admission, fitting, observer }),
    ...createHandleInterface({ ...options, homes, admission, holdings, identifiers }),
  };
}

function createDirectory({ store, clock, randomBytes }: RegistryOptions, homes: Homes, holdings: Holdings): Directory {
  const enterprises = new Enterprises(store, homes, holdings);
  const principals = new Principals(store, homes, randomBytes);
  const keys = new Keys(store, clock, randomBytes);
  return {
    createEnterprise: (actor, enterprise) => enterprises.create(actor, enterprise),
    updateEnterprise: (actor, prefix, patch, ifMatch) => enterprises.update(actor, prefix, patch, ifMatch),
    transferEnterprise: (actor, prefix, to, ifMatch) => enterprises.transfer(actor, prefix, to, ifMatch),
    enterprise: (actor, prefix) => enterprises.read(actor, prefix),
    enterprises: (actor, after, limit) => enterprises.list(actor, after, limit),
    createPrincipal: (actor, principal) => principals.create(actor, principal),
    setPrincipalState: (actor, id, state) => principals.setState(actor, id, state),
    principals: (actor, after, limit) => principals.list(actor, after, limit),
    issueKey: (actor, key) => keys.issue(actor, key),
    registerCertificate: (actor, key, subject) => keys.registerCertificate(actor, key, subject),
    rotateKey: (actor, id, graceMs) => keys.rotate(actor, id, graceMs),
    revokeKey: (actor, id) => keys.revoke(actor, id),
    keys: (actor, after, limit) => keys.list(actor, after, limit),
  };
}

function withOwnPrefix(homed: readonly HomedPrefix[], ownPrefix: Prefix): readonly HomedPrefix[] {
  if (homed.some((home) => home.prefix === ownPrefix)) return homed;
  return [...homed, { prefix: ownPrefix, foldsCase: false }];
}
