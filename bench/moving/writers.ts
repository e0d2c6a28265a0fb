// Manufacturers who go on writing while their registry moves: registrations, changes, revocations, batches, codes of lots.
// They note what was acknowledged, and when the node is gone they wait for the next one.

import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { putTemplate } from '../import-file.ts';
import { createEnterpriseKey, type LoadTarget } from '../load-sector.ts';
import { seededRandom } from '../random.ts';

/** What stands by the last word of a node; `atLeast`: something was sent since, and not answered. */
export interface Acknowledged {
  readonly revision: number;
  readonly atLeast: boolean;
}

const BATCH_SIZE = 20;
const CODES = 20_000;
const SEED = 20_261_126;

interface Item {
  readonly handle: string;
  readonly [member: string]: unknown;
}

interface Result {
  readonly handle: string;
  readonly revision?: number;
}

export class Writer {
  readonly ledger = new Map<string, Acknowledged>();
  /** Calls and identifiers that were acknowledged. */
  calls = 0;
  writes = 0;
  /** Answers other than success, while there was a node. */
  readonly refused: string[] = [];
  readonly prefix: string;
  readonly #token: string;
  readonly #random: () => number;
  /** Of its lot, those that are no records yet. */
  readonly #codes: string[];
  readonly #live: string[] = [];
  #next = 0;
  #node: LoadTarget | null = null;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(prefix: string, token: string, codes: string[]) {
    this.prefix = prefix;
    this.#token = token;
    this.#codes = codes;
    this.#random = seededRandom(SEED ^ Number(prefix.replaceAll('.', '')));
  }

  /** With an enterprise, a key, a template, a model and a lot of its own. */
  static async open(node: LoadTarget, prefix: string): Promise<Writer> {
    const token = await createEnterpriseKey(node, prefix);
    await putTemplate(node, prefix, true);
    const own = { port: node.port, token };
    const model = { values: [{ index: 2000, type: 'PRODUCT_NAME', data: '实木餐椅' }] };
    await call(own, 'PUT', `/v1/identifiers/${prefix}/MODEL`, model);
    const shape = { prefix, head: 'LOT-', width: 6, from: 1, to: CODES, tagLength: 8, parent: `${prefix}/MODEL` };
    const { id } = (await call(own, 'POST', '/v1/lots', shape)) as { id: string };
    const answer = await request(`http://127.0.0.1:${node.port}/v1/lots/${encodeURIComponent(id)}/codes`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' },
    });
    const lines = (await answer.body.text()).trim().split('\n');
    return new Writer(
      prefix,
      token,
      lines.map((line) => (JSON.parse(line) as { handle: string }).handle),
    );
  }

  /** Writes to this node, `perSecond` calls; what was sent to another is over. */
  async begin(node: LoadTarget, perSecond: number): Promise<void> {
    await this.pause();
    this.#node = { port: node.port, token: this.#token };
    this.#isStopped = false;
    this.#running = this.#run(1000 / perSecond);
  }

  async pause(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(everyMs: number): Promise<void> {
    while (!this.#isStopped) {
      await Promise.all([this.#write(), delay(everyMs)]);
    }
  }

  async #write(): Promise<void> {
    const roll = this.#random();
    const handle = this.#live[Math.floor(this.#random() * this.#live.length)];
    if (roll < 0.1) return this.#batch();
    if (roll < 0.3 && handle !== undefined) return this.#send('PUT', this.#item(handle));
    if (roll < 0.4 && handle !== undefined) return this.#revoke(handle);
    if (roll < 0.45 && handle !== undefined) return this.#recall(handle);
    const code = roll < 0.5 ? this.#codes.pop() : undefined;
    return this.#send('PUT', this.#item(code ?? this.#newHandle()));
  }

  #newHandle(): string {
    return `${this.prefix}/NEW-${String(this.#next++).padStart(9, '0')}`;
  }

  #item(handle: string): Item {
    const serial = `SN${String(this.#next++).padStart(10, '0')}`;
    const values = [{ index: 2020, type: 'SERIAL', data: serial }];
    return { handle, parent: `${this.prefix}/MODEL`, template: `${this.prefix}/META_ITEM`, values };
  }

  async #send(method: 'PUT', { handle, ...body }: Item): Promise<void> {
    await this.#call([handle], method, `/v1/identifiers/${handle}`, body);
  }

  async #revoke(handle: string): Promise<void> {
    this.#live.splice(this.#live.indexOf(handle), 1);
    await this.#call([handle], 'DELETE', `/v1/identifiers/${handle}?reason=scrapped`);
  }

  async #recall(handle: string): Promise<void> {
    const words = { reason: 'Supplier report', notice: '请停止使用。Stop using it.' };
    await this.#call([handle], 'POST', `/v1/identifiers/${handle}/recall`, words);
  }

  async #batch(): Promise<void> {
    const items = Array.from({ length: BATCH_SIZE }, () => this.#item(this.#newHandle()));
    await this.#call(
      items.map(({ handle }) => handle),
      'POST',
      '/v1/identifiers',
      items,
    );
  }

  async #call(handles: readonly string[], method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown) {
    const before = handles.map((handle) => this.ledger.get(handle));
    for (const [i, handle] of handles.entries()) {
      this.ledger.set(handle, { revision: before[i]?.revision ?? 0, atLeast: true });
    }
    try {
      const answer = (await call(this.#node as LoadTarget, method, path, body)) as Result & { results?: Result[] };
      this.calls += 1;
      for (const { handle, revision } of answer.results ?? [answer]) this.#acknowledge(handle, revision);
    } catch (error) {
      if (error instanceof Refused) this.refused.push(error.message);
      else await delay(50); // the node is gone: the next one is waited for
    }
  }

  #acknowledge(handle: string, revision: number | undefined): void {
    if (revision === undefined) {
      this.refused.push(`${handle} has no revision`);
      return;
    }
    if (!this.ledger.has(handle) || revision === 1) this.#live.push(handle);
    this.ledger.set(handle, { revision, atLeast: false });
    this.writes += 1;
  }
}

class Refused extends Error {}

/** Throws `Refused` for what a node that goes on would not answer. */
async function call(node: LoadTarget, method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown) {
  const answer = await request(`http://127.0.0.1:${node.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${node.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  if (answer.statusCode === 503) throw new Error('The node stops.');
  if (answer.statusCode > 299) throw new Refused(`${method} ${path} answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text) as unknown;
}
