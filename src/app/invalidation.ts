// Joins what nodes tell each other of changes with this node's caches: what we commit is told, what we hear ends answers,
// and while nothing can be heard no answer of others is old for long. Runs in the main thread, which alone ends answers.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type EpochTable, slotOf } from '../cache/epoch-table.ts';
import type { VisibleChange } from '../domain/change.ts';
import type { ForeignReader } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_INHERITANCE_DEPTH } from '../domain/limits.ts';
import type { Observer } from '../domain/observer.ts';
import type { RecordReader } from '../store/registry-store.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { flushWhileDeaf } from './deafness.ts';
import { connectRedis, redisSettingsOf, usesRedis } from './shared-cache.ts';

export interface Invalidation {
  /** For the threads that serve: what is forgotten is forgotten by all who listen. Null if nobody else is asked. */
  readonly reader: ForeignReader | null;
  /** Called after a commit, before it is acknowledged; returns at once. */
  publish(changes: readonly VisibleChange[]): void;
  close(): Promise<void>;
}

export interface InvalidationOptions {
  readonly config: Config;
  readonly epochs: EpochTable;
  readonly observer: Observer;
  readonly store: () => Pick<RecordReader, 'children'>;
  /** Null if nobody else is asked. */
  readonly foreign: ForeignReader | null;
}

/** Descendants told one by one; of a record with more, all is told to be old. */
const MAX_DESCENDANTS = 1000;
/** How far the clocks of nodes may differ. */
const CLOCK_SKEW_MS = 2000;

/** Of a node that shares no Redis, or tells nobody: it ends its own answers only. */
export async function openInvalidation(options: InvalidationOptions): Promise<Invalidation> {
  const { config, epochs, foreign, observer } = options;
  const end = async (handles: readonly Handle[]): Promise<void> => {
    // What is remembered first: a question that sees the new epoch must find nothing old behind it.
    await Promise.all(handles.map((handle) => foreign?.forget(handle)));
    const slots = handles.map(slotOf);
    epochs.raise(slots, slots);
  };
  const withPurge = (purge: (handle: Handle) => Promise<void>): ForeignReader | null =>
    foreign === null
      ? null
      : {
          fetch: (question) => foreign.fetch(question),
          held: (handle) => foreign.held(handle),
          forget: (handle) => (handle === null ? foreign.forget(null) : purge(handle)),
        };
  if (!usesRedis(config)) return { reader: withPurge((handle) => end([handle])), publish() {}, async close() {} };

  const { RedisAnswers } = await import('../cache/redis-answers.ts');
  const { RedisInvalidations } = await import('../cache/redis-invalidations.ts');
  const connection = await connectRedis(config, (state) => observer.redisIs(state));
  const answers = new RedisAnswers(connection, config.redis.keyPrefix, observer);
  const purgeHere = async (handle: Handle): Promise<void> => {
    await answers.forget(handle);
    await end([handle]);
  };
  if (!config.redis.announce) return { reader: withPurge(purgeHere), publish() {}, close: () => answers.close() };

  const distrust = (): void => {
    void foreign?.forget(null);
    epochs.distrust(systemClock() + CLOCK_SKEW_MS);
  };
  const deafness = flushWhileDeaf(distrust);
  const invalidations = new RedisInvalidations({
    settings: redisSettingsOf(config),
    keyPrefix: config.redis.keyPrefix,
    nodeId: randomUUID(),
    place: `${hostname()}:${config.http.port} ${config.store.path}`,
    clock: () => performance.now(),
    answers,
    connection,
    onHeard: (handles) => void end(handles),
    onGap: distrust,
    onState(state) {
      observer.invalidationIs(state);
      deafness.is(state);
    },
  });
  const reader = withPurge(async (handle) => {
    await purgeHere(handle);
    invalidations.publish([handle]);
  });
  return {
    reader,
    publish(changes) {
      const handles = changes.flatMap((change) => (change.subject === 'record' ? [change.handle] : []));
      const everything = changes.some(({ subject }) => subject === 'lot' || subject === 'home');
      invalidations.publish(handles, everything);
      const replaced = changes.filter((change) => change.subject === 'record' && change.replaced);
      if (replaced.length > 0)
        void tellDescendants(handles, options.store(), invalidations.publish.bind(invalidations));
    },
    async close() {
      deafness.close();
      await invalidations.close();
      await answers.close();
    },
  };
}

/** What inherits from a record answers otherwise with it. */
async function tellDescendants(
  handles: readonly Handle[],
  store: Pick<RecordReader, 'children'>,
  publish: (handles: readonly Handle[], everything?: boolean) => void,
): Promise<void> {
  let generation = handles;
  let told = 0;
  for (let depth = 1; depth < MAX_INHERITANCE_DEPTH && generation.length > 0; depth++) {
    const next: Handle[] = [];
    for (const parent of generation) {
      const children = await store.children(parent, null, MAX_DESCENDANTS + 1 - told);
      told += children.length;
      if (told > MAX_DESCENDANTS) {
        publish([], true);
        return;
      }
      next.push(...children);
    }
    publish(next);
    generation = next;
  }
}
