// Joins what nodes with one PostgreSQL tell each other with this node's caches: what is committed here is told, what is
// heard ends answers as a commit here does. Runs in the main thread, which alone ends answers.

import { randomUUID } from 'node:crypto';
import type { EpochTable } from '../cache/epoch-table.ts';
import type { VisibleChange } from '../domain/change.ts';
import { endedBy } from './announce.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { flushWhileDeaf } from './deafness.ts';
import { sessionsOf } from './postgres-servers.ts';

export interface NodeNotices {
  /** Called after a commit, before it is acknowledged; returns at once. */
  publish(changes: readonly VisibleChange[]): void;
  /** What was shared between nodes so far is not to be believed any more, here and elsewhere. */
  distrust(): void;
  /** Tells the others that there is a job to do. */
  wake(): void;
  /** Who is called when another node does. */
  onWake(listener: () => void): void;
  close(): Promise<void>;
}

export interface NoticesParts {
  readonly config: Config;
  readonly epochs: EpochTable;
  readonly counters: Counters;
}

/** How far the clocks of nodes may differ. */
const CLOCK_SKEW_MS = 2000;

/** Of a node whose store is its own: nobody else changes it. */
const ALONE: NodeNotices = { publish() {}, distrust() {}, wake() {}, onWake() {}, async close() {} };

export async function openNotices({ config, epochs, counters }: NoticesParts): Promise<NodeNotices> {
  if (config.store.kind !== 'postgres') return ALONE;
  // Loaded only where there is a PostgreSQL.
  const { Notices } = await import('../peers/notices.ts');
  const distrust = (): void => epochs.distrust(systemClock() + CLOCK_SKEW_MS);
  counters.set('storeShared', 1);
  let woken = (): void => {};
  const deafness = flushWhileDeaf(distrust);
  const notices = new Notices({
    connect: sessionsOf(config, 'notices'),
    channel: `${config.postgres.schema}_changes`,
    nodeId: randomUUID(),
    onHeard: ({ changed, created }) => epochs.raise(changed, created),
    onWake: () => woken(),
    onGap: distrust,
    onState(state) {
      counters.noticesAre(state);
      deafness.is(state);
    },
  });
  return {
    publish(changes) {
      const ended = endedBy(changes);
      if (ended === 'everything') notices.publish({ changed: [], created: [] }, true);
      else notices.publish(ended);
    },
    distrust() {
      distrust();
      notices.publish({ changed: [], created: [] }, true);
    },
    wake: () => notices.wake(),
    onWake(listener) {
      woken = listener;
    },
    async close() {
      deafness.close();
      await notices.close();
    },
  };
}
