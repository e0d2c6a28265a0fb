// Where answers come from: our own store, for the prefixes homed here; for what is not in it, or not ours, whoever is
// entitled to answer. It keeps nothing and follows no parents.

import { type EpochTable, enterpriseSlotOf, slotOf } from '../cache/epoch-table.ts';
import { type Answer, type NotFound, noRenderings, type Validity } from '../domain/answer.ts';
import { HandleError } from '../domain/error.ts';
import { type Handle, responsiblePrefixOf } from '../domain/handle.ts';
import type { HandleRecord } from '../domain/handle-record.ts';
import { ttlSecondsOf } from '../domain/inheritance.ts';
import { DEFAULT_TTL_SECONDS, NEGATIVE_TTL_SECONDS } from '../domain/limits.ts';
import { unwrittenRecord } from '../domain/lot.ts';
import type { Observer } from '../domain/observer.ts';
import { type Homed, homeOf } from '../domain/prefix.ts';
import { type Recalled, recallsOf, withNotice } from '../domain/recall.ts';
import type { Awaitable, RecordReader } from '../store/registry-store.ts';
import type { Elsewhere } from './elsewhere.ts';
import { lotAnswer } from './lot-answer.ts';
import type { LotFinder, LotFinding } from './lot-finder.ts';
import type { Question, Resolver } from './resolver.ts';
import type { ServedPrefixes } from './served-prefixes.ts';

export interface OriginOptions {
  readonly store: Pick<RecordReader, 'get'>;
  /** Null if no lot is ever looked for. */
  readonly lots: LotFinder | null;
  readonly observer: Observer;
  readonly epochs: EpochTable;
  readonly clock: () => number;
  readonly homed: Homed;
  /** Null if nobody else is ever asked. */
  readonly elsewhere: Elsewhere | null;
  /** Null if the node has no site that a prefix record could name. */
  readonly served: ServedPrefixes | null;
}

/** Under which epoch was read, and what the answer depends on. */
interface ReadUnder {
  readonly epoch: number;
  readonly slots: readonly number[];
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
    const { store, lots, epochs, homed } = this.#options;
    const { handle } = question;
    const prefix = responsiblePrefixOf(handle);
    const home = homeOf(prefix, homed());
    if (home === null) return this.#abroad(question);
    const epoch = epochs.current(); // before the read: what changes meanwhile ends the answer
    const slots = [slotOf(handle), enterpriseSlotOf(prefix)];
    const finding = lots === null ? null : lots.find(handle, prefix);
    const record = isSurelyUnwritten(finding) ? null : store.get(handle);
    if (record instanceof Promise || finding !== null) return this.#gather(question, { epoch, slots }, record, finding);
    return this.#answer(question, epoch, slots, record);
  }

  #abroad(question: Question): Promise<Answer> {
    const { elsewhere } = this.#options;
    if (elsewhere === null) throw new HandleError('NOT_RESPONSIBLE', "That prefix doesn't live here");
    return elsewhere.answerForeign(question);
  }

  /** Apart, so that an answer at hand pays for no closure. */
  #gather(
    question: Question,
    read: ReadUnder,
    record: Awaitable<HandleRecord | null>,
    finding: Awaitable<LotFinding | null>,
  ): Answer | Promise<Answer> {
    if (record instanceof Promise && finding === null) {
      return record.then((row) => this.#answer(question, read.epoch, read.slots, row));
    }
    if (!(record instanceof Promise || finding instanceof Promise))
      return this.#combine(question, read, record, finding);
    return Promise.all([record, finding]).then(([row, found]) => this.#combine(question, read, row, found));
  }

  /** A record that stands wins over its lot and inherits through it; a code without one is the lot's own. */
  #combine(
    question: Question,
    { epoch, slots }: ReadUnder,
    record: HandleRecord | null,
    finding: LotFinding | null,
  ): Answer | Promise<Answer> {
    const { handle } = question;
    if (finding === null) return this.#answer(question, epoch, slots, record);
    if (finding.lot === null) {
      if (record === null) this.#options.observer.suspected(finding.suspicion);
      return this.#answer(question, epoch, slots, record);
    }
    if (record === null && finding.unverified !== null) throw finding.unverified;
    if (record !== null && record.status !== 'active') return this.#answer(question, epoch, slots, record);
    question.tier = 'store';
    const { lot, digits } = finding;
    const own = record ?? unwrittenRecord(handle, lot.lot);
    // Whatever is written under the code replaces this answer, so the slot of its creation is not needed.
    return lotAnswer(own, lot.fill(digits), { epoch, changeSlots: slots, creationSlot: null }, this.#options.clock());
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
      const isPrefixHandle = record === null && handle.startsWith('0.NA/');
      return isPrefixHandle ? this.#prefixRecord(question, absent) : this.#absent(question, absent);
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

  #absent(question: Question, absent: NotFound): Answer | Promise<Answer> {
    const { elsewhere, homed } = this.#options;
    return elsewhere === null ? absent : elsewhere.answerAbsent(question, absent, homed());
  }

  #prefixRecord(question: Question, absent: NotFound): Answer | Promise<Answer> {
    const served = this.#options.served?.answer(absent) ?? null;
    if (served instanceof Promise) return served.then((answer) => answer ?? this.#absent(question, absent));
    return served ?? this.#absent(question, absent);
  }
}

/** A code, and none of its lot was ever written to. */
function isSurelyUnwritten(finding: Awaitable<LotFinding | null>): boolean {
  return finding !== null && !(finding instanceof Promise) && finding.lot !== null && finding.isUnwritten;
}

function notFound(handle: Handle, validity: Validity): NotFound {
  const ttlSeconds = NEGATIVE_TTL_SECONDS;
  return { kind: 'not-found', handle, learned: null, validity, ttlSeconds, renderings: noRenderings() };
}
