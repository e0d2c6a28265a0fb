// Answers for handles that others answer for: asks the one who is entitled to, or says where to ask. It keeps nothing.

import { type EpochTable, slotOf } from '../cache/epoch-table.ts';
import { foreignFound } from '../cache/foreign-found.ts';
import type { SecondTier, TierKey } from '../cache/second-tier.ts';
import { type Answer, type Learned, noRenderings, type Validity } from '../domain/answer.ts';
import { isUnavailable } from '../domain/error.ts';
import type { DelegatedSite, ForeignAnswer, ForeignReader } from '../domain/foreign-answer.ts';
import type { Handle } from '../domain/handle.ts';
import { NEGATIVE_TTL_SECONDS } from '../domain/limits.ts';
import type { Delegation } from './delegation.ts';
import { isFreshAt, type LearnedPolicy, learnedOf, learnedTtlOf, mayStandIn } from './learned.ts';
import type { Question } from './resolver.ts';

export interface AbroadOptions extends LearnedPolicy {
  readonly reader: ForeignReader;
  /** What is shared with other threads and nodes; null if nothing is. */
  readonly tier: SecondTier | null;
  readonly clock: () => number;
  readonly epochs: EpochTable;
}

const NO_SLOTS: readonly number[] = [];

/** One question on its way: whom it is for, what its answer depends on, and when it was asked. */
interface Asked {
  readonly site: DelegatedSite | null;
  readonly validity: Validity;
  readonly askedAt: number;
}

export class Abroad {
  readonly #options: AbroadOptions;

  constructor(options: AbroadOptions) {
    this.#options = options;
  }

  /**
   * Throws what `ForeignReader.fetch` throws, and `RATE_LIMITED` at once. `slots`: what the answer depends on beside its
   * handle.
   */
  ask(question: Question, site: DelegatedSite | null, slots = NO_SLOTS): Promise<Answer> {
    question.payForLook();
    return this.#ask(question, site, slots);
  }

  #ask(question: Question, site: DelegatedSite | null, slots: readonly number[]): Promise<Answer> {
    const { epochs, tier, clock } = this.#options;
    const { handle } = question;
    const slot = slotOf(handle);
    const askedAt = clock();
    const epoch = epochs.current(); // before anybody is asked: what changes meanwhile ends the answer
    const validity: Validity = { epoch, changeSlots: [slot, ...slots], creationSlot: slot };
    const asked = { site, validity, askedAt };
    if (tier === null || question.bypassCache) return this.#travel(question, asked, null);
    return tier.get({ handle, site }).then((shared) => {
      const known = shared === null ? null : this.#answer(handle, shared, asked);
      if (known === null || !isFresh(known, clock())) return this.#travel(question, asked, known);
      question.tier = 'l2';
      return known;
    });
  }

  /** `known`: what may stand in if nobody can be asked. */
  async #travel(question: Question, asked: Asked, known: Answer | null): Promise<Answer> {
    const { reader, clock } = this.#options;
    const { handle, via } = question;
    const { site, askedAt } = asked;
    try {
      question.payForTrip();
      const told = await reader.fetch({ handle, site, via, isRenewal: question.bypassCache });
      const answer = this.#answer(handle, told, asked);
      question.tier = !isRemembered(told, askedAt, clock()) ? 'upstream' : isFresh(answer, clock()) ? 'l2' : 'stale';
      if (question.tier !== 'stale') this.#share({ handle, site }, told, answer);
      return answer;
    } catch (error) {
      if (known === null || !isWorthStanding(known, clock()) || !isUnavailable(error)) throw error;
      question.tier = 'stale';
      return known;
    }
  }

  #share(key: TierKey, told: ForeignAnswer, { learned, validity }: Answer): void {
    const { tier, clock, epochs } = this.#options;
    if (tier === null || learned === null || !epochs.holds(validity)) return;
    tier.set(key, told, learned.staleUntil - clock());
  }

  /** What was remembered through a gap in what nodes tell each other may be old: it only stands in. */
  #believed(learned: Learned, wasKept: boolean): Learned {
    const { learnedAt } = learned;
    if (!wasKept || this.#options.epochs.trusts(learnedAt)) return learned;
    return { ...learned, refreshFrom: learnedAt, freshUntil: learnedAt };
  }

  #answer(handle: Handle, told: ForeignAnswer, { validity, askedAt }: Asked): Answer {
    const { clock } = this.#options;
    const ttlSeconds = learnedTtlOf(told, this.#options);
    const learned = this.#believed(learnedOf(handle, told, this.#options), isRemembered(told, askedAt, clock()));
    if (told.kind === 'not-found') {
      return { kind: 'not-found', handle, learned, validity, ttlSeconds, renderings: noRenderings() };
    }
    return foreignFound({ handle, learned, validity, ttlSeconds }, told);
  }
}

/**
 * Not learned since we asked: it is what this node, or others, kept, and was at hand or stands in for what cannot be
 * had. Learned later than now, it was learned before the clock was set back.
 */
function isRemembered({ learnedAt }: ForeignAnswer, askedAt: number, now: number): boolean {
  return learnedAt < askedAt || learnedAt > now;
}

function isFresh({ learned }: Answer, now: number): boolean {
  return learned !== null && isFreshAt(learned, now);
}

function isWorthStanding({ learned, kind }: Answer, now: number): boolean {
  return kind === 'found' && learned !== null && mayStandIn(learned, now);
}

/** Where to ask, for who asked not to be answered for others, or could not be. */
export function referralOf(question: Question, delegation: Delegation, validity: Validity): Answer {
  const { prefixHandle, values } = delegation;
  const { handle } = question;
  question.tier = 'store';
  const ttlSeconds = NEGATIVE_TTL_SECONDS;
  const renderings = noRenderings();
  return { kind: 'referral', handle, learned: null, validity, ttlSeconds, renderings, prefixHandle, values };
}
