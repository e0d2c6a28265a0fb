// SIGTERM under load: the node finishes what it has begun, exits with 0, and has kept what it acknowledged.

import { afterAll, expect, it } from 'vitest';
import { Auditor } from './audit.ts';
import { newEnterprise } from './enterprise.ts';
import { Connection, freePort, operatorToken, startNode, temporaryDirectory } from './node.ts';
import { rollDice } from './seed.ts';
import { Ledger, startWriters } from './writers.ts';

const STOPS = 5;
const directory = temporaryDirectory();
afterAll(() => directory.remove());

it('loses nothing acknowledged when it is asked to stop under load', { timeout: 60_000 }, async () => {
  const dice = rollDice();
  const port = await freePort();
  const ledger = new Ledger();
  let auditor: Auditor | null = null;
  for (let stop = 1; stop <= STOPS; stop++) {
    const node = await startNode({ directory: directory.path, port });
    const token = operatorToken(directory.path);
    const operator = new Connection(node.url, token);
    auditor ??= new Auditor(directory.path, await newEnterprise(operator));
    await operator.close();
    const { prefix } = auditor;
    const writers = startWriters({ url: node.url, token, prefix, ledger, dice, count: 12, label: `S${stop}` });
    await writers.acknowledged(dice.between(100, 500));
    expect(await node.stop(), node.output()).toBe(0);
    await writers.ended;
    expect(writers.unexpected).toEqual([]);
    expect(await auditor.audit(ledger, stop === STOPS)).toEqual([]);
    ledger.settle();
  }
});
