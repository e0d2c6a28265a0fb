// After an acknowledged write, of a record or of any ancestor, no worker answers with the older state.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { identifierPath, newEnterprise, textAt, textValue } from './enterprise.ts';
import { Connection, freePort, operatorToken, type RunningNode, startNode, temporaryDirectory } from './node.ts';
import { type Dice, rollDice } from './seed.ts';

const CHECKS = 100_000;
const WORKERS = 3;
const FAMILIES = 4;
/** The system spreads connections over the workers that share the port: this many reach them all. */
const CONNECTIONS = 24;
const ITEMS = 6;
const RECALL_INDEX = 1002;
const [MODEL_INDEX, BATCH_INDEX, ITEM_INDEX] = [2001, 2002, 2003];

const INDEXES = [MODEL_INDEX, BATCH_INDEX, ITEM_INDEX, RECALL_INDEX];

const directory = temporaryDirectory();
let node: RunningNode;
let prefix: string;

beforeAll(async () => {
  node = await startNode({ directory: directory.path, port: await freePort(), workers: WORKERS });
  const operator = new Connection(node.url, operatorToken(directory.path));
  prefix = await newEnterprise(operator);
  await operator.close();
});
afterAll(async () => {
  await node?.stop();
  directory.remove();
});

it('never shows an older state after a write was acknowledged', { timeout: 180_000 }, async () => {
  const dice = rollDice();
  const families = Array.from({ length: FAMILIES }, (_, index) => new Family(`F${index}`, dice));
  const asked = await Promise.all(
    families.map(async (family) => {
      await family.create();
      while (family.checks < CHECKS / FAMILIES) await family.round();
      await family.close();
      return family.checks;
    }),
  );
  const total = asked.reduce((sum, checks) => sum + checks, 0);
  console.log(`${total} answers checked over ${FAMILIES * CONNECTIONS} connections to ${WORKERS} workers`);
  expect(total).toBeGreaterThanOrEqual(CHECKS);
});

/** A model with one batch and its items: one writer, many readers, and what each answer must show at any moment. */
class Family {
  readonly #model: string;
  readonly #batch: string;
  readonly #items: readonly string[];
  readonly #texts = new Map<string, string>();
  readonly #writer: Connection;
  readonly #readers: readonly Connection[];
  readonly #dice: Dice;
  #notice: string | null = null;
  #version = 0;
  checks = 0;

  constructor(name: string, dice: Dice) {
    this.#model = `${prefix}/${name}-MODEL`;
    this.#batch = `${prefix}/${name}-BATCH`;
    this.#items = Array.from({ length: ITEMS }, (_, index) => `${prefix}/${name}-ITEM-${index}`);
    this.#writer = new Connection(node.url, operatorToken(directory.path));
    this.#readers = Array.from({ length: CONNECTIONS }, () => new Connection(node.url, null));
    this.#dice = dice;
  }

  async create(): Promise<void> {
    for (const handle of [this.#model, this.#batch, ...this.#items]) await this.#put(handle);
  }

  /** One write, and everybody is asked at once as soon as it is acknowledged. */
  async round(): Promise<void> {
    const roll = this.#dice.between(1, 10);
    if (roll === 1) await this.#withdrawAndRestore();
    else if (roll === 2) await this.#appear();
    else if (roll === 3) await this.#recallAndLift();
    else {
      await this.#put(this.#dice.pick([this.#model, this.#batch, ...this.#items]));
      await this.#askItems(false);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#writer, ...this.#readers].map((connection) => connection.close()));
  }

  async #withdrawAndRestore(): Promise<void> {
    const ancestor = this.#dice.pick([this.#model, this.#batch]);
    await this.#patch(ancestor, { status: 'revoked', reason: 'withdrawn' });
    await this.#askItems(true);
    await this.#patch(ancestor, { status: 'active' });
    await this.#askItems(false);
  }

  /** The notice is on every item, whichever worker is asked, and gone as soon as the recall is lifted. */
  async #recallAndLift(): Promise<void> {
    const ancestor = this.#dice.pick([this.#model, this.#batch]);
    const path = `${identifierPath(ancestor)}/recall`;
    this.#notice = `notice ${++this.#version}`;
    const recalled = await this.#writer.ask('POST', path, { reason: 'hinge', notice: this.#notice });
    expect(recalled.status, recalled.text).toBe(200);
    await this.#askItems(false);
    this.#notice = null;
    const lifted = await this.#writer.ask('DELETE', path);
    expect(lifted.status, lifted.text).toBe(200);
    await this.#askItems(false);
  }

  /** A handle that every worker has just found to be absent comes into being. */
  async #appear(): Promise<void> {
    const handle = `${this.#items[0]}-${this.#version}`;
    const absent = await this.#askAll(() => handle);
    expect(absent.map((answer) => answer.status)).toEqual(absent.map(() => 404));
    await this.#put(handle);
    const found = await this.#askAll(() => handle);
    expect(found.map((answer) => answer.status)).toEqual(found.map(() => 200));
  }

  async #askItems(withdrawn: boolean): Promise<void> {
    const first = this.#dice.between(0, ITEMS - 1);
    const itemOf = (reader: number): string => this.#items[(first + reader) % ITEMS] ?? '';
    const answers = await this.#askAll(itemOf);
    const shown = answers.map(({ status, body }) =>
      withdrawn ? { status } : { status, texts: INDEXES.map((index) => textAt(body, index)) },
    );
    const expected = answers.map((_, reader) =>
      withdrawn
        ? { status: 404 }
        : {
            status: 200,
            texts: [
              ...[this.#model, this.#batch, itemOf(reader)].map((handle) => this.#texts.get(handle)),
              this.#notice,
            ],
          },
    );
    expect(shown).toEqual(expected);
  }

  async #askAll(handleFor: (reader: number) => string) {
    const answers = await Promise.all(
      this.#readers.map((connection, reader) => connection.ask('GET', `/api/handles/${handleFor(reader)}`)),
    );
    this.checks += answers.length;
    return answers;
  }

  async #put(handle: string): Promise<void> {
    const text = `version ${++this.#version}`;
    const level =
      handle === this.#model
        ? { values: [textValue(MODEL_INDEX, text)] }
        : handle === this.#batch
          ? { values: [textValue(BATCH_INDEX, text)], parent: this.#model }
          : { values: [textValue(ITEM_INDEX, text)], parent: this.#batch };
    const answer = await this.#writer.ask('PUT', identifierPath(handle), level);
    expect(answer.status, answer.text).toBeLessThan(300);
    this.#texts.set(handle, text);
  }

  async #patch(handle: string, body: object): Promise<void> {
    const answer = await this.#writer.ask('PATCH', identifierPath(handle), body);
    expect(answer.status, answer.text).toBe(200);
  }
}
