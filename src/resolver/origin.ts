// Where answers come from: our own store, for the prefixes homed here; for what is not in it, or not ours, whoever is
// entitled to answer. It keeps nothing and follows no parents.

import { type EpochTable, enterpriseSlotOf, slotOf } from '../cache/epoch-table.ts';
import { type Answer, type NotFound, noRenderings, type Validity } from '../domain/answer.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, responsiblePrefixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { ttlSecondsOf } from '../domain/inheritance.ts';
import { DEFAULT_TTL_SECONDS, NEGATIVE_TTL_SECONDS } from '../domain/limits.ts';
import { type Homed, homeOf } from '../domain/prefix.ts';
import { type Recalled, recallsOf, withNotice } from '../domain/recall.ts';
import type { RecordReader } from '../store/registry-store.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { Question, Resolver } from './resolver.ts';

export interface OriginOptions {
  readonly store: Pick<RecordReader, 'get'>;
  readonly epochs: EpochTable;
  readonly clock: () => number;
  readonly homed: Homed;
  /** Null if nobody else is ever asked. */
  readonly elsewhere: Elsewhere | null;
}

const NO_ANCESTORS: readonly HandleRecord[] = [];
const NO_RECALLS: readonly Recalled[] = [];

/** Answers with own records as they are: their own values, no ancestors. */
export class OriginResolver implements Resolver {
  readonly #options: OriginOptions;

  constructor(options: OriginOptions) {
    this.#options = options;
  }

  resolve(question: Question): Answer | Promise<Answer> {
    const { store, epochs, homed } = this.#options;
    const { handle } = question;
    const prefix = responsiblePrefixOf(handle);
    const home = homeOf(prefix, homed());
    if (home === null) return this.#abroad(question);
    const epoch = epochs.current(); // before the read: what changes meanwhile ends the answer
    const record = store.get(handle);
    const slots = [slotOf(handle), enterpriseSlotOf(prefix)];
    if (record instanceof Promise) return this.#awaited(question, epoch, slots, record);
    return this.#answer(question, epoch, slots, record);
  }

  #abroad(question: Question): Promise<Answer> {
    const { elsewhere } = this.#options;
    if (elsewhere === null) throw new HandleError('NOT_RESPONSIBLE', "That prefix doesn't live here");
    return elsewhere.answerForeign(question);
  }

  /** Apart, so that an answer at hand pays for no closure. */
  #awaited(
    question: Question,
    epoch: number,
    slots: readonly number[],
    record: Promise<HandleRecord | null>,
  ): Promise<Answer> {
    return record.then((found) => this.#answer(question, epoch, slots, found));
  }

  #answer(
    question: Question,
    epoch: number,
    slots: readonly number[],
    record: HandleRecord | null,
  ): Answer | Promise<Answer> {
    const { handle } = question;
    question.tier = 'store';
    if (record === null || record.status === 'reserved') {
      // An activation replaces the reserved record, a registration creates one: either ends this answer.
      const validity: Validity = { epoch, changeSlots: slots, creationSlot: slots[0] as number };
      const absent = notFound(handle, validity);
      const { elsewhere, homed } = this.#options;
      return elsewhere === null ? absent : elsewhere.answerAbsent(question, absent, homed());
    }
    const validity: Validity = { epoch, changeSlots: slots, creationSlot: null };
    const renderings = noRenderings();
    if (record.status === 'revoked') {
      const ttlSeconds = NEGATIVE_TTL_SECONDS;
      return {
        kind: 'revoked',
        handle,
        learned: null,
        validity,
        ttlSeconds,
        renderings,
        record,
        revokedBy: handle,
        reason: record.reason,
      };
    }
    const recalls = recallsOf(record, NO_RECALLS);
    const values = withNotice(record.values, recalls);
    const ttlSeconds = ttlSecondsOf(values, this.#options.clock(), DEFAULT_TTL_SECONDS);
    const ancestors = NO_ANCESTORS;
    return {
      kind: 'found',
      handle,
      learned: null,
      validity,
      ttlSeconds,
      renderings,
      record,
      ancestors,
      values,
      recalls,
    };
  }
}

function notFound(handle: Handle, validity: Validity): NotFound {
  const ttlSeconds = NEGATIVE_TTL_SECONDS;
  return { kind: 'not-found', handle, learned: null, validity, ttlSeconds, renderings: noRenderings() };
}
