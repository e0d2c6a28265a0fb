// The dictionary: names of types and templates that recur are stored once and stand as numbers in records. A number keeps
// its meaning for ever, so what was read once is remembered; what another node has added since is read when it is met.

import type { ByteString } from '../domain/bytes.ts';
import { bytesFromText, textFromBytes } from '../domain/bytes.ts';
import { isHandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_TYPE_NAMES } from '../domain/limits.ts';
import { damaged } from './packed-bytes.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { READ } from './postgres-statements.ts';
import { bytea } from './postgres-values.ts';
import { PUT } from './postgres-write-statements.ts';
import type { NamesByNumber, NumberOfNames } from './record-codec.ts';

const TYPE = 1;
const TEMPLATE = 2;
const KINDS = [TYPE, TEMPLATE] as const;
type Kind = (typeof KINDS)[number];

/** Those beyond it are stored in full. */
const MAX_NAMES: Readonly<Record<Kind, number>> = { [TYPE]: MAX_TYPE_NAMES, [TEMPLATE]: MAX_TYPE_NAMES };

export class PostgresNames implements NumberOfNames {
  readonly #pool: PostgresPool;
  readonly #names: Readonly<Record<Kind, ByteString[]>> = { [TYPE]: [], [TEMPLATE]: [] };
  readonly #numbers: Readonly<Record<Kind, Map<ByteString, number>>> = { [TYPE]: new Map(), [TEMPLATE]: new Map() };

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  typeId(type: ByteString): number {
    return this.#numbers[TYPE].get(type) ?? 0;
  }

  templateId(template: Handle): number {
    return this.#numbers[TEMPLATE].get(bytesFromText(template)) ?? 0;
  }

  /** As the decoder of one record needs it: its parent stands beside it. */
  with(parent: Handle | null): NamesByNumber {
    return {
      type: (id) => this.#name(TYPE, id),
      template: (id) => textFromBytes(this.#name(TEMPLATE, id)) as Handle,
      node: () => {
        if (parent === null) throw damaged('a record names a parent that is not beside it');
        return parent;
      },
    };
  }

  /** Reads what has been added. */
  async refresh(): Promise<void> {
    for (const kind of KINDS) {
      const known = Math.max(0, this.#names[kind].length - 1);
      const rows = await this.#pool.query<{ id: number; name: ByteString }>(READ.names, [kind, known]);
      for (const { id, name } of rows) {
        this.#names[kind][id] = name;
        this.#numbers[kind].set(name, id);
      }
    }
  }

  /** What `decode` makes of rows; once more with a fresh dictionary if they are newer than this one. */
  decoded<T>(decode: () => T): T | Promise<T> {
    try {
      return decode();
    } catch (error) {
      if (!isHandleError(error, 'STORE_FORMAT')) throw error;
      return this.refresh().then(decode);
    }
  }

  /** Gives numbers to what has none yet, as far as there is room. Not within a transaction: a name nobody uses is no harm. */
  async give(types: Iterable<ByteString>, templates: Iterable<Handle>): Promise<void> {
    const missing = [
      ...this.#missing(TYPE, types),
      ...this.#missing(TEMPLATE, new Set([...templates].map(bytesFromText))),
    ];
    if (missing.length === 0) return;
    for (const [kind, name] of missing) await this.#pool.query(PUT.name, [kind, bytea(name), MAX_NAMES[kind]]);
    await this.refresh();
  }

  #missing(kind: Kind, names: Iterable<ByteString>): [Kind, ByteString][] {
    const isFull = this.#names[kind].length > MAX_NAMES[kind];
    const missing: [Kind, ByteString][] = [];
    if (isFull) return missing;
    for (const name of names) if (!this.#numbers[kind].has(name)) missing.push([kind, name]);
    return missing;
  }

  #name(kind: Kind, id: number): ByteString {
    const name = this.#names[kind][id];
    if (name === undefined)
      throw damaged(`a record names ${kind === TYPE ? 'type' : 'template'} ${id}, which is unknown`);
    return name;
  }
}
