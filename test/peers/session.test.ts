// Sessions that nodes keep with the PostgreSQL they share: what PostgreSQL is told to do when one falls silent.

import { expect, test } from 'vitest';
import { withSession } from '../../src/peers/session.ts';
import { startPostgres } from '../postgres-server.ts';
import { connectTo } from './world.ts';

/** What nodes promise, less what a candidate takes to look again. */
const GIVEN_UP_SECONDS = 2;

test('a machine that is gone keeps no office: its session is given up after two seconds of silence', async () => {
  const postgres = await startPostgres();
  const told: number[] = [];
  await withSession(connectTo(postgres.url), async (client) => {
    for (const what of ['idle', 'interval', 'count']) {
      const { rows } = await client.query(`SHOW tcp_keepalives_${what}`);
      told.push(Number(rows[0]?.[`tcp_keepalives_${what}`]));
    }
  });
  const [idle = 0, interval = 0, count = 0] = told;
  expect(Math.min(...told)).toBeGreaterThan(0);
  expect(idle + interval * count).toBe(GIVEN_UP_SECONDS);
  await postgres.close();
});
