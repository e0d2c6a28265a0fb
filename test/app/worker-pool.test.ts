// Workers that cannot start: they end, with whatever they had opened, so that others can take their place.

import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { loadConfig } from '../../src/app/config.ts';
import { Counters, createCountersBuffer } from '../../src/app/counters.ts';
import { createLog } from '../../src/app/logs.ts';
import { WorkerPool } from '../../src/app/worker-pool.ts';
import { createEpochBuffers } from '../../src/cache/epoch-table.ts';

/** Of a port where nobody listens. */
async function nobodysPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('a worker whose store is not to be reached ends, and says why', async () => {
  const flags = Object.entries({
    'http.port': '0',
    'store.kind': 'postgres',
    'postgres.urls': `postgres://postgres@127.0.0.1:${await nobodysPort()}/postgres`,
    'log.level': 'silent',
  });
  const config = loadConfig({ environment: {}, flags: flags.map(([name, text]) => [name, text, 'test']) });
  const counters = createCountersBuffer(2);
  const pool = new WorkerPool({
    count: 1,
    birth: {
      ...{ config, counters, epochs: createEpochBuffers(), version: '0.0.0', runId: 'test' },
      ...{ clientKey: '', lotKeys: [], reusePort: false },
    },
    ...{ tls: () => null, site: () => null, serveForeign: null, graceMs: 1000 },
    // Held open, as the main thread does.
    serveCommits: (port) => port.on('message', () => {}),
    receive() {},
    wakeImports() {},
    counters: new Counters(counters, 0),
    clock: systemClock,
    log: createLog({ level: 'silent' }, 'main'),
  });
  await expect(pool.start()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});
