// A real Redis for a case: started on a port of its own, frozen, killed, started again where it was, filled as a node fills it.

import { type ChildProcess, spawn } from 'node:child_process';
import { RedisAnswers } from '../../src/cache/redis-answers.ts';
import { RedisConnection } from '../../src/cache/redis-connection.ts';
import { RedisRecords } from '../../src/cache/redis-records.ts';
import { bytesFromText } from '../../src/domain/bytes.ts';
import { parseHandle } from '../../src/domain/handle.ts';
import type { HandleRecord } from '../../src/domain/handle-record.ts';
import { makeValue } from '../../src/domain/handle-value.ts';
import { decodeLoneRecord, encodeLoneRecord } from '../../src/store/lone-record.ts';
import { cpuSecondsOf } from '../driver/server-usage.ts';
import { freePort, killed, track } from '../measure/children.ts';

const READY_WITHIN_MS = 10_000;
const PATIENT_MS = 10_000;
const KEY_PREFIX = 'jiabiao';
/** Fewer than a connection takes on their way. */
const SETS_AT_ONCE = 500;
const KEPT_MS = 3_600_000;
const VALUES = 8;
const TYPE = bytesFromText('PRODUCT_NAME');

export interface RedisServer {
  /** Settings of a node that uses it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Writes what an upstream would have told of these handles. */
  fill(handles: readonly string[]): Promise<void>;
  /** Writes own records as a node does that has just read them from its store. Returns how many. */
  fillRecords(records: AsyncIterable<HandleRecord>): Promise<number>;
  /** CPU seconds that it has used so far. */
  cpuSeconds(): number;
  /** SIGSTOP; nothing answers until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL, frozen or not; returns when it is gone. */
  kill(): Promise<void>;
  /** On the same port, empty. */
  restart(): Promise<void>;
  /** Ends it for good. */
  close(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  let child = await start(port);
  const url = `redis://127.0.0.1:${port}`;
  return {
    settings: { JIABIAO_REDIS__URLS: url },
    fill: (handles) => fill(url, handles),
    fillRecords: (records) => fillRecords(url, records),
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: () => killed(child),
    async restart() {
      child = await start(port);
    },
    close: () => killed(child),
  };
}

async function start(port: number): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = track(spawn('redis-server', settings, { stdio: 'ignore' }));
  const missing = new Promise<never>((_resolve, reject) => {
    child.once('error', (cause) => {
      const message = `redis-server cannot be run (${cause.message}): install it (apt-get install redis-server), or name other cases.`;
      reject(new Error(message, { cause }));
    });
  });
  const connection = connect(`redis://127.0.0.1:${port}`);
  try {
    await Promise.race([connection.ready(READY_WITHIN_MS), missing]);
    if (!connection.isUp) throw new Error('redis-server did not get ready.');
    return child;
  } finally {
    await connection.close();
  }
}

function connect(url: string): RedisConnection {
  const none = { isCluster: false, username: null, password: null };
  return new RedisConnection({ urls: [url], ...none, timeoutMs: PATIENT_MS }, () => {});
}

async function fill(url: string, handles: readonly string[]): Promise<void> {
  const connection = connect(url);
  let failed = 0;
  const answers = new RedisAnswers(connection, KEY_PREFIX, {
    cacheEvent(_cache, event, count) {
      if (event === 'failed') failed += count;
    },
  });
  try {
    await connection.ready(READY_WITHIN_MS);
    for (let at = 0; at < handles.length; at += SETS_AT_ONCE) {
      for (const text of handles.slice(at, at + SETS_AT_ONCE)) {
        const handle = parseHandle(text, () => false);
        const values = Array.from({ length: VALUES }, (_, i) =>
          makeValue({ index: 2000 + i, type: TYPE, data: bytesFromText(`${text}, value ${i}`) }),
        );
        answers.set({ handle, site: null }, { kind: 'found', values, learnedAt: Date.now() }, KEPT_MS);
      }
      await connection.run((client) => client.ping()); // answered behind the sets
    }
    const held = await connection.run((client) => client.dbsize());
    if (failed > 0 || held < handles.length) throw new Error(`Redis holds ${held} of ${handles.length} answers.`);
  } finally {
    await connection.close();
  }
}

async function fillRecords(url: string, records: AsyncIterable<HandleRecord>): Promise<number> {
  const connection = connect(url);
  let failed = 0;
  const observer = {
    cacheEvent(_cache: string, event: string, count: number) {
      if (event === 'failed') failed += count;
    },
  };
  const codec = { encode: encodeLoneRecord, decode: decodeLoneRecord };
  const tier = new RedisRecords({ connection, keyPrefix: KEY_PREFIX, maxAgeSeconds: KEPT_MS / 1000, observer, codec });
  let count = 0;
  try {
    await connection.ready(READY_WITHIN_MS);
    for await (const record of records) {
      tier.set({ record, readAt: Date.now() });
      if (++count % SETS_AT_ONCE === 0) await connection.run((client) => client.ping()); // answered behind the sets
    }
    const held = await connection.run((client) => client.dbsize());
    if (failed > 0 || held < count) throw new Error(`Redis holds ${held} of ${count} records.`);
    return count;
  } finally {
    await connection.close();
  }
}
