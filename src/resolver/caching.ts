// Answers from the cache what it holds, asks the resolver below for the rest, and hands what comes back to the cache.
// What others told stands in when it is stale and nothing newer can be had in time.

import type { AnswerCache } from '../cache/answer-cache.ts';
import type { Answer } from '../domain/answer.ts';
import { isUnavailable } from '../domain/error.ts';
import { FREE, type Question, type Resolver } from './resolver.ts';

export interface CachingOptions {
  readonly inner: Resolver;
  readonly cache: AnswerCache;
  readonly clock: () => number;
}

/** How long a renewal is waited for before a stale answer stands in: about one trip to a node that is near. */
const PATIENCE_MS = 25;

/** Failures are exceptions and pass through: they are never kept. */
export class CachingResolver implements Resolver {
  readonly #inner: Resolver;
  readonly #cache: AnswerCache;
  readonly #clock: () => number;

  constructor(options: CachingOptions) {
    this.#inner = options.inner;
    this.#cache = options.cache;
    this.#clock = options.clock;
  }

  resolve(question: Question): Answer | Promise<Answer> {
    if (question.bypassCache || question.delegated !== null) return this.#inner.resolve(question);
    const now = this.#clock();
    const kept = this.#cache.get(question.handle, now);
    if (kept !== undefined) {
      if (kept.learned === null) question.tier = kept.kind === 'not-found' ? 'negative' : 'l1';
      else this.#given(question, kept, now);
      return kept;
    }
    let answer: Answer | Promise<Answer>;
    try {
      answer = this.#inner.resolve(question);
    } catch (error) {
      return this.#inPlaceOf(error, question, now);
    }
    if (!(answer instanceof Promise)) return this.#keep(question, answer, now);
    const standIn = this.#cache.standIn(question.handle, now);
    if (standIn === undefined) return answer.then((landed) => this.#keep(question, landed, now));
    return this.#soon(question, answer, { standIn, askedAt: now });
  }

  /** What was refused at once, and can be given all the same. */
  #inPlaceOf(error: unknown, question: Question, now: number): Answer {
    const standIn = isUnavailable(error) ? this.#cache.standIn(question.handle, now) : undefined;
    if (standIn === undefined) throw error;
    question.tier = 'stale';
    this.#cache.stoodIn();
    return standIn;
  }

  /** A trip to others is not made twice; what is at hand in the second tier has to be asked for twice, as our own is. */
  #keep({ tier }: Question, answer: Answer, askedAt: number): Answer {
    this.#cache.set(answer, askedAt, answer.learned !== null && tier !== 'l2');
    return answer;
  }

  /** Names the tier of what others told, and renews it in time if it is in use. */
  #given(question: Question, { learned, kind }: Answer, now: number): void {
    if (learned === null || now < learned.refreshFrom) {
      question.tier = kind === 'not-found' ? 'negative' : 'l1';
      return;
    }
    question.tier = now < learned.freshUntil ? 'l1' : 'stale';
    if (kind === 'found' && question.tier === 'l1' && this.#cache.wantsRefresh(question.handle)) {
      this.#refresh(question, now);
    }
  }

  /** In the background and for nobody: whoever asked has been answered. */
  #refresh({ handle, via }: Question, now: number): void {
    const question: Question = { handle, bypassCache: true, delegated: null, via, tier: 'none', ...FREE };
    const ended = (): void => {}; // the answer before stands until it ends; then a question asks again
    try {
      Promise.resolve(this.#inner.resolve(question)).then((answer) => this.#cache.renew(answer, now), ended);
    } catch {
      ended();
    }
  }

  /** The renewal if it comes in time; else what was known, while the renewal flies on. */
  #soon(
    question: Question,
    renewal: Promise<Answer>,
    { standIn, askedAt }: { readonly standIn: Answer; readonly askedAt: number },
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        question.tier = 'stale';
        this.#cache.stoodIn();
        resolve(standIn);
      };
      const patience = setTimeout(give, PATIENCE_MS);
      renewal.then(
        (answer) => {
          clearTimeout(patience);
          resolve(this.#keep(question, answer, askedAt));
        },
        (error: unknown) => {
          clearTimeout(patience);
          if (isUnavailable(error)) give();
          else reject(error);
        },
      );
    });
  }
}
