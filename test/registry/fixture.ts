// A registry over a fresh store, with the people its tests need: an operator, two enterprises, a reviewer, a reader.

import { createHash } from 'node:crypto';
import { announce } from '../../src/app/announce.ts';
import { createEpochBuffers, EpochTable } from '../../src/cache/epoch-table.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import type { EnterpriseState } from '../../src/domain/enterprise.ts';
import type { HandleError } from '../../src/domain/error.ts';
import { type HandleValue, makeValue } from '../../src/domain/handle-value.ts';
import { type Observer, SILENT_OBSERVER } from '../../src/domain/observer.ts';
import { type Prefix, parsePrefix } from '../../src/domain/prefix.ts';
import type { Principal, Role } from '../../src/domain/principal.ts';
import { createRegistry, type Registry } from '../../src/registry/create-registry.ts';
import { followHomes } from '../../src/registry/live-homes.ts';
import type {
  Actor,
  DeleteRegistration,
  IdempotencyClaim,
  PatchRegistration,
  PutRegistration,
  RegisterOptions,
  Registration,
  RegistrationResult,
  RevokeRegistration,
} from '../../src/registry/registration.ts';
import { LotSecrets } from '../../src/store/lot-secrets.ts';
import { openMemoryStore } from '../../src/store/memory-store.ts';
import type { RegistryStore } from '../../src/store/registry-store.ts';

const OWN = parsePrefix('88.118');
const lotSecrets = new LotSecrets([Buffer.alloc(32, 1)]);

export const CHAIRS = '88.118.10001';
export const LAMPS = '88.118.10002';
export const FOREIGN_HOME = '20.500.99999';
export const WRITE: RegisterOptions = { dryRun: false, idempotency: null };
export const DRY: RegisterOptions = { dryRun: true, idempotency: null };

export interface Fixture extends Registry {
  readonly store: RegistryStore;
  readonly epochs: EpochTable;
  readonly clock: { nowMs: number };
  readonly operator: Actor;
  readonly reviewer: Actor;
  readonly chairs: Actor;
  readonly lamps: Actor;
  readonly reader: Actor;
  /** How many commits the store was asked for. */
  readonly commits: { count: number };
  /** Calls of the store's directory reads, by method. */
  readonly reads: Map<string, number>;
}

export interface FixtureOptions {
  readonly observer?: Observer;
  /** Called before each commit reaches the store: where a test lets others come first. */
  readonly beforeCommit?: () => Promise<void> | void;
  /** Puts something between the registry and the store. */
  readonly wrap?: (store: RegistryStore) => RegistryStore;
}

/** One for all fixtures of a file: its tables are large, and what a test raises harms no other. */
const epochs = new EpochTable(createEpochBuffers());

export async function openFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const clock = { nowMs: Date.UTC(2026, 0, 1) };
  const inner = openMemoryStore({
    clock: () => clock.nowMs,
    lotTags: lotSecrets,
    onVisible: (changes) => announce(epochs, changes),
  });
  const commits = { count: 0 };
  const reads = new Map<string, number>();
  const store = watched(options.wrap?.(inner) ?? inner, commits, reads, options.beforeCommit);
  const configured = [
    { prefix: OWN, foldsCase: false },
    { prefix: parsePrefix(FOREIGN_HOME), foldsCase: true },
  ];
  const registry = createRegistry({
    store,
    epochs,
    clock: () => clock.nowMs,
    randomBytes: seededBytes(),
    lotSecrets,
    ownPrefix: OWN,
    homed: followHomes({ store, epochs, configured }),
    observer: options.observer ?? SILENT_OBSERVER,
  });
  const operator = actor('operator', null);
  for (const name of ['Chairs', 'Lamps']) {
    await registry.directory.createEnterprise(operator, newEnterprise({ name }));
  }
  commits.count = 0;
  return {
    ...registry,
    store,
    epochs,
    clock,
    commits,
    reads,
    operator,
    reviewer: actor('reviewer', null),
    chairs: actor('enterprise', CHAIRS),
    lamps: actor('enterprise', LAMPS),
    reader: actor('reader', CHAIRS),
  };
}

function watched(
  inner: RegistryStore,
  commits: { count: number },
  reads: Map<string, number>,
  beforeCommit: FixtureOptions['beforeCommit'],
): RegistryStore {
  const noting = <T>(method: string, answer: T): T => {
    reads.set(method, (reads.get(method) ?? 0) + 1);
    return answer;
  };
  return {
    prefixes: () => inner.prefixes(),
    state: (handle) => inner.state(handle),
    states: (prefix, after, limit) => inner.states(prefix, after, limit),
    get: (handle) => inner.get(handle),
    getMany: (handles) => noting('getMany', inner.getMany(handles)),
    list: (prefix, after, limit) => inner.list(prefix, after, limit),
    handles: (prefix, page) => inner.handles(prefix, page),
    homes: () => inner.homes(),
    template: (handle) => noting('template', inner.template(handle)),
    templates: (prefix, after, limit) => inner.templates(prefix, after, limit),
    lot: (id) => noting('lot', inner.lot(id)),
    findLot: (handle) => noting('findLot', inner.findLot(handle)),
    lots: (prefix, after, limit) => inner.lots(prefix, after, limit),
    lotVersions: (id, after, limit) => inner.lotVersions(id, after, limit),
    templateVersions: (handle, after, limit) => inner.templateVersions(handle, after, limit),
    children: (parent, after, limit) => inner.children(parent, after, limit),
    history: (handle, before, limit) => inner.history(handle, before, limit),
    enterprise: (prefix) => noting('enterprise', inner.enterprise(prefix)),
    enterprises: (after, limit) => inner.enterprises(after, limit),
    principal: (id) => noting('principal', inner.principal(id)),
    principals: (after, limit) => inner.principals(after, limit),
    key: (id) => inner.key(id),
    keyByHash: (tokenHash) => noting('keyByHash', inner.keyByHash(tokenHash)),
    keys: (after, limit) => inner.keys(after, limit),
    findByValue: (question) => inner.findByValue(question),
    findByState: (question) => inner.findByState(question),
    changes: (after, limit, prefix) => inner.changes(after, limit, prefix),
    changesWithin: (scopes, after, limit) => inner.changesWithin(scopes, after, limit),
    changeHead: (sequence) => inner.changeHead(sequence),
    counts: (prefix) => inner.counts(prefix),
    statistics: (query) => inner.statistics(query),
    idempotencyResult: (key, nowMs) => inner.idempotencyResult(key, nowMs),
    async commit(request) {
      commits.count++;
      await beforeCommit?.();
      return inner.commit(request);
    },
    stats: () => inner.stats(),
    close: () => inner.close(),
  };
}

/** Bytes that look random, differ every time, and are the same in every run. */
export function seededBytes(): (size: number) => Buffer {
  let calls = 0;
  return (size) => createHash('shake256', { outputLength: size }).update(`seed ${calls++}`).digest();
}

export function actor(role: Role, scope: string | null, id = `p-${role}-${scope ?? 'all'}`): Actor {
  const principal: Principal = {
    id,
    name: id,
    role,
    scope: scope === null ? null : (scope as Prefix),
    state: 'active',
    revision: 1,
    createdAt: 0,
    updatedAt: 0,
  };
  return { principal, requestId: 'request-1' };
}

export function newEnterprise(given: { prefix?: string; name?: string; state?: 'pending' | 'active'; quota?: number }) {
  return {
    prefix: given.prefix ?? null,
    name: given.name ?? 'Company',
    state: given.state ?? ('active' as const),
    contact: null,
    quota: given.quota ?? null,
  };
}

export function value(index: number, type: string, data: string, more: Partial<HandleValue> = {}): HandleValue {
  return makeValue({ index, type: bytesFromText(type), data: bytesFromText(data), ...more });
}

export function put(
  handle: string,
  more: Partial<Omit<PutRegistration, 'operation' | 'handle'>> = {},
): PutRegistration {
  return {
    operation: 'put',
    handle,
    mode: 'upsert',
    ifMatch: null,
    status: 'active',
    parent: null,
    template: null,
    values: [value(2000, 'NAME', 'Chair')],
    ...more,
  };
}

export function patch(
  handle: string,
  more: Partial<Omit<PatchRegistration, 'operation' | 'handle'>>,
): PatchRegistration {
  return { operation: 'patch', handle, ifMatch: null, ...more };
}

export function revoke(handle: string, reason = 'faulty hinge', ifMatch: number | null = null): RevokeRegistration {
  return { operation: 'revoke', handle, reason, ifMatch };
}

export function remove(handle: string, ifMatch: number | null = null): DeleteRegistration {
  return { operation: 'delete', handle, ifMatch };
}

/** Registers one; its result. */
export async function one(
  fixture: Fixture,
  who: Actor,
  registration: Registration,
  options: RegisterOptions = WRITE,
): Promise<RegistrationResult> {
  const { results } = await fixture.identifiers.register(who, [registration], options);
  return results[0] as RegistrationResult;
}

/** What came of each, in a word: the outcome, or the code of the refusal. */
export function words(results: readonly RegistrationResult[]): string[] {
  return results.map((result) => (result.ok ? result.outcome : result.error.code));
}

export async function word(
  fixture: Fixture,
  who: Actor,
  registration: Registration,
  options: RegisterOptions = WRITE,
): Promise<string> {
  return words([await one(fixture, who, registration, options)])[0] as string;
}

export function refusal(result: RegistrationResult): HandleError {
  if (result.ok) throw new Error(`expected a refusal, got ${result.outcome}`);
  return result.error;
}

export async function setState(fixture: Fixture, prefix: string, state: EnterpriseState): Promise<void> {
  await fixture.directory.updateEnterprise(fixture.operator, prefix, { state }, null);
}

/** Values that differ by `name` alone. */
export function named(name: string): { values: HandleValue[] } {
  return { values: [value(2000, 'NAME', name)] };
}

export function claim(more: Partial<IdempotencyClaim> = {}): IdempotencyClaim {
  return { clientKey: 'key-1', method: 'POST', path: '/v1/identifiers', bodyHash: 'b1', ...more };
}

/** A result without its error's stack. */
export function plain(result: RegistrationResult): unknown {
  if (result.ok) return result;
  const { code, message, at } = result.error;
  return { handle: result.handle, code, message, at };
}

/** Another worker of the same node: its own registry over the same store and epochs. */
export function secondWorker(fixture: Fixture): Registry {
  return createRegistry({
    store: fixture.store,
    epochs: fixture.epochs,
    clock: () => fixture.clock.nowMs,
    randomBytes: seededBytes(),
    lotSecrets,
    ownPrefix: OWN,
    homed: () => [],
    observer: SILENT_OBSERVER,
  });
}

/** What came of it: `done`, or the code of the failure. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
