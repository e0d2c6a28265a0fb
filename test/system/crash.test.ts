// SIGKILL at random moments under concurrent registration: what was acknowledged is there, and the books agree.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { Auditor } from './audit.ts';
import { newEnterprise } from './enterprise.ts';
import { Connection, freePort, operatorToken, startNode, temporaryDirectory } from './node.ts';
import { rollDice } from './seed.ts';
import { Ledger, startWriters } from './writers.ts';

const KILLS = 50;
const WRITERS = 12;
const directory = temporaryDirectory();
afterAll(() => directory.remove());

it(`keeps every acknowledged write over ${KILLS} kills`, { timeout: 180_000 }, async () => {
  const dice = rollDice();
  const port = await freePort();
  const ledger = new Ledger();
  let auditor: Auditor | null = null;
  let acknowledged = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const node = await startNode({ directory: directory.path, port });
    const token = operatorToken(directory.path);
    auditor ??= new Auditor(directory.path, await prefixFor(node.url, token));
    const prefix = auditor.prefix;
    const writers = startWriters({ url: node.url, token, prefix, ledger, dice, count: WRITERS, label: `K${kill}` });
    await writers.acknowledged(dice.between(1, 800));
    await delay(dice.between(0, 20)); // somewhere inside a commit, not right after an acknowledgement
    await node.kill();
    await writers.ended;
    expect(writers.unexpected).toEqual([]);
    expect(await auditor.audit(ledger, kill === KILLS), `after kill ${kill}`).toEqual([]);
    acknowledged += ledger.fresh.length;
    ledger.settle();
  }
  console.log(`${KILLS} kills, ${acknowledged} acknowledged writes, ${auditor?.created} identifiers`);
  expect(acknowledged).toBeGreaterThan(KILLS);
});

async function prefixFor(url: string, token: string): Promise<string> {
  const operator = new Connection(url, token);
  const prefix = await newEnterprise(operator);
  await operator.close();
  return prefix;
}
