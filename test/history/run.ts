// `npm run history -- --operations N`: a long history of several nodes that are killed, cut off and left without their primary
// again and again, and whether it is one that they promise. Writes what it saw to bench/results.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from '../../bench/measure/machine.ts';
import { rollDice } from '../system/seed.ts';
import { judge } from './checker.ts';
import { PROMISES, runHistory } from './harness.ts';

const RESULTS = join(import.meta.dirname, '..', '..', 'bench', 'results');
const SHOWN = 20;

const { values: flags } = parseArgs({
  options: {
    operations: { type: 'string', default: '200000' },
    nodes: { type: 'string', default: '3' },
    clients: { type: 'string', default: '24' },
    redis: { type: 'boolean', default: false },
    /** Nothing is written down. */
    dry: { type: 'boolean', default: false },
  },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const wanted = Number(flags.operations);
if (!Number.isSafeInteger(wanted) || wanted < 1000) throw new Error('--operations takes a number, 1000 or more: 2e5.');
const machine = describeMachine();
const dice = rollDice();
const names = Array.from({ length: Number(flags.nodes) }, (_, i) => String.fromCharCode(97 + i));
const outcome = await runHistory({
  ...{ nodes: names, clients: Number(flags.clients), operations: wanted, dice, say },
  happenings: ['node', 'sessions', 'node', 'primary', 'nodes', 'node', 'primary and node'],
  repeats: true,
  pauseMs: [500, 2500],
  withRedis: flags.redis,
});
const { history, recorder, operations, seconds, happened, disagreements } = outcome;
const verdict = judge(history);
const kinds = { put: 0, touch: 0, recall: 0, lift: 0, revoke: 0 };
const outcomes = { done: 0, refused: 0, unknown: 0 };
for (const { kind, outcome: end } of history.writes) {
  kinds[kind] += 1;
  outcomes[end] += 1;
}
const record = {
  at: new Date().toISOString(),
  machine,
  seed: dice.seed,
  redis: flags.redis,
  nodes: names.length,
  clients: Number(flags.clients),
  operations,
  seconds: Math.round(seconds * 10) / 10,
  reads: history.reads.length,
  unansweredReads: recorder.unanswered,
  writes: { ...outcomes, ...kinds },
  happened,
  logRows: history.log.length,
  names: verdict.revisions.size,
  promises: PROMISES,
  staleness: { ownNode: verdict.own, otherNodes: verdict.others, disturbed: verdict.disturbed },
  objections: verdict.objections.length,
  disagreements: disagreements.length,
  unexpectedAnswers: recorder.unexpected.length,
};
for (const { kind, text } of verdict.objections.slice(0, SHOWN)) say(`${kind}: ${text}`);
for (const text of [...disagreements, ...recorder.unexpected].slice(0, SHOWN)) say(text);
const name = flags.redis ? 'history-redis.json' : 'history.json';
if (!flags.dry) writeFileSync(join(RESULTS, name), `${JSON.stringify(record, null, 1)}\n`);
process.stdout.write(`${JSON.stringify(record, null, 1)}\n`);
process.exit(record.objections + record.disagreements + record.unexpectedAnswers === 0 ? 0 : 1);
