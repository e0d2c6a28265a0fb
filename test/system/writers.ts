// Concurrent registration with a ledger of what was acknowledged: one connection and handles of its own per writer.

import { identifierPath, recordOf } from './enterprise.ts';
import { Connection, type JsonAnswer } from './node.ts';
import type { Dice } from './seed.ts';

export interface Acknowledged {
  readonly handle: string;
  readonly revision: number;
  readonly text: string;
}

/** What the node has promised, and for each handle what may have happened besides. */
export class Ledger {
  readonly acknowledged = new Map<string, Acknowledged>();
  /** Sent and not answered: it may stand or not. */
  readonly inDoubt = new Map<string, string>();
  /** Every acknowledged write since the last `settle`, superseded ones too. */
  readonly fresh: Acknowledged[] = [];

  acknowledge(write: Acknowledged): void {
    this.acknowledged.set(write.handle, write);
    this.inDoubt.delete(write.handle);
    this.fresh.push(write);
  }

  /** Takes over what an audit found for the handles in doubt, so that the next round starts from facts. */
  settle(): void {
    this.inDoubt.clear();
    this.fresh.length = 0;
  }
}

export interface WritersOptions {
  readonly url: string;
  readonly token: string;
  readonly prefix: string;
  readonly ledger: Ledger;
  readonly dice: Dice;
  readonly count: number;
  /** Beginning of all suffixes of this run. */
  readonly label: string;
}

export interface Writers {
  /** Resolves when this many writes of this run were acknowledged, or when every writer has ended. */
  acknowledged(count: number): Promise<void>;
  /** Resolves when every writer has ended: by `finish`, a lost connection or a refusal because the node stops. */
  readonly ended: Promise<void>;
  /** Ends every writer after its current request. */
  finish(): void;
  /** Answers that were neither success nor "going down". */
  readonly unexpected: readonly JsonAnswer[];
}

const BATCH_SIZE = 20;
const GOING_DOWN = 503;

export function startWriters(options: WritersOptions): Writers {
  const { ledger } = options;
  const startedWith = ledger.fresh.length;
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const unexpected: JsonAnswer[] = [];
  let running = true;
  const turn = async (writer: Writer): Promise<boolean> => {
    const answer = await writer.write();
    if (answer !== null && answer.status >= 400 && answer.status !== GOING_DOWN) unexpected.push(answer);
    const done = ledger.fresh.length - startedWith;
    for (const waiter of waiting) if (done >= waiter.count) waiter.resolve();
    return running && answer !== null && answer.status < 400;
  };
  const loop = async (index: number): Promise<void> => {
    const writer = new Writer(options, `${options.label}-${index}`);
    while (await turn(writer));
    await writer.close();
  };
  const ended = Promise.all(Array.from({ length: options.count }, (_, index) => loop(index))).then(() => {});
  return {
    acknowledged: (count) => Promise.race([ended, new Promise<void>((resolve) => waiting.push({ count, resolve }))]),
    ended,
    finish: () => {
      running = false;
    },
    unexpected,
  };
}

class Writer {
  readonly #options: WritersOptions;
  readonly #connection: Connection;
  readonly #label: string;
  readonly #own: string[] = [];
  #next = 0;

  constructor(options: WritersOptions, label: string) {
    this.#options = options;
    this.#connection = new Connection(options.url, options.token);
    this.#label = label;
  }

  /** One request: a new identifier, a change of one of its own, or a batch of new ones. Null if the connection broke. */
  write(): Promise<JsonAnswer | null> {
    const { dice } = this.#options;
    const roll = dice.between(1, 10);
    if (roll === 1) return this.#batch(Array.from({ length: BATCH_SIZE }, () => this.#newHandle()));
    if (roll <= 4 && this.#own.length > 0) return this.#put(dice.pick(this.#own));
    return this.#put(this.#newHandle());
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #newHandle(): string {
    return `${this.#options.prefix}/${this.#label}-${this.#next++}`;
  }

  #newText(): string {
    return `text ${this.#next++}`;
  }

  async #put(handle: string): Promise<JsonAnswer | null> {
    const text = this.#newText();
    const answer = await this.#send([[handle, text]], () =>
      this.#connection.ask('PUT', identifierPath(handle), recordOf(text)),
    );
    if (answer !== null && answer.status < 300) this.#note(handle, answer.body?.revision, text);
    return answer;
  }

  async #batch(handles: readonly string[]): Promise<JsonAnswer | null> {
    const items = handles.map((handle) => ({ handle, text: this.#newText() }));
    const body = items.map(({ handle, text }) => ({ handle, ...recordOf(text) }));
    const answer = await this.#send(
      items.map(({ handle, text }) => [handle, text]),
      () => this.#connection.ask('POST', '/v1/identifiers', body),
    );
    const results = (answer?.body?.results ?? []) as readonly { handle: string; revision?: number; outcome: string }[];
    for (const [index, result] of results.entries()) {
      if (result.outcome === 'created') this.#note(result.handle, result.revision, items[index]?.text ?? '');
    }
    return answer;
  }

  async #send(
    writes: readonly (readonly [string, string])[],
    ask: () => Promise<JsonAnswer>,
  ): Promise<JsonAnswer | null> {
    for (const [handle, text] of writes) this.#options.ledger.inDoubt.set(handle, text);
    try {
      return await ask();
    } catch {
      return null; // the node was killed or closed the connection: what was sent stays in doubt
    }
  }

  #note(handle: string, revision: unknown, text: string): void {
    if (typeof revision !== 'number') throw new Error(`${handle} was acknowledged without a revision`);
    if (!this.#own.includes(handle) && this.#own.length < 200) this.#own.push(handle);
    this.#options.ledger.acknowledge({ handle, revision, text });
  }
}
