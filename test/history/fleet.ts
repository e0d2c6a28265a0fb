// Nodes over one PostgreSQL, and what happens to them: killed and started again, cut off, or left without their primary. It
// remembers when.

import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresProcess } from '../postgres-server.ts';
import type { RunningNode } from '../system/node.ts';
import type { Dice } from '../system/seed.ts';
import type { SharedStore } from '../system/shared-store.ts';
import type { Disturbances } from './history.ts';

/** A node from a start to its end. */
export interface Run {
  readonly id: string;
  readonly name: string;
  readonly url: string;
}

export interface FleetOptions {
  readonly shared: SharedStore;
  readonly postgres: PostgresProcess;
  readonly names: readonly string[];
  readonly dice: Dice;
  readonly now: () => number;
}

/**
 * What is killed or ended. `sequencer`: who orders the change log stands still, another is elected in its place, then it goes
 * on and takes itself for elected.
 */
export type Happening = 'node' | 'nodes' | 'primary' | 'primary and node' | 'sessions' | 'sequencer';

/** After a primary is back: until all nodes hear each other again. */
const HEARING_AGAIN_MS = 3000;
/** After a node that stood still goes on. */
const CATCHING_UP_MS = 1000;
/** The promise, and a second until a metric shows it. */
const ELECTED_WITHIN_MS = 2000 + 1500;
const POLL_MS = 20;
/** The first half of the name of the lock that elects (src/store/postgres-sequencer.ts). */
const ELECTION_LOCK = 0x6a62_0002;

interface Running {
  readonly node: RunningNode;
  readonly run: Run;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #nodes = new Map<string, Running>();
  readonly #killedAt = new Map<string, number>();
  readonly #deaf: [number, number][] = [];
  readonly happened: Record<Happening, number> = {
    node: 0,
    nodes: 0,
    primary: 0,
    'primary and node': 0,
    sessions: 0,
    sequencer: 0,
  };
  #starts = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  get disturbances(): Disturbances {
    return { killedAt: this.#killedAt, deaf: this.#deaf };
  }

  async startAll(): Promise<void> {
    for (const name of this.#options.names) await this.#start(name);
  }

  /** At least one. */
  async running(): Promise<readonly Run[]> {
    while (this.#nodes.size === 0) await delay(POLL_MS);
    return [...this.#nodes.values()].map(({ run }) => run);
  }

  /** Returns when all is as it was. */
  async happen(what: Happening): Promise<void> {
    const { dice, names } = this.#options;
    const first = dice.between(0, names.length - 1);
    const [one = '', other = ''] = [names[first], names[(first + 1) % names.length]];
    this.happened[what] += 1;
    switch (what) {
      case 'node':
        return this.#kill(one);
      case 'nodes':
        await Promise.all([this.#kill(one), this.#kill(other)]);
        return;
      case 'primary':
        return this.#losePrimary(async () => {});
      case 'primary and node':
        return this.#losePrimary(async () => this.#stop(one));
      case 'sessions':
        await this.#options.postgres.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name LIKE 'jiabiao%' AND random() < 0.5`,
        );
        return;
      case 'sequencer':
        return this.#doubleSequencer();
    }
  }

  /** What those wrote that have ended, though nobody ended them. */
  get ended(): readonly string[] {
    return [...this.#nodes.values()].flatMap(({ node, run }) =>
      isThere(node.pid) ? [] : [`${run.id}: ${node.output()}`],
    );
  }

  async close(): Promise<void> {
    for (const { node } of this.#nodes.values()) await node.stop();
    this.#nodes.clear();
  }

  async #start(name: string): Promise<void> {
    const node = await this.#options.shared.startNode(name);
    const run = { id: `${name}${++this.#starts}`, name, url: node.url };
    this.#nodes.set(name, { node, run });
  }

  /** While others may be asked as before. */
  async #stop(name: string): Promise<void> {
    const there = this.#nodes.get(name);
    if (there === undefined) return;
    this.#nodes.delete(name);
    this.#killedAt.set(there.run.id, this.#options.now());
    await there.node.kill();
  }

  async #kill(name: string): Promise<void> {
    await this.#stop(name);
    await delay(this.#options.dice.between(0, 500));
    await this.#start(name);
  }

  async #doubleSequencer(): Promise<void> {
    const { postgres, now } = this.#options;
    const elected = await this.#sequencer(() => true);
    const deaf: [number, number] = [now(), Number.POSITIVE_INFINITY];
    this.#deaf.push(deaf);
    process.kill(elected.node.pid, 'SIGSTOP');
    try {
      this.#nodes.delete(elected.run.name);
      await postgres.query(
        `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1`,
        [ELECTION_LOCK],
      );
      await this.#sequencer(({ run }) => run.id !== elected.run.id);
    } finally {
      process.kill(elected.node.pid, 'SIGCONT');
      this.#nodes.set(elected.run.name, elected);
      deaf[1] = now() + CATCHING_UP_MS;
    }
  }

  /** Waits until one of these orders the log, by its own account. */
  async #sequencer(isMeant: (one: Running) => boolean): Promise<Running> {
    for (const deadline = performance.now() + ELECTED_WITHIN_MS; performance.now() < deadline; await delay(POLL_MS)) {
      for (const one of [...this.#nodes.values()].filter(isMeant)) {
        const text = await fetch(`${one.run.url}/metrics`).then((answer) => answer.text());
        if (/^jiabiao_sequences 1$/m.test(text)) return one;
      }
    }
    throw new Error('nobody orders the change log');
  }

  async #losePrimary(meanwhile: () => Promise<void>): Promise<void> {
    const { postgres, dice, now, names } = this.#options;
    const from = now();
    const deaf: [number, number] = [from, Number.POSITIVE_INFINITY];
    this.#deaf.push(deaf);
    await postgres.kill();
    await delay(dice.between(0, 1000));
    await meanwhile();
    await postgres.restart();
    deaf[1] = now() + HEARING_AGAIN_MS;
    for (const name of names) if (!this.#nodes.has(name)) await this.#start(name);
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
