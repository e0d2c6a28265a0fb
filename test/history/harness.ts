// Runs clients against several nodes over one PostgreSQL, all of them real processes, while things happen to those; then
// lets everything settle, asks for all there is once more, at every node, and hands the history over.

import { setTimeout as delay } from 'node:timers/promises';
import { type PostgresProcess, startPostgres } from '../postgres-server.ts';
import { type RedisProcess, startRedis } from '../redis-server.ts';
import { newEnterprise, textValue } from '../system/enterprise.ts';
import { Connection } from '../system/node.ts';
import type { Dice } from '../system/seed.ts';
import { openSharedStore } from '../system/shared-store.ts';
import { auditStore } from './audit.ts';
import { Client, type ClientOptions } from './clients.ts';
import { Fleet, type Happening, type Run } from './fleet.ts';
import type { History, LogRow, Promises } from './history.ts';
import { Recorder } from './recorder.ts';
import { sightingOf, sightingsIn } from './sightings.ts';
import { type LotOfStock, OWN_TEXT, Stock } from './stock.ts';

/** What the guide promises of several nodes. */
export const PROMISES: Promises = { otherNodeMs: 1000, afterDeathMs: 4000 };

const PREFIXES = 3;
const LOT_WIDTH = 5;
const PAGE = 1000;
/** Who ask at once for everything in the end. */
const LOOKERS = 9;
/** More than nodes promise after any of it. */
const SETTLED_MS = 5000;

export interface HarnessOptions {
  readonly nodes: readonly string[];
  readonly clients: number;
  /** At least so many, and until everything has happened. */
  readonly operations: number;
  /** In this order, again and again if `repeats`. */
  readonly happenings: readonly Happening[];
  readonly repeats: boolean;
  /** Between one and the next: at least, and at most. */
  readonly pauseMs: readonly [least: number, most: number];
  readonly withRedis: boolean;
  readonly dice: Dice;
  readonly say: (line: string) => void;
}

export interface Outcome {
  readonly history: History;
  readonly recorder: Recorder;
  readonly happened: Readonly<Record<Happening, number>>;
  /** What does not agree in the store itself. */
  readonly disagreements: readonly string[];
  /** Of the part that is counted: without start and last look. */
  readonly operations: number;
  readonly seconds: number;
}

export async function runHistory(options: HarnessOptions): Promise<Outcome> {
  const postgres = await startPostgres();
  const redis = options.withRedis ? await startRedis() : null;
  const shared = await openSharedStore([postgres.url], settingsFor(redis));
  const recorder = new Recorder();
  const { dice, nodes: names } = options;
  const fleet = new Fleet({ shared, postgres, names, dice, now: () => recorder.now() });
  try {
    await fleet.startAll();
    const operator = new Connection((await fleet.running())[0]?.url ?? '', shared.token());
    const stock = await stockUp(operator, dice, recorder);
    await operator.close();
    const clients: ClientOptions = { fleet, stock, recorder, dice, token: shared.token() };
    const keeper = new Client(clients);
    for (const model of stock.models) await keeper.put(model);
    await keeper.close();
    return await disturbed(options, clients, postgres);
  } finally {
    await fleet.close();
    await redis?.close();
    await postgres.close();
    shared.remove();
  }
}

function settingsFor(redis: RedisProcess | null): Record<string, string> {
  return {
    POSTGRES__CONNECT_TIMEOUT_MS: '1000',
    POSTGRES__STATEMENT_TIMEOUT_MS: '2000',
    LIMITS__MISSES_PER_SECOND: '0',
    ...(redis === null ? {} : { REDIS__URLS: redis.url }),
  };
}

async function stockUp(operator: Connection, dice: Dice, recorder: Recorder): Promise<Stock> {
  const prefixes: string[] = [];
  const lots: LotOfStock[] = [];
  for (let i = 0; i < PREFIXES; i++) {
    const prefix = await newEnterprise(operator);
    prefixes.push(prefix);
    lots.push(await newLot(operator, prefix, recorder));
  }
  return new Stock(prefixes, lots, dice);
}

async function newLot(operator: Connection, prefix: string, recorder: Recorder): Promise<LotOfStock> {
  const text = recorder.newText();
  const calledAt = recorder.now();
  const shape = { prefix, head: 'LOT-', width: LOT_WIDTH, from: 1, to: 100, tagLength: 0 };
  const body = { ...shape, values: [textValue(OWN_TEXT, text)] };
  const answer = await operator.ask('POST', '/v1/lots', body, { 'x-request-id': text });
  if (answer.status !== 201) throw new Error(`no lot: ${answer.text}`);
  const id = String(answer.body?.id);
  recorder.write({
    ...{ text, kind: 'put', name: id, expected: 0, requestIds: [text], runs: [], calledAt },
    ...{ answeredAt: recorder.now(), outcome: 'done', revision: 1 },
  });
  return { id, code: `${prefix}/LOT-${'1'.padStart(LOT_WIDTH, '0')}` };
}

async function disturbed(
  { clients: count, operations: wanted, happenings, repeats, pauseMs, dice, say }: HarnessOptions,
  options: ClientOptions,
  postgres: PostgresProcess,
): Promise<Outcome> {
  const { fleet, recorder } = options;
  const [startedAt, before] = [recorder.now(), recorder.operations];
  const done = (): number => recorder.operations - before;
  let hasHappened = false;
  const isOver = (): boolean => hasHappened && done() >= wanted;
  const running = Array.from({ length: count }, () => new Client(options).run(isOver));
  for (let i = 0; i < happenings.length || (repeats && done() < wanted); i++) {
    await delay(dice.between(...pauseMs));
    const what = happenings[i % happenings.length] as Happening;
    await fleet.happen(what);
    say(`${((recorder.now() - startedAt) / 1000).toFixed(0)} s: ${done()} operations; happened: ${what}`);
  }
  hasHappened = true;
  await Promise.all(running);
  const [operations, seconds] = [done(), (recorder.now() - startedAt) / 1000];
  if (fleet.ended.length > 0) throw new Error(`nodes ended by themselves:\n${fleet.ended.join('\n')}`);
  await delay(SETTLED_MS);
  await lookAtEverything(options);
  const log = await readLog(options);
  return {
    history: { ...recorder, log, disturbances: fleet.disturbances, promises: PROMISES },
    ...{ recorder, operations, seconds, happened: fleet.happened },
    disagreements: await auditStore(postgres, log),
  };
}

/** At every node: all names as they resolve; at one also as they stand. */
async function lookAtEverything(options: ClientOptions): Promise<void> {
  const runs = await options.fleet.running();
  for (const run of runs) await lookAtResolutions(options, run);
  const { stock } = options;
  const paths = [
    ...stock.names.map((name) => [name, `identifiers/${name}`] as const),
    ...stock.lots.map(({ id }) => [id, `lots/${id}`] as const),
  ];
  const shares = Array.from({ length: LOOKERS }, (_, i) => paths.filter((_path, at) => at % LOOKERS === i));
  await Promise.all(shares.map((share, i) => lookAtStanding(options, runs[i % runs.length] as Run, share)));
}

async function lookAtResolutions({ stock, recorder, token }: ClientOptions, run: Run): Promise<void> {
  const connection = new Connection(run.url, token);
  const { names } = stock;
  for (let i = 0; i < names.length; i += PAGE) {
    const asked = names.slice(i, i + PAGE);
    const calledAt = recorder.now();
    const { status, body, text } = await connection.ask('POST', '/v1/resolve', asked);
    if (status !== 200) recorder.unexpected.push(`${run.id} answered ${status} in the end: ${text}`);
    const where = { run: run.id, calledAt, answeredAt: recorder.now() };
    for (const [j, name] of asked.entries()) {
      const seen = sightingsIn(name, (body as unknown as Record<string, unknown>[])[j] ?? null);
      if (seen === null)
        recorder.unexpected.push(
          `${run.id} could not find out ${name} in the end: ${JSON.stringify(body?.[j as never])}`,
        );
      for (const [what, shown] of seen ?? []) recorder.read(what, shown, where);
    }
  }
  await connection.close();
}

async function lookAtStanding(
  { recorder, token }: ClientOptions,
  run: Run,
  paths: readonly (readonly [name: string, path: string])[],
): Promise<void> {
  const connection = new Connection(run.url, token);
  for (const [name, path] of paths) {
    const calledAt = recorder.now();
    const { status, body } = await connection.ask('GET', `/v1/${path}`);
    const seen = sightingOf(name, status, body);
    if (seen === null) recorder.unexpected.push(`${name} was answered ${status} in the end`);
    else recorder.read(seen[0], seen[1], { run: run.id, calledAt, answeredAt: recorder.now() });
  }
  await connection.close();
}

async function readLog({ fleet, token }: ClientOptions): Promise<readonly LogRow[]> {
  const connection = new Connection((await fleet.running())[0]?.url ?? '', token);
  const rows: LogRow[] = [];
  for (;;) {
    const { status, body, text } = await connection.ask(
      'GET',
      `/v1/changes?after=${rows.at(-1)?.sequence ?? 0}&limit=${PAGE}`,
    );
    if (status !== 200) throw new Error(`The change log cannot be read: ${text}`);
    const items = (body?.items ?? []) as readonly LogRow[];
    rows.push(...items);
    if (items.length === 0) break;
  }
  await connection.close();
  return rows;
}
