// Clients that ask now one node, now another: what each does next is the dice's to say, what became of it goes to the
// recorder. A write that nobody answers may be sent once more, under the same key, to another node.

import { setTimeout as delay } from 'node:timers/promises';
import { identifierPath } from '../system/enterprise.ts';
import { Connection, type JsonAnswer } from '../system/node.ts';
import type { Dice } from '../system/seed.ts';
import type { Fleet, Run } from './fleet.ts';
import type { Write, WriteKind } from './history.ts';
import type { Recorder } from './recorder.ts';
import { sightingOf, sightingsIn } from './sightings.ts';
import { bodyOf, OWN_TEXT, type Stock } from './stock.ts';

const BATCH_READS = 20;
const BATCH_WRITES = 8;
/** Of a write that is repeated until somebody answers. */
const MAX_TRIES = 4;
/** After a question that nobody could answer. */
const PAUSE_MS = 30;

const COULD_NOT = 503;
/** What says that a write was not done; and 400 that a lot does not end before the serial it was to be extended to. */
const REFUSALS: ReadonlySet<number> = new Set([404, 409, 410, 412]);
const EXTENDED_TOO_LATE = 400;

export interface ClientOptions {
  readonly fleet: Fleet;
  readonly stock: Stock;
  readonly recorder: Recorder;
  readonly dice: Dice;
  readonly token: string;
}

interface Sending {
  readonly kind: WriteKind;
  readonly name: string;
  readonly method: 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly expected?: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it is sent again under the same key if nobody answers. */
  readonly isRepeated?: boolean;
}

export class Client {
  readonly #options: ClientOptions;
  readonly #connections = new Map<string, Connection>();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) await this.turn();
    await this.close();
  }

  async close(): Promise<void> {
    for (const connection of this.#connections.values()) await connection.close();
    this.#connections.clear();
  }

  turn(): Promise<void> {
    const { dice, stock } = this.#options;
    const roll = dice.between(1, 100);
    if (roll <= 25) return this.#resolveMany(Array.from({ length: BATCH_READS }, () => stock.pickAny()));
    if (roll <= 45) return this.resolve(stock.pickAny());
    if (roll <= 53) return this.read(stock.pickAny());
    if (roll <= 58) return this.#readLot();
    if (roll <= 78) return this.put(stock.pickHot());
    if (roll <= 81) return this.put(stock.pickModel());
    if (roll <= 86) return this.put(stock.nextItems(1)[0] ?? '');
    if (roll <= 92) return this.#createMany(stock.nextItems(BATCH_WRITES));
    if (roll <= 94) return this.#recall(stock.pickModel());
    if (roll <= 96) return this.#revoke(stock.pickItem());
    return this.#changeLot();
  }

  async resolve(name: string): Promise<void> {
    await this.#look(
      (connection) => connection.ask('GET', `/api/handles/${name}`),
      ({ body }) => sightingsIn(name, body),
    );
  }

  async read(name: string): Promise<void> {
    await this.#look(
      (connection) => connection.ask('GET', identifierPath(name)),
      ({ status, body }) => oneOrNone(sightingOf(name, status, body)),
    );
  }

  async put(name: string): Promise<void> {
    const { recorder, dice } = this.#options;
    const text = recorder.newText();
    const known = recorder.revisionOf(name);
    const isConditional = known > 0 && dice.between(1, 4) === 1;
    await this.#send({
      ...{ kind: 'put', name, method: 'PUT', path: identifierPath(name), body: bodyOf(name, text), text },
      ...(isConditional ? { expected: known, headers: { 'if-match': `"r${known}"` } } : {}),
      isRepeated: dice.between(1, 2) === 1,
    });
  }

  async #resolveMany(names: readonly string[]): Promise<void> {
    await this.#look(
      (connection) => connection.ask('POST', '/v1/resolve', names),
      ({ status, body }) => {
        const each = (body ?? []) as readonly Record<string, unknown>[];
        return status === 200 ? names.flatMap((name, i) => sightingsIn(name, each[i] ?? null) ?? []) : null;
      },
    );
  }

  async #readLot(): Promise<void> {
    const { dice, stock } = this.#options;
    const { id, code } = dice.pick(stock.lots);
    if (dice.between(1, 3) === 1) {
      await this.#look(
        (connection) => connection.ask('GET', `/v1/lots/${id}`),
        ({ status, body }) => oneOrNone(sightingOf(id, status, body)),
      );
      return;
    }
    await this.#look(
      (connection) => connection.ask('GET', `/api/handles/${code}`),
      ({ body }) => sightingsIn(code, body)?.map(([, seen]) => [id, seen] as const) ?? null,
    );
  }

  async #look(
    ask: (connection: Connection) => Promise<JsonAnswer>,
    sightings: (answer: JsonAnswer) => ReturnType<typeof sightingsIn>,
  ): Promise<void> {
    const { recorder } = this.#options;
    const { run, connection } = await this.#pick();
    const calledAt = recorder.now();
    const answer = await ask(connection).catch(() => null);
    const where = { run: run.id, calledAt, answeredAt: recorder.now() };
    const seen = answer === null || answer.status === COULD_NOT ? null : sightings(answer);
    if (seen !== null) {
      for (const [name, what] of seen) recorder.read(name, what, where);
      return;
    }
    if (answer !== null && answer.status !== COULD_NOT) recorder.unexpected.push(`${answer.status} ${answer.text}`);
    recorder.unanswered += 1;
    await delay(PAUSE_MS);
  }

  async #createMany(names: readonly string[]): Promise<void> {
    const { recorder } = this.#options;
    const { run, connection } = await this.#pick();
    const texts = names.map(() => recorder.newText());
    const requestId = `many-${texts[0]}`;
    const items = names.map((handle, i) => ({ handle, ...bodyOf(handle, texts[i] ?? '') }));
    const calledAt = recorder.now();
    const answer = await connection
      .ask('POST', '/v1/identifiers?mode=create', items, { 'x-request-id': requestId })
      .catch(() => null);
    const answeredAt = recorder.now();
    const results = (answer?.body?.results ?? []) as readonly { outcome: string; revision?: number; detail?: string }[];
    this.#note(answer, 'put');
    for (const [i, name] of names.entries()) {
      const { outcome, revision = null } = results[i] ?? { outcome: 'unknown' };
      const became = outcome === 'created' ? 'done' : outcome === 'refused' ? 'refused' : 'unknown';
      recorder.write({
        ...{ text: texts[i] ?? '', kind: 'put', name, expected: 0, requestIds: [requestId], runs: [run.id], calledAt },
        ...{ answeredAt: became === 'unknown' ? Number.POSITIVE_INFINITY : answeredAt, outcome: became, revision },
      });
    }
    if (results.length === 0) await delay(PAUSE_MS);
  }

  async #recall(name: string): Promise<void> {
    const { dice, recorder } = this.#options;
    const path = `${identifierPath(name)}/recall`;
    const notice = recorder.newText();
    const body = { reason: 'Report', notice };
    const lift: Sending = { kind: 'lift', name, method: 'DELETE', path };
    await this.#send(dice.between(1, 2) === 1 ? lift : { ...lift, kind: 'recall', method: 'POST', body, text: notice });
  }

  async #revoke(name: string): Promise<void> {
    await this.#send({ kind: 'revoke', name, method: 'DELETE', path: `${identifierPath(name)}?reason=broken` });
  }

  async #changeLot(): Promise<void> {
    const { dice, stock, recorder } = this.#options;
    const { id } = dice.pick(stock.lots);
    const text = recorder.newText();
    if (dice.between(1, 3) > 1) {
      const body = { values: [{ index: OWN_TEXT, type: 'PRODUCT_NAME', data: text }] };
      await this.#send({ kind: 'put', name: id, method: 'PATCH', path: `/v1/lots/${id}`, body, text });
      return;
    }
    const path = `/v1/lots/${id}/extend`;
    await this.#send({ kind: 'touch', name: id, method: 'POST', path, body: { to: stock.nextLotEnd() } });
  }

  async #send(sending: Sending): Promise<void> {
    const { recorder } = this.#options;
    const { kind, name, method, path, body, expected = null, headers = {}, isRepeated = false } = sending;
    const text = sending.text ?? recorder.newText();
    const key = isRepeated ? { 'idempotency-key': text } : {};
    const requestIds: string[] = [];
    const runs: string[] = [];
    const calledAt = recorder.now();
    let answer: JsonAnswer | null = null;
    for (let tries = isRepeated ? MAX_TRIES : 1; tries > 0; tries--) {
      const { run, connection } = await this.#pick();
      const requestId = `${text}-${requestIds.length}`;
      requestIds.push(requestId);
      runs.push(run.id);
      const sent = { ...headers, ...key, 'x-request-id': requestId };
      answer = await connection.ask(method, path, body, sent).catch(() => null);
      if (!isOpen(answer)) break;
      await delay(PAUSE_MS);
    }
    this.#note(answer, kind);
    const outcome = outcomeOf(answer, kind, requestIds.length);
    const answeredAt = outcome === 'unknown' ? Number.POSITIVE_INFINITY : recorder.now();
    const revision = outcome === 'done' ? Number(answer?.body?.revision) : null;
    recorder.write({
      ...{ text, kind, name, expected, requestIds, runs, calledAt, answeredAt, outcome, revision },
    } satisfies Write);
  }

  /** Whatever happens to nodes, they answer nothing else. */
  #note(answer: JsonAnswer | null, kind: WriteKind): void {
    if (answer === null || answer.status < 300 || answer.status === COULD_NOT || isRefusal(answer, kind)) return;
    this.#options.recorder.unexpected.push(`${answer.status} ${answer.text}`);
  }

  /** One of those that are there, waiting for one if need be. */
  async #pick(): Promise<{ readonly run: Run; readonly connection: Connection }> {
    const { fleet, dice, token } = this.#options;
    const run = dice.pick(await fleet.running());
    const connection = this.#connections.get(run.name) ?? new Connection(run.url, token);
    this.#connections.set(run.name, connection);
    return { run, connection };
  }
}

function oneOrNone<T>(one: T | null): readonly T[] | null {
  return one === null ? null : [one];
}

/** Whether it is worth asking again under the same key. */
function isOpen(answer: JsonAnswer | null): boolean {
  return answer === null || answer.status === COULD_NOT || answer.body?.code === 'IDEMPOTENCY_IN_PROGRESS';
}

function isRefusal({ status }: JsonAnswer, kind: WriteKind): boolean {
  return REFUSALS.has(status) || (kind === 'touch' && status === EXTENDED_TOO_LATE);
}

function outcomeOf(answer: JsonAnswer | null, kind: WriteKind, tries: number): Write['outcome'] {
  if (answer === null || isOpen(answer)) return 'unknown';
  if (answer.status < 300) return answer.body?.outcome === 'unchanged' ? 'refused' : 'done';
  // A refusal speaks of the time it was sent, and not of those before.
  return isRefusal(answer, kind) && tries === 1 ? 'refused' : 'unknown';
}
