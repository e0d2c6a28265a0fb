// Puts a record's answer over what its parents hand down, and lets a revoked ancestor speak. It reads nothing itself.

import { type EpochTable, olderEpoch } from '../cache/epoch-table.ts';
import type { Answer, Found, Validity } from '../domain/answer.ts';
import { HandleError } from '../domain/error.ts';
import type { Handle } from '../domain/handle.ts';
import { mergeValues, standAside, ttlSecondsOf } from '../domain/inheritance.ts';
import { DEFAULT_TTL_SECONDS, MAX_INHERITANCE_DEPTH, NEGATIVE_TTL_SECONDS } from '../domain/limits.ts';
import { recallsOf, withNotice } from '../domain/recall.ts';
import type { Awaitable } from '../store/registry-store.ts';
import { InheritedFound } from './inherited-found.ts';
import type { Lineage } from './lineage.ts';
import type { ParentCache } from './parent-cache.ts';
import type { Question, Resolver } from './resolver.ts';

export interface InheritingOptions {
  readonly inner: Resolver;
  readonly parents: ParentCache;
  readonly epochs: EpochTable;
  readonly clock: () => number;
}

/** Readings of one chain that may be torn by a move of its records between two reads, before we call it broken. */
const MAX_READINGS = 2;

export class InheritingResolver implements Resolver {
  readonly #options: InheritingOptions;

  constructor(options: InheritingOptions) {
    this.#options = options;
  }

  resolve(question: Question): Answer | Promise<Answer> {
    return this.#read(question, 1);
  }

  #read(question: Question, reading: number): Answer | Promise<Answer> {
    const own = this.#options.inner.resolve(question);
    if (own instanceof Promise) return own.then((answer) => this.#inherit(question, answer, reading));
    return this.#inherit(question, own, reading);
  }

  #inherit(question: Question, own: Answer, reading: number): Answer | Promise<Answer> {
    if (own.kind !== 'found' || own.learned !== null) return own;
    // Its own parent comes before that of its lot, the only ancestor it can have so far.
    const parent = own.record.parent ?? own.ancestors[0]?.parent ?? null;
    if (parent === null) return own;
    const lineage: Awaitable<Lineage | null> = this.#options.parents.lineageOf(parent, question.bypassCache);
    if (lineage instanceof Promise) return lineage.then((known) => this.#join(question, own, known, reading));
    return this.#join(question, own, lineage, reading);
  }

  #join(question: Question, own: Found, lineage: Lineage | null, reading: number): Answer | Promise<Answer> {
    if (lineage !== null) return joined(own, lineage, this.#options.clock());
    const unchanged = this.#options.epochs.current() === own.validity.epoch;
    if (unchanged || reading >= MAX_READINGS) throw brokenChain(own.handle);
    return this.#read(question, reading + 1);
  }
}

function joined(own: Found, lineage: Lineage, now: number): Answer {
  const { handle, learned, record, renderings } = own;
  const validity: Validity = {
    epoch: olderEpoch(own.validity.epoch, lineage.epoch),
    changeSlots: bothOf(own.validity.changeSlots, lineage.changeSlots),
    creationSlot: lineage.creationSlot,
  };
  if (lineage.revokedBy !== null) {
    const { handle: revokedBy, reason } = lineage.revokedBy;
    const ttlSeconds = NEGATIVE_TTL_SECONDS;
    return { kind: 'revoked', handle, learned, validity, ttlSeconds, renderings, record, revokedBy, reason };
  }
  const { shared } = lineage;
  if (shared !== null && isUsual(own, lineage) && standAside(record.values, shared.firstIndex, shared.lastIndex)) {
    return new InheritedFound(own, lineage, shared, validity);
  }
  const recalls = recallsOf(record, lineage.recalls);
  const lot = own.ancestors[0];
  const inherited = lot === undefined ? lineage.inherited : mergeValues(lot.values, lineage.inherited);
  const values = withNotice(mergeValues(record.values, inherited), recalls);
  const ttlSeconds = ttlSecondsOf(values, now, DEFAULT_TTL_SECONDS);
  const ancestors = lot === undefined ? lineage.ancestors : [lot, ...lineage.ancestors];
  return { kind: 'found', handle, learned, validity, ttlSeconds, renderings, record, ancestors, values, recalls };
}

/** Neither it nor a parent is recalled, and it stands in no lot. */
function isUsual(own: Found, { recalls }: Lineage): boolean {
  return own.ancestors.length === 0 && own.recalls.length === 0 && recalls.length === 0;
}

/** As `concat`, which leaves V8's own code for every call: 2 % of a first touch. */
function bothOf(some: readonly number[], others: readonly number[]): readonly number[] {
  const both = some.slice();
  for (let i = 0; i < others.length; i++) both.push(others[i] as number);
  return both;
}

function brokenChain(handle: Handle): HandleError {
  return new HandleError(
    'STORE_UNAVAILABLE',
    `The parents of ${handle} form a cycle or stand more than ${MAX_INHERITANCE_DEPTH} deep in the store, so what it inherits is not known: give it another parent, or none.`,
  );
}
