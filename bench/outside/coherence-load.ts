// Updates at one node at a fixed rate, and questions at it and at another that answers for it: of each answer, how long ago
// the newer state that it lacks was acknowledged.

import { Client } from 'undici';

export interface CoherenceJob {
  /** Where identifiers are registered. */
  readonly home: string;
  readonly token: string;
  /** Who answers for them, and is told what changes. */
  readonly away: string;
  /** Below which they are registered; its enterprise exists. */
  readonly prefix: string;
  readonly updatesPerSecond: number;
  /** Answers to be looked at; those of the home beside them, a tenth as many. */
  readonly checks: number;
}

export interface Lateness {
  readonly checks: number;
  /** Answers that lacked what had been acknowledged when they were asked for. */
  readonly late: number;
  readonly worstMs: number;
  readonly p99Ms: number;
}

export interface CoherenceReport {
  readonly updates: number;
  readonly updatesPerSecond: number;
  readonly away: Lateness;
  readonly home: Lateness;
  /** Questions of which it could not be found out in time. */
  readonly unanswered: number;
}

const HANDLES = 400;
/** Each writes handles of its own, one change after the other. */
const WRITERS = 16;
const READERS = 16;
const HOME_READERS = 2;

/** Of one handle: when each of its states was acknowledged, `acknowledgedAt[n]` of the nth; none is kept that all have seen. */
interface Watched {
  readonly path: string;
  readonly acknowledgedAt: number[];
}

/** It could not be found out in time: no answer, and none that is late. */
const NOT_FOUND_OUT: ReadonlySet<number> = new Set([502, 503]);

/** Throws if an update is refused, or an answer is neither one nor "could not be found out". */
export async function runCoherence(job: CoherenceJob): Promise<CoherenceReport> {
  const watched = Array.from({ length: HANDLES }, (_, i) => ({ path: `${job.prefix}/C${i}`, acknowledgedAt: [] }));
  const writers = Array.from({ length: WRITERS }, (_, i) => new Writer(job, watched, i));
  await Promise.all(writers.map((writer) => writer.registerAll()));
  const startedAt = performance.now();
  let isOver = false;
  let unanswered = 0;
  const onNone = (): void => {
    unanswered++;
  };
  const writing = writers.map((writer) => writer.run(job.updatesPerSecond / WRITERS, () => isOver));
  const homeDelays: number[] = [];
  const atHome = readers(job.home, HOME_READERS, watched, {
    ...{ into: homeDelays, onNone },
    isOver: () => isOver || homeDelays.length * 10 >= job.checks,
  });
  const awayDelays: number[] = [];
  const away = readers(job.away, READERS, watched, {
    ...{ into: awayDelays, onNone },
    isOver: () => awayDelays.length >= job.checks,
  });
  try {
    await Promise.race([Promise.all(away), Promise.all(writing)]);
  } finally {
    isOver = true;
  }
  await Promise.all([...atHome, ...writing]);
  const seconds = (performance.now() - startedAt) / 1000;
  const updates = writers.reduce((sum, writer) => sum + writer.updates, 0);
  return {
    unanswered,
    updates,
    updatesPerSecond: updates / seconds,
    away: latenessOf(awayDelays),
    home: latenessOf(homeDelays),
  };
}

class Writer {
  readonly #client: Client;
  readonly #token: string;
  readonly #mine: readonly Watched[];
  updates = 0;

  constructor({ home, token }: CoherenceJob, watched: readonly Watched[], place: number) {
    this.#client = new Client(home);
    this.#token = token;
    this.#mine = watched.filter((_, i) => i % WRITERS === place);
  }

  async registerAll(): Promise<void> {
    for (const one of this.#mine) await this.#put(one);
  }

  /** As many a second, or as fast as it goes; closes its connection at the end. */
  async run(perSecond: number, isOver: () => boolean): Promise<void> {
    const startedAt = performance.now();
    while (!isOver()) {
      const waitMs = startedAt + (1000 * this.updates) / perSecond - performance.now();
      if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
      await this.#put(this.#mine[this.updates % this.#mine.length] as Watched);
      this.updates++;
    }
    await this.#client.close();
  }

  async #put({ path, acknowledgedAt }: Watched): Promise<void> {
    const value = { index: 2000, type: 'STATE', data: { format: 'string', value: String(acknowledgedAt.length) } };
    const { statusCode, body } = await this.#client.request({
      method: 'PUT',
      path: `/v1/identifiers/${path}`,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ values: [value] }),
    });
    const text = await body.text();
    if (statusCode !== 200 && statusCode !== 201) throw new Error(`An update was answered ${statusCode}: ${text}`);
    acknowledgedAt.push(performance.now());
  }
}

interface Reading {
  readonly onNone: () => void;
  /** How late each answer was; 0 if it was not. */
  readonly into: number[];
  readonly isOver: () => boolean;
}

function readers(url: string, count: number, watched: readonly Watched[], reading: Reading): Promise<void>[] {
  return Array.from({ length: count }, async (_, reader) => {
    const client = new Client(url);
    // Each goes through all of them in an order of its own.
    for (let turn = reader * 31; !reading.isOver(); turn += 1 + 2 * reader) {
      const { path, acknowledgedAt } = watched[turn % watched.length] as Watched;
      const askedAt = performance.now();
      const { statusCode, body } = await client.request({ method: 'GET', path: `/api/handles/${path}` });
      const text = await body.text();
      if (NOT_FOUND_OUT.has(statusCode)) {
        reading.onNone();
        continue;
      }
      const state = /"value":"(\d+)"/.exec(text)?.[1];
      if (statusCode !== 200 || state === undefined) throw new Error(`${path} was answered ${statusCode}: ${text}`);
      const nextAt = acknowledgedAt[Number(state) + 1];
      reading.into.push(nextAt === undefined ? 0 : Math.max(0, askedAt - nextAt));
    }
    await client.close();
  });
}

function latenessOf(delays: readonly number[]): Lateness {
  const sorted = delays.toSorted((a, b) => a - b);
  return {
    checks: delays.length,
    late: delays.filter((delay) => delay > 0).length,
    worstMs: sorted.at(-1) ?? 0,
    p99Ms: sorted[Math.floor((sorted.length - 1) * 0.99)] ?? 0,
  };
}
