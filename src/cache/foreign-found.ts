// What another node has, as an answer of this one: with its values, or with what follows from them while nobody has read
// them. It asks nobody and keeps nothing.

import { type Found, type Learned, noRenderings, type Renderings, type Validity } from '../domain/answer.ts';
import type { ForeignFound } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import type { HandleValue } from '../domain/handle-value.ts';
import { type Recalled, recallsIn } from '../domain/recall.ts';
import { revisionOf } from './shared-answer.ts';

/** What this node makes of it. */
export interface Basis {
  readonly handle: Handle;
  readonly learned: Learned;
  readonly validity: Validity;
  readonly ttlSeconds: number;
}

const NO_ANCESTORS: readonly HandleRecord[] = [];
const NO_RECALLS: readonly Recalled[] = [];

export function foreignFound(basis: Basis, told: ForeignFound): Found {
  return told.digest === undefined ? foundWith(basis, told, revisionOf(told.values)) : new UnreadFound(basis, told);
}

function foundWith(basis: Basis, { values, learnedAt }: ForeignFound, revision: number): Found {
  const { handle, learned, validity, ttlSeconds } = basis;
  return {
    kind: 'found',
    handle,
    learned,
    validity,
    ttlSeconds,
    renderings: noRenderings(),
    record: {
      handle,
      status: 'active',
      parent: null,
      template: null,
      reason: null,
      recall: null,
      values,
      revision,
      createdAt: learnedAt,
      updatedAt: learnedAt,
    },
    ancestors: NO_ANCESTORS,
    values,
    recalls: recallsIn(handle, values),
  };
}

/** Handed on as it came. Its values are read when somebody asks for them. */
export class UnreadFound implements Found {
  readonly kind = 'found';
  readonly handle: Handle;
  readonly learned: Learned;
  readonly validity: Validity;
  readonly ttlSeconds: number;
  readonly renderings: Renderings;
  readonly record: HandleRecord;
  readonly ancestors = NO_ANCESTORS;
  readonly #told: ForeignFound;

  constructor(basis: Basis, told: ForeignFound) {
    const { handle, learned, validity, ttlSeconds } = basis;
    this.handle = handle;
    this.learned = learned;
    this.validity = validity;
    this.ttlSeconds = ttlSeconds;
    this.renderings = noRenderings();
    this.renderings.values = told.digest?.publicJson ?? null;
    this.record = new UnreadRecord(handle, told);
    this.#told = told;
  }

  get values(): readonly HandleValue[] {
    return this.#told.values;
  }

  get recalls(): readonly Recalled[] {
    return this.#told.digest?.isRecalled === false ? NO_RECALLS : recallsIn(this.handle, this.values);
  }

  get jsonBytes(): number {
    return this.renderings.values?.length ?? 0;
  }

  /** The same with its values, as a plain object. */
  read(): Found {
    return foundWith(this, this.#told, this.record.revision);
  }
}

class UnreadRecord implements HandleRecord {
  readonly handle: Handle;
  readonly status = 'active';
  readonly parent = null;
  readonly template = null;
  readonly reason = null;
  readonly recall = null;
  readonly revision: number;
  readonly #told: ForeignFound;

  constructor(handle: Handle, told: ForeignFound) {
    this.handle = handle;
    this.revision = told.digest?.revision ?? revisionOf(told.values);
    this.#told = told;
  }

  get values(): readonly HandleValue[] {
    return this.#told.values;
  }

  get createdAt(): number {
    return this.#told.learnedAt;
  }

  get updatedAt(): number {
    return this.#told.learnedAt;
  }
}
