// A small world around the read path: records that announce their changes, a clock that is moved by hand, a chain.

import { createEpochBuffers, EpochTable, slotOf } from '../../src/cache/epoch-table.ts';
import type { Answer, Tier } from '../../src/domain/answer.ts';
import { type ByteString, bytesFromText } from '../../src/domain/bytes.ts';
import type { VisibleChange } from '../../src/domain/change.ts';
import type { ForeignAnswer, ForeignQuestion, ForeignReader } from '../../src/domain/foreign-answer.ts';
import type { Handle } from '../../src/domain/handle.ts';
import type { HandleRecord, RecordDraft } from '../../src/domain/handle-record.ts';
import { type HandleValue, makeValue } from '../../src/domain/handle-value.ts';
import type { CacheEvent, CacheName, Observer } from '../../src/domain/observer.ts';
import { SILENT_OBSERVER } from '../../src/domain/observer.ts';
import type { Prefix } from '../../src/domain/prefix.ts';
import { createResolver, type ResolverOptions } from '../../src/resolver/chain.ts';
import type { Question, Resolver } from '../../src/resolver/resolver.ts';
import type { Awaitable } from '../../src/store/registry-store.ts';

export const ITEM = '88.118.1/ITEM' as Handle;
export const BATCH = '88.118.1/BATCH' as Handle;
export const MODEL = '88.118.1/MODEL' as Handle;
export const SERIES = '88.118.1/SERIES' as Handle;

export const START = 1_700_000_000_000;

/** Other nodes: what they say, and what they were asked. */
export class Others implements ForeignReader {
  readonly asked: ForeignQuestion[] = [];
  says: (question: ForeignQuestion) => Promise<ForeignAnswer> = async () => this.found('oak');

  fetch(question: ForeignQuestion): Promise<ForeignAnswer> {
    this.asked.push(question);
    return this.says(question);
  }

  async forget(): Promise<void> {}

  async held(): Promise<null> {
    return null;
  }

  found(data: string, ttl = 600, learnedAt = START): ForeignAnswer {
    return { kind: 'found', values: [value(1, data, { ttl })], learnedAt };
  }
}

export function value(index: number, data: string, more: Partial<HandleValue> = {}): HandleValue {
  return makeValue({ index, type: 'T' as ByteString, data: bytesFromText(data), ...more });
}

/** One epoch table for all worlds of a file: epochs only rise, so worlds do not disturb one another. */
const sharedEpochs = new EpochTable(createEpochBuffers());

export function announce(epochs: EpochTable, changes: readonly VisibleChange[]): void {
  const changed: number[] = [];
  const created: number[] = [];
  for (const change of changes) {
    if (change.subject === 'enterprise') changed.push(slotOf(`enterprise:${change.prefix}`));
    if (change.subject !== 'record') continue;
    if (change.replaced) changed.push(slotOf(change.handle));
    if (change.appeared) created.push(slotOf(change.handle));
    if (change.handle.startsWith('0.NA/')) changed.push(slotOf(`enterprise:${change.handle.slice(5)}`));
  }
  epochs.raise(changed, created);
}

/** Records in memory. A write is visible when `apply` returns and acknowledged when its change is announced. */
export class Records {
  readonly live = new Map<Handle, HandleRecord>();
  readonly #revisions = new Map<Handle, number>();
  /** Handles in the order they were read. */
  readonly reads: Handle[] = [];
  /** Stands between a read and its reader: makes reads slow or lets them fail. */
  gate: (read: () => HandleRecord | null) => Awaitable<HandleRecord | null> = (read) => read();

  get(handle: Handle): Awaitable<HandleRecord | null> {
    this.reads.push(handle);
    return this.gate(() => this.live.get(handle) ?? null);
  }

  apply(handle: Handle, draft: Partial<RecordDraft> | null): VisibleChange {
    const before = this.live.get(handle);
    const revision = (this.#revisions.get(handle) ?? 0) + 1;
    this.#revisions.set(handle, revision);
    if (draft === null) this.live.delete(handle);
    else {
      const full: RecordDraft = {
        status: 'active',
        parent: null,
        template: null,
        reason: null,
        recall: null,
        values: [],
        ...draft,
      };
      this.live.set(handle, { ...full, handle, revision, createdAt: START, updatedAt: START + revision });
    }
    const appeared = before === undefined || before.status === 'reserved';
    return { subject: 'record', handle, appeared, replaced: before !== undefined };
  }
}

export interface World {
  readonly records: Records;
  readonly resolver: Resolver;
  readonly epochs: EpochTable;
  /** Cache events so far, as `cache event`. */
  readonly events: Map<string, number>;
  readonly sizes: Map<CacheName, { bytes: number; entries: number }>;
  passSeconds(seconds: number): void;
  /** Writes and acknowledges. */
  write(handle: Handle, draft: Partial<RecordDraft> | null): void;
  /** Resolves what is at hand; fails the test if a promise comes back. */
  ask(handle: Handle | string, more?: Partial<Question>): { answer: Answer; tier: Tier };
}

export function createWorld(
  cache: Partial<ResolverOptions['cache']> = {},
  epochs: EpochTable = sharedEpochs,
  foreign: ResolverOptions['foreign'] = null,
  served: ResolverOptions['served'] = null,
): World {
  const records = new Records();
  const events = new Map<string, number>();
  const sizes: World['sizes'] = new Map();
  const observer: Observer = {
    ...SILENT_OBSERVER,
    cacheEvent(name: CacheName, event: CacheEvent, count: number) {
      events.set(`${name} ${event}`, (events.get(`${name} ${event}`) ?? 0) + count);
    },
    cacheSize(name, bytes, entries) {
      sizes.set(name, { bytes, entries });
    },
  };
  let now = START;
  const resolver = createResolver({
    store: records,
    lots: null,
    epochs,
    clock: () => now,
    observer,
    homed: () => [{ prefix: '88.118' as Prefix, foldsCase: false }],
    foreign,
    served,
    cache: { l1Bytes: 1e6, negativeBytes: 1e5, parentBytes: 1e6, maxAgeSeconds: 30, ...cache },
  });
  return {
    records,
    resolver,
    epochs,
    events,
    sizes,
    passSeconds(seconds) {
      now += seconds * 1000;
    },
    write(handle, draft) {
      announce(epochs, [records.apply(handle, draft)]);
    },
    ask(handle, more = {}) {
      const question: Question = {
        handle: handle as Handle,
        bypassCache: false,
        delegated: null,
        via: '',
        payForLook() {},
        payForTrip() {},
        tier: 'none',
        ...more,
      };
      const answer = resolver.resolve(question);
      if (answer instanceof Promise) throw new Error('what is at hand was answered with a promise');
      return { answer, tier: question.tier };
    },
  };
}

/** What an answer says, short enough to compare. */
export function told(answer: Answer): string {
  switch (answer.kind) {
    case 'found':
      return answer.values.map((v) => `${v.index}=${v.data}`).join(' ');
    case 'revoked':
      return `revoked by ${answer.revokedBy}: ${answer.reason}`;
    default:
      return answer.kind;
  }
}

/** Resolves what may have to be asked for elsewhere. */
export async function askLater(
  world: World,
  handle: Handle,
  more: Partial<Question> = {},
): Promise<{ says: string; tier: string; answer: Answer }> {
  const question: Question = {
    handle,
    bypassCache: false,
    delegated: null,
    via: '',
    payForLook() {},
    payForTrip() {},
    tier: 'none',
    ...more,
  };
  const answer = await world.resolver.resolve(question);
  return { says: told(answer), tier: question.tier, answer };
}
