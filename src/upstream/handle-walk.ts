// A resolution over the Handle protocol from its beginning to the values, along aliases, with limits and without circles.

import { textFromBytes } from '../domain/bytes.ts';
import type { Handle } from '../domain/handle.ts';
import { MAX_ALIASES } from '../domain/handle-client-limits.ts';
import { type HandleValue, matchesFilter } from '../domain/handle-value.ts';
import { ttlSecondsOf } from '../domain/inheritance.ts';
import { DEFAULT_TTL_SECONDS } from '../domain/limits.ts';
import { isSameHandle } from '../wire/foreign-values.ts';
import { RESPONSE } from '../wire/protocol.ts';
import { type HandleClient, type Manner, messageIn, type Told } from './handle-client.ts';
import { codeOf, Responsible, type Start, valuesIn } from './handle-responsible.ts';
import { handleIn, refused, Trip } from './handle-trip.ts';

export interface Wanted {
  readonly handle: Handle;
  readonly indexes: readonly number[];
  readonly types: readonly string[];
  readonly followsAliases: boolean;
}

export interface Resolved {
  /** Whose values they are: the one asked for, or where its aliases lead. */
  readonly handle: Handle;
  readonly responseCode: number;
  readonly values: readonly HandleValue[];
  /** What the server says in words. */
  readonly message: string;
  /** Seconds after which an alias on the way may be another; null if there was none. */
  readonly aliasTtlSeconds: number | null;
}

const ALIAS = 'HS_ALIAS';

export class HandleWalk {
  readonly #responsible: Responsible;
  readonly #clock: () => number;

  /** `clock`: epoch milliseconds. */
  constructor(client: Pick<HandleClient, 'ask'>, start: Start, clock: () => number) {
    this.#responsible = new Responsible(client, start, clock);
    this.#clock = clock;
  }

  /** Throws `ExchangeFailed` if nobody who is well could be asked, `NotAccepted` for ways that lead nowhere. */
  async resolve(wanted: Wanted, manner: Manner): Promise<Resolved> {
    const trip = new Trip(manner);
    const passed = new Set<Handle>();
    let aliasTtlSeconds: number | null = null;
    for (let handle = wanted.handle; ; ) {
      if (passed.has(handle)) throw refused(`its aliases lead in a circle, back to ${handle}`);
      if (passed.size > MAX_ALIASES) throw refused(`more than ${MAX_ALIASES} aliases lead on from it`);
      passed.add(handle);
      const told = await this.#responsible.find(questionOf(wanted, handle), trip);
      const values = told === null ? [] : this.#valuesOf(told, handle);
      const alias = wanted.followsAliases ? values.find(({ type }) => type.toUpperCase() === ALIAS) : undefined;
      if (alias === undefined) return { ...resolvedFrom(told, values, wanted), handle, aliasTtlSeconds };
      const ttl = ttlSecondsOf([alias], this.#clock(), DEFAULT_TTL_SECONDS);
      aliasTtlSeconds = Math.min(aliasTtlSeconds ?? ttl, ttl);
      const target = handleIn(alias.data);
      trip.turn('alias', handle, [target]);
      handle = target;
    }
  }

  forget(handle: Handle | null): void {
    this.#responsible.forget(handle);
  }

  /** Asks the server that the way begins at who it is, and believes it: where a key is wanted and none is known. */
  learnKeys(manner: Manner): Promise<void> {
    return this.#responsible.learnKeys(new Trip(manner));
  }

  #valuesOf(told: Told, handle: Handle): readonly HandleValue[] {
    const { content } = told.message.body;
    if (content.kind === 'values' && !isSameHandle(textFromBytes(content.handle), handle)) {
      throw refused('it is for another handle');
    }
    return valuesIn(told);
  }
}

function questionOf({ indexes, types, followsAliases }: Wanted, handle: Handle) {
  const asksForAll = indexes.length + types.length === 0;
  // Who asks for some values would not hear that they are somewhere else.
  return {
    operation: 'resolution',
    handle,
    indexes,
    types: asksForAll || !followsAliases ? types : [...types, ALIAS],
  } as const;
}

function resolvedFrom(told: Told | null, values: readonly HandleValue[], { indexes, types }: Wanted) {
  if (told === null) return { responseCode: RESPONSE.handleNotFound, values, message: '' };
  const filter = { indexes, types: types.map((type) => type.toUpperCase()) };
  return {
    responseCode: codeOf(told),
    values: values.filter((value) => matchesFilter(value, filter)),
    message: messageIn(told.message),
  };
}
