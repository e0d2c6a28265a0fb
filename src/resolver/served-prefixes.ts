// The prefix record 0.NA/P of a prefix that this node serves and nobody has registered one for: whoever begins there, as clients
// of the Handle protocol do, is led to this node. What is registered wins; it writes nothing.

import { revisionOf } from '../cache/shared-answer.ts';
import { type Answer, type NotFound, noRenderings } from '../domain/answer.ts';
import type { ByteString } from '../domain/bytes.ts';
import type { Enterprise } from '../domain/enterprise.ts';
import { type Handle, responsiblePrefixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { type HandleValue, makeValue } from '../domain/handle-value.ts';
import { DEFAULT_TTL_SECONDS } from '../domain/limits.ts';
import type { Homed, Prefix } from '../domain/prefix.ts';
import type { Recalled } from '../domain/recall.ts';
import type { Awaitable, DirectoryReader } from '../store/registry-store.ts';
import { encodeAdmin } from '../wire/admin-value.ts';

export interface ServedPrefixesOptions {
  readonly directory: Pick<DirectoryReader, 'enterprise'>;
  readonly homed: Homed;
  /** Under which enterprises get their codes. */
  readonly ownPrefix: Prefix;
  /** The HS_SITE data of the node, always that of the moment. */
  readonly site: { readonly data: ByteString };
}

const SITE_INDEX = 1;
const ADMIN_INDEX = 100;
const KEY_INDEX = 300;
/** Permission bits of HS_ADMIN (RFC 3651 §3.2.1): all, and to add, delete and list the handles of a prefix. */
const EVERYTHING = 0xfff;
const OWN_HANDLES = 0x803;
const NO_RECALLS: readonly Recalled[] = [];

export class ServedPrefixes {
  readonly #options: ServedPrefixesOptions;

  constructor(options: ServedPrefixesOptions) {
    this.#options = options;
  }

  /** For a prefix handle below one of our prefixes that is not in our store; null if this node does not serve it. */
  answer(absent: NotFound): Awaitable<Answer | null> {
    const { directory, homed } = this.#options;
    const prefix = responsiblePrefixOf(absent.handle);
    if (homed().some((home) => home.prefix === prefix)) return this.#served(absent, prefix, 0);
    const told = (enterprise: Enterprise | null): Answer | null =>
      enterprise === null || enterprise.hosting !== 'here' || enterprise.state === 'pending'
        ? null
        : this.#served(absent, prefix, enterprise.createdAt);
    const enterprise = directory.enterprise(prefix);
    return enterprise instanceof Promise ? enterprise.then(told) : told(enterprise);
  }

  /** It ends as its absence would: with a record, or with a change of the enterprise. */
  #served({ handle, validity }: NotFound, prefix: Prefix, since: number): Answer {
    const values = this.#valuesOf(prefix, Math.floor(since / 1000));
    return {
      kind: 'found',
      handle,
      learned: null,
      validity,
      ttlSeconds: DEFAULT_TTL_SECONDS,
      renderings: noRenderings(),
      record: recordOf(handle, values, since),
      ancestors: [],
      values,
      recalls: NO_RECALLS,
    };
  }

  #valuesOf(prefix: Prefix, timestamp: number): readonly HandleValue[] {
    const { site, ownPrefix } = this.#options;
    const value = (index: number, type: string, data: ByteString): HandleValue =>
      makeValue({ index, type: type as ByteString, data, timestamp });
    const admin = (index: number, of: Prefix, permissions: number): HandleValue =>
      value(index, 'HS_ADMIN', encodeAdmin({ handle: `${of}/ADMIN`, index: KEY_INDEX, permissions }));
    const operators = admin(ADMIN_INDEX, ownPrefix, EVERYTHING);
    const holders = prefix === ownPrefix ? [] : [admin(ADMIN_INDEX + 1, prefix, OWN_HANDLES)];
    return [value(SITE_INDEX, 'HS_SITE', site.data), operators, ...holders];
  }
}

/** It has no revision of a store: the same content has the same. */
function recordOf(handle: Handle, values: readonly HandleValue[], since: number): HandleRecord {
  const times = { createdAt: since, updatedAt: since };
  const nothing = { parent: null, template: null, reason: null, recall: null } as const;
  return { handle, status: 'active', ...nothing, values, revision: revisionOf(values), ...times };
}
